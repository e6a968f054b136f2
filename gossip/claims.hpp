// Applies claims to the member table: the rule of truth with everything around it that is not
// arithmetic.
//
// Refutes claims about this member, answers older claims with newer ones, believes a relayed death
// only where its accusers are known alive (design: one accuser's word is a suspicion), gives the
// accused of a death that comes by sync time to refute, and forgets the dead and the left when
// their time is over. Returns after a removal only when most of some members that it asks answer.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "detector/flap_damping.hpp"
#include "gossip/core.hpp"
#include "gossip/messages.hpp"

namespace memberd {

enum class Source : std::uint8_t {
    Gossip,  // on its way through the cluster
    Sync,    // from another member's table: may be old
};

// At most this many records are kept, this member's own included: no number of names that others
// make up takes all memory. Claims about further names are refused and counted. Of the dead twice
// the number that is remembered is taken in, until the next sweep leaves the latest.
inline constexpr std::uint32_t kRecordCountMax = 65'536;

// A generation that jumps further in one message is refused: no clock of seconds says so (Linux's
// ends below 2^34), and whose name it is could not raise its own above many such jumps.
inline constexpr std::uint64_t kGenerationJumpMax = std::uint64_t{1} << 34;

constexpr bool generation_jumps(std::uint64_t held, std::uint64_t heard) {
    return heard > held && heard - held > kGenerationJumpMax;
}

// Another live run seems to carry our name: to be verified before anybody gives way.
struct ContestedName {
    Claim claim;
    Endpoint endpoint;
};

class Claims {
  public:
    explicit Claims(Core& core) : core_(core) {}

    // `teller`: the member that the update came from, kNoSlot if unknown.
    void apply(const Update& update, Source source, Slot teller);

    // Members of which the last message told us something old: its sender should hear the newer
    // claims.
    [[nodiscard]] std::vector<Slot>& outdated() { return outdated_; }

    // Set when the last message contested our name.
    [[nodiscard]] std::optional<ContestedName>& contested() { return contested_; }

    // --- For detection ---
    void declare_dead(Slot member, std::span<const std::uint64_t> accuser_keys);
    void declare_suspect(Slot member, Slot accuser);  // modes swim and lifeguard

    // --- For this member itself ---
    // Another profile under the next incarnation; takes over the reference. Disseminates.
    void restate_self(ProfileId profile, UpdateClass kind);
    // Makes our generation greater than `generation`. False, counted and nothing done, if that is
    // beyond what others would accept.
    bool raise_generation_above(std::uint64_t generation);
    // Our own claim becomes left.
    void leave_self();

    bool forget(Slot member);
    void restore(const MemberView& member);

    void on_pending_death(const Timer& timer);
    void on_hold_end();
    // If this answers a ping by which this member proves that it may return: when that was sent.
    std::optional<Instant> on_return_ack(const Ack& ack, const Envelope& envelope);

    // This member was removed and has not returned: how long until it tries; zero: it was not.
    [[nodiscard]] Duration held_for(Instant now) const;

    // Held, and not just about to return.
    [[nodiscard]] bool stays_away(Instant now) const;

    [[nodiscard]] std::size_t pending_death_count() const { return pending_.size(); }

    void sweep();

    // This process stood still: what is pending was pending without a chance to hear the answer.
    void resumed();

  private:
    // A death that came by sync, about a member that we hold alive: it is told, and has a while to
    // refute.
    struct PendingDeath {
        Slot member = kNoSlot;
        std::uint64_t key = 0;
        Claim claim;
        std::uint32_t age_s = 0;
        std::uint8_t accuser_count = 0;
        std::array<std::uint64_t, kAccuserCountMax> accuser_keys{};
        int tellings_left = 0;
    };

    // A ping by which we prove that we may return; its answer counts in the try it belongs to.
    struct ReturnProbe {
        std::uint32_t sequence = 0;
        std::uint64_t instance = 0;
        Instant sent;
    };

    // When the rivals for a name were told of each other.
    struct RivalsTold {
        std::uint64_t key = 0;
        Instant at;
    };

    void tell_rivals(Slot slot, const Update& update);
    void about_self(const Update& update, Slot teller);
    bool must_stay_away(const Update& update, Slot teller);
    [[nodiscard]] bool is_our_failure(const Update& death, Slot teller) const;
    [[nodiscard]] bool prove_return();
    void return_now();
    void end_hold();
    void note_held(Duration pause, Slot teller);
    void refute(const Claim& claim);
    [[nodiscard]] bool refuted_lately() const;
    void learn(const Update& update);
    void replace(Slot slot, const Update& update, Source source, Slot teller);
    void accept_alive(Slot slot, const Update& update);
    bool adopt_later_run(Slot slot, const Update& update);
    void accept_suspect(Slot slot, const Claim& claim, Slot accuser);
    void accept_death(Slot slot,
                      const Claim& claim,
                      Instant since,
                      std::span<const std::uint64_t> accuser_keys);
    void accept_left(Slot slot, const Update& update);
    void bury_later_run(Slot slot, const Update& update);
    void note_death_heard(Slot slot, Slot teller, std::span<const std::uint64_t> accuser_keys);
    void consider_death(Slot slot, const Update& update, Source source, Slot teller);
    void wait_for_refutation(Slot slot, const Update& update);
    void tell_accused(const PendingDeath& pending);
    [[nodiscard]] bool is_plausible(Slot slot, const Claim& claim) const;
    [[nodiscard]] std::size_t live_accusers(const Update& update, Slot accused) const;
    [[nodiscard]] Instant since_of(const Update& update) const;
    [[nodiscard]] Duration window_of(MemberState state) const;
    bool adopt_profile(Slot slot, const Update& update, ProfileId& profile);

    void view_changed() { core_.view_changed_at = core_.now; }

    void erase(Slot slot);
    void bound_the_dead();
    [[nodiscard]] std::size_t dead_limit() const;
    [[nodiscard]] bool has_room_for(MemberState state) const;

    Core& core_;
    std::vector<Slot> outdated_;
    std::optional<ContestedName> contested_;
    std::vector<PendingDeath> pending_;
    std::vector<RivalsTold> rivals_told_;
    FlapDamping flapping_;
    Instant alone_at_ = Instant::min();  // when we last declared a death alone
    Instant refuted_at_ = Instant::min();
    Instant telling_since_ = Instant::min();  // of a half period
    std::size_t told_count_ = 0;              // accused, in it
    Instant held_until_ = kNever;             // kNever: not held
    std::uint32_t held_incarnation_ = 0;      // of the latest death that was not refuted
    bool is_free_return_ = false;             // the removal asks for no hold but for proof
    std::vector<ReturnProbe> return_probes_;  // unanswered, in order of time
    // The present try to return: when its pings were sent, until when answers count.
    Instant return_asked_at_;
    Instant return_deadline_;
    std::size_t return_answers_ = 0;
    std::size_t return_answers_wanted_ = 0;
    int return_tries_ = 0;  // since the removal
};

}  // namespace memberd
