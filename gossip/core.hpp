// What all parts of the engine share: tables, chance, timers, the present input's time and output,
// and the ways to speak.
//
// Parts (claims, sync, joining, detection) hold a reference and call one another only through the
// engine. A message is built by `begin()`, one call of the returned encoder, its updates, and
// `request()` or `reply()`.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "detector/random.hpp"
#include "detector/time.hpp"
#include "gossip/codec.hpp"
#include "gossip/engine.hpp"
#include "gossip/neighbours.hpp"
#include "gossip/output.hpp"
#include "gossip/roster.hpp"
#include "gossip/timer_queue.hpp"
#include "gossip/update_queue.hpp"

namespace memberd {

// Names the accusers of a death, kept while the dead is remembered.
struct DeathRecord {
    Slot member = kNoSlot;
    std::uint8_t accuser_count = 0;
    std::array<std::uint64_t, kAccuserCountMax> accuser_keys{};
};

// What happened to the member table, for the parts that did not cause it. The engine hands these on
// after every step.
enum class MembershipEventKind : std::uint8_t {
    Arrived,    // is alive now and was not before
    Renewed,    // was alive or suspect and has refuted, restarted or changed
    Departed,   // is dead or left now
    Suspected,  // a claim says so (modes swim and lifeguard); `accuser` may be kNoSlot
    LookAt,     // somebody reports its death without enough accusers: worth a ping of our own
    Refuted,    // this member itself had to refute a claim about it
};

struct MembershipEvent {
    MembershipEventKind kind = MembershipEventKind::Arrived;
    Slot member = kNoSlot;
    Slot accuser = kNoSlot;
};

class Core {
  public:
    Core(EngineConfig engine_config,
         const Profile& self_profile,
         std::uint64_t generation,
         ProfilePool& profile_pool,
         std::uint64_t seed,
         Instant start);

    const EngineConfig config;
    const Timing& timing;
    ProfilePool& pool;
    Random random;
    Roster roster;
    UpdateQueue queue;
    TimerQueue timers;
    FlightRecorder recorder;
    EngineCounters counters;
    Slot self;
    std::uint32_t cluster_hash;
    Instant now;
    Output* out = nullptr;    // of the present input
    Instant view_changed_at;  // the last time that our view digest changed
    Neighbours neighbours;    // learns of every change of the set of living members
    std::vector<MembershipEvent> events;
    bool is_leaving = false;
    bool has_stopped = false;

    [[nodiscard]] std::uint32_t next_sequence();
    [[nodiscard]] Envelope envelope() const;

    [[nodiscard]] std::string_view name_of(Slot slot) const { return roster.profile(slot).name(); }

    [[nodiscard]] const Endpoint& endpoint_of(Slot slot) const {
        return roster.profile(slot).endpoint;
    }

    // --- Speaking ---
    Encoder begin();
    void request(const Endpoint& to, bool fresh = false);
    void reply(ReplyToken to);
    // Answers where the message came from if that is possible, else at the member's address.
    void answer(ReplyToken token, const Endpoint& otherwise);

    // As reply(), of a message whose list of updates is empty.
    void reply_bare(ReplyToken to);
    // Adds updates to the message that was written last. False, and nothing done, if that is no
    // bare answer to this token, or the answer would be too long.
    bool add_to_reply(ReplyToken to, std::uint32_t count, const std::vector<std::uint8_t>& updates);

    // Bytes of the message that is being built.
    [[nodiscard]] std::size_t message_bytes() const { return out->bytes.size() - message_start_; }

    // The newest claim about a member as it travels. `with_profile` for receivers that may not know
    // it.
    [[nodiscard]] Update update_of(Slot slot, bool with_profile, Slot accuser = kNoSlot) const;
    // Encodes updates from the queue into scratch until `budget` bytes are full; returns their
    // number. They count as sent. A first update that is longer than the budget is taken alone or
    // not at all.
    enum class TooLong : std::uint8_t {
        Alone,
        Never
    };
    std::uint32_t take_piggyback(std::size_t budget,
                                 std::vector<std::uint8_t>& scratch,
                                 TooLong too_long = TooLong::Alone);
    // How often an update is passed on in modes swim and lifeguard: lambda * ceil(log10(n + 1)).
    [[nodiscard]] std::uint32_t retransmit_limit() const;
    std::vector<std::uint8_t> scratch;
    // One gossip message with nothing but the claim about `member`.
    void tell(const Endpoint& to, Slot member, bool with_profile);

    // --- Telling the caller ---
    void note_change(ChangeKind kind, Slot slot, MemberState previous, bool is_new);
    void notice(NoticeKind kind,
                std::uint8_t code = 0,
                const Endpoint& peer = {},
                std::uint64_t number = 0,
                std::string text = {});
    // `measure` is phi, or of AnswersTooLittle how many were missed.
    void note_evidence(EvidenceKind kind,
                       Slot subject,
                       Slot other = kNoSlot,
                       Duration age = {},
                       double measure = 0.0);
    // The state that applications see.
    [[nodiscard]] MemberState shown_state(Slot slot) const;

    // --- Choosing ---
    // Up to `count` distinct living members but this one and `excluded`, at random.
    void pick_live(std::size_t count, std::span<const Slot> excluded, std::vector<Slot>& picked);

    // Profiles that left the roster during this input and stay readable until the next.
    void retire_profile(ProfileId profile);
    void release_retired();

    void happened(MembershipEventKind kind, Slot member, Slot accuser = kNoSlot) {
        events.push_back({kind, member, accuser});
    }

    std::vector<DeathRecord> deaths;
    [[nodiscard]] const DeathRecord* death_of(Slot slot) const;
    void remember_death(Slot slot, std::span<const std::uint64_t> accuser_keys);
    void forget_death(Slot slot);

  private:
    std::size_t message_start_ = 0;
    std::uint32_t last_sequence_ = 0;
    ReplyToken bare_reply_ = 0;  // the last one
    std::vector<ProfileId> retired_;
};

}  // namespace memberd
