// The protocol core of one agent: membership by gossip and failure detection, without input or
// output.
//
// It is fed with messages, the passing of time and what the transport learns; it answers with one
// Output. Equal inputs and seed give equal outputs, byte for byte. `now` never goes backwards.
// Only advance() fires timers: a message that waited in a socket must be heard before the silence
// that it ends is judged, so a caller hands over all that has arrived, then advances. Output is
// appended to, never cleared, by the engine.
//
// Thread rule: one thread. No call blocks. Complexity: a message costs O(its size) plus, where it
// changes membership or opens a case against a member, O(n) once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "detector/time.hpp"
#include "detector/timing.hpp"
#include "gossip/flight_recorder.hpp"
#include "gossip/messages.hpp"
#include "gossip/output.hpp"
#include "gossip/profile_pool.hpp"
#include "gossip/transport.hpp"

namespace memberd {

// How failures are found. Swim and Lifeguard are the baselines that every claim is measured
// against.
enum class Mode : std::uint8_t {
    Swim,
    Lifeguard,
    Memberd
};

std::string_view to_string(Mode mode);
std::optional<Mode> parse_mode(std::string_view text);

struct EngineConfig {
    Mode mode = Mode::Memberd;
    Timing timing = timing_of(TimingProfile::Lan);
    std::string cluster = "default";
    std::size_t flight_recorder_entries = 4096;  // 0: `why` has nothing to show
};

// Members that one question for evidence goes to, at most.
inline constexpr std::size_t kEvidenceAskedMax = 12;
// Requests for evidence that are answered in a second, whoever asks.
inline constexpr std::uint32_t kEvidenceAnsweredASecond = 32;

// What may change while the member runs.
struct Attributes {
    std::string zone;
    std::uint32_t weight_milli = 1000;
    Health health = Health::Ready;
    std::vector<std::pair<std::string, std::string>> tags;  // sorted by key
};

// One member as this engine shows it.
struct MemberView {
    ProfileId profile = kNoProfile;
    Claim claim;    // state Suspect while shown as suspect
    Instant since;  // when this engine first held it in this state
};

// What this engine has measured of a member that it observes.
struct Observation {
    double phi = 0.0;
    std::optional<Duration> round_trip;  // smoothed; nothing before the first answer
    std::uint64_t answers = 0;
};

// Of this engine, for `info`.
struct EngineStatus {
    std::uint64_t view_digest = 0;
    std::uint64_t ring_digest = 0;
    std::uint32_t alive = 0;  // with this member itself
    std::uint32_t suspect = 0;
    std::uint32_t dead = 0;
    std::uint32_t left = 0;
    std::uint32_t digests_heard = 0;  // members heard from lately
    std::uint32_t digests_equal = 0;  // of these, with our ring digest
    int local_health = 0;             // 0 is well (Lifeguard's multiplier, or 1 while in doubt)
    std::string_view doubt;           // why we doubt ourselves; empty if we don't
    Duration held_for{};              // removed, and not back for so long: we flap
    bool joined = false;              // a seed has welcomed us, or somebody has joined us
};

// Since the start. Everything that is dropped is counted somewhere.
struct EngineCounters {
    std::uint64_t received = 0;
    std::uint64_t malformed = 0;
    std::uint64_t other_version = 0;
    std::uint64_t other_cluster = 0;
    std::uint64_t unknown_type = 0;
    std::uint64_t claims_refused = 0;   // impossible numbers
    std::uint64_t members_refused = 0;  // the table was full
    std::uint64_t conflicts = 0;
    std::uint64_t sent = 0;
    std::uint64_t sent_bytes = 0;
    std::uint64_t probes = 0;
    std::uint64_t probes_missed = 0;
    std::uint64_t ping_reqs = 0;
    std::uint64_t suspicions = 0;  // raised by us
    std::uint64_t deaths = 0;      // declared by us
    std::uint64_t refutations = 0;
    std::uint64_t syncs = 0;
    std::uint64_t late_acks = 0;
    std::uint64_t evidence_answered = 0;
    std::uint64_t evidence_dropped = 0;  // requests beyond kEvidenceAnsweredASecond
};

// What an engine is busy with. All of it has an end; all but the records is nothing where nothing
// happens.
struct EngineBacklog {
    std::size_t records = 0;         // in the table, this member and tombstones included
    std::size_t updates = 0;         // to be passed on
    std::size_t cases = 0;           // against members: open cases, accusations, suspicion timers
    std::size_t pending_deaths = 0;  // heard of, and the accused may still refute
    std::size_t name_checks = 0;     // that have not run out
};

class EngineImpl;

class Engine {
  public:
    // `self` is valid (see is_valid) and its generation in 1..kGenerationMax. The pool must outlive
    // the engine. Timers start at `now`.
    Engine(EngineConfig config,
           const Profile& self,
           std::uint64_t generation,
           ProfilePool& pool,
           std::uint64_t seed,
           Instant now);
    ~Engine();
    Engine(Engine&&) noexcept;
    Engine& operator=(Engine&&) noexcept;

    // --- Inputs ---

    // A message came in. `reply_token` is zero for answers on our own connections.
    void receive(Instant now, ReplyToken reply_token, Bytes bytes, Output& out);
    // Fires what is due.
    void advance(Instant now, Output& out);
    // The transport learned something about a connection of ours.
    void link(Instant now, const LinkEvent& event, Output& out);
    // The process did not run for `gap` just before `now`. Call it before the messages that waited
    // meanwhile are handed over, and before advance(): what was asked before the gap is void, and
    // nobody is accused until somebody answers again.
    void resumed(Instant now, Duration gap, Output& out);
    // Replaces the addresses that are contacted for ever; those not yet members are asked to let us
    // in at once. Our own address among them is ignored.
    void join(Instant now, std::span<const Endpoint> seeds, Output& out);
    // Begins a graceful leave; ends with a Notice LeaveAcknowledged within `leave_timeout` of the
    // timing.
    void leave(Instant now, Output& out);
    // Announces a planned restart: others keep our place for a while. Ends with the same notice.
    void announce_restart(Instant now, Output& out);
    // Other attributes, disseminated under a new incarnation. False, and nothing done, if they
    // break a limit.
    bool set_attributes(Instant now, const Attributes& attributes, Output& out);
    // Takes a dead member out of every view. False if it is not dead.
    bool forget(Instant now, std::string_view name, Output& out);
    // Pings a member for a caller; a ProbeResult with `cookie` follows. False if there is no such
    // member.
    bool probe(Instant now, std::string_view name, std::uint64_t cookie, Output& out);
    // Asks those for their evidence about a member who may know most of it: the accusers of its
    // death, whoever told us of it or accused it, its observers, and the member itself. Returns
    // their names, at most kEvidenceAskedMax; an EvidenceReply with `cookie` follows for each that
    // answers. Nothing is kept: who answers unasked or twice gives a reply too, which is the
    // caller's to tell. O(n).
    std::vector<std::string> ask_evidence(Instant now,
                                          std::string_view subject,
                                          std::uint64_t cookie,
                                          Output& out);
    // Holds these members alive without asking anybody; for set-up of simulations. Profiles are
    // retained. Claims of unknown members only.
    void restore(Instant now, std::span<const MemberView> members, Output& out);

    // The next time at which advance() has something to do.
    [[nodiscard]] Instant next_deadline() const;

    // --- Questions; O(1) unless said otherwise ---

    [[nodiscard]] MemberView self() const;
    [[nodiscard]] bool stopped() const;  // left, or lost its name: it answers nothing any more
    [[nodiscard]] std::optional<MemberView> find(std::string_view name) const;
    // Every member that is shown, by no particular but deterministic order. O(n).
    [[nodiscard]] std::vector<MemberView> members() const;
    // Nothing unless this engine observes the member now.
    [[nodiscard]] std::optional<Observation> observation(Instant now, std::string_view name) const;
    [[nodiscard]] EngineStatus status(Instant now) const;
    [[nodiscard]] const EngineCounters& counters() const;
    [[nodiscard]] const FlightRecorder& flight_recorder() const;
    [[nodiscard]] const ProfilePool& profiles() const;
    // Bytes that the member tables of this engine take, per known member without the shared pool.
    // O(1).
    [[nodiscard]] std::size_t table_bytes() const;
    // For tests and simulations. O(what it counts).
    [[nodiscard]] EngineBacklog backlog(Instant now) const;
    // The names of the members that this engine pings regularly, and of those that ping it. Mode
    // memberd. O(K).
    [[nodiscard]] std::vector<std::string_view> subjects() const;
    [[nodiscard]] std::vector<std::string_view> observers() const;

  private:
    std::unique_ptr<EngineImpl> impl_;
};

}  // namespace memberd
