// The simulator's kernel: processes that run the real engine, on a virtual clock, over a modelled
// network.
//
// Everything that happens is an event; equal options and equal calls give equal runs, whose trace
// hashes are equal. Chance has separate streams, for the schedule, for every ordered pair of the
// network and for every start of every process, so that taking one thing away does not change the
// others.
//
// Thread rule: one thread. Complexity: an event costs O(log events) beside the engine's work.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chaos/sim/checker.hpp"
#include "chaos/sim/event_queue.hpp"
#include "chaos/sim/history.hpp"
#include "chaos/sim/local_clock.hpp"
#include "chaos/sim/network.hpp"
#include "chaos/sim/packet_pool.hpp"
#include "chaos/sim/trace_hash.hpp"
#include "detector/random.hpp"
#include "gossip/engine.hpp"

namespace memberd::sim {

// Where every run begins. Not zero, as no real clock does.
inline constexpr Instant kBeginning{std::chrono::seconds(1000)};

enum class Checks : std::uint8_t {
    On,
    Off,  // for speed
};

struct WorldOptions {
    std::uint64_t seed = 1;
    Carrying carrying = Carrying::Stream;
    Checks checks = Checks::On;
    EngineConfig engine;
    // What a paused process's kernel keeps for it; more is dropped.
    std::size_t receive_buffer_bytes = std::size_t{1} << 20U;
};

// How one run of a process starts.
struct Start {
    std::string name;
    AddressId address = 0;
    std::string zone;
    std::uint32_t weight_milli = 1000;
    std::uint64_t generation = 1;
    std::int32_t drift_ppm = 0;
    std::vector<std::pair<std::string, std::string>> tags;
};

enum class Life : std::uint8_t {
    Absent,  // never started, or has ended
    Up,
    Paused,
};

class World {
  public:
    explicit World(WorldOptions options);
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    // --- Processes ---

    // A process that doesn't run yet. Its id is its place in the order of these calls.
    ProcessId add_process();
    // Requires that it doesn't run. Nobody is contacted before join().
    void start(ProcessId process, const Start& start);
    void kill(ProcessId process);       // kill -9: connections are reset, the address refuses
    void power_off(ProcessId process);  // the machine too: only silence
    // SIGSTOP and SIGCONT. What has arrived meanwhile is read before the engine learns of the gap
    // and before any timer fires.
    void pause(ProcessId process);
    void resume(ProcessId process);
    // Lifeguard's fault: messages are held before they are sent and after they are received, timers
    // run.
    void block(ProcessId process);
    void unblock(ProcessId process);

    // The engine's other inputs.
    void join(ProcessId process, std::span<const Endpoint> seeds);
    void leave(ProcessId process);
    void announce_restart(ProcessId process);
    bool set_attributes(ProcessId process, const Attributes& attributes);
    bool forget(ProcessId process, std::string_view name);
    void restore(ProcessId process, std::span<const MemberView> members);

    [[nodiscard]] Life life(ProcessId process) const { return processes_[process].life; }

    [[nodiscard]] bool is_blocked(ProcessId process) const {
        return processes_[process].is_blocked;
    }

    // Requires that it runs.
    [[nodiscard]] const Engine& engine(ProcessId process) const;

    [[nodiscard]] std::size_t process_count() const { return processes_.size(); }

    // The greatest generation that the process has issued, also after its end.
    [[nodiscard]] std::uint64_t generation(ProcessId process) const;

    // Notices of all runs of the process.
    [[nodiscard]] const std::vector<Notice>& notices(ProcessId process) const {
        return processes_[process].notices;
    }

    // A process with a fault of its own: its deaths are not false, what it says is no healthy
    // observer's word. Paused and blocked processes count as faulty without being marked.
    void mark_faulty(ProcessId process, bool is_faulty);
    [[nodiscard]] bool is_healthy(ProcessId process) const;

    // --- Time ---

    [[nodiscard]] Instant now() const { return now_; }

    // Calls `action` at that time, before what was planned later for the same time.
    void at(Instant when, std::function<void()> action);
    // The next event. False at the end of `until`, which is then the present, and after a
    // violation.
    bool step(Instant until);
    void run_until(Instant until);

    // --- What is known ---

    [[nodiscard]] Topology& topology() { return network_.topology(); }

    [[nodiscard]] const Network& network() const { return network_; }

    [[nodiscard]] const History& history() const { return history_; }

    [[nodiscard]] const std::vector<Violation>& violations() const { return checker_.violations(); }

    [[nodiscard]] std::uint64_t trace_hash() const { return trace_.value(); }

    [[nodiscard]] ProfilePool& pool() { return pool_; }

    [[nodiscard]] Random& schedule() { return schedule_; }

    [[nodiscard]] const WorldOptions& options() const { return options_; }

  private:
    struct Held {
        PacketId packet = kNone;
        ReplyToken token = 0;
        std::optional<LinkEvent> link;
    };

    struct HeldSend {
        Send send;
        std::vector<std::uint8_t> bytes;
    };

    struct Process {
        std::unique_ptr<Engine> engine;
        LocalClock clock;
        Life life = Life::Absent;
        bool is_blocked = false;
        bool is_faulty = false;
        std::uint32_t run = 0;
        std::uint64_t generation = 0;
        std::uint64_t instance = 0;
        std::uint64_t deaths_declared = 0;
        Instant planned = kNever;  // of the deadline's event, global
        Instant fired_at;          // the last deadline's
        std::uint32_t fired = 0;   // so many deadlines at that time
        Instant paused_at;
        std::size_t held_bytes = 0;
        std::vector<Held> inbox;
        std::vector<HeldSend> outbox;
        std::vector<Notice> notices;
    };

    [[nodiscard]] Instant local_now(const Process& process) const {
        return process.clock.local(now_);
    }

    Process& running(ProcessId process);
    void end(ProcessId process, bool machine_is_off);
    void handle(const Event& event);
    void fire_deadline(ProcessId id);
    void receive(Arrival& arrival);
    void hand_over(ProcessId id, const Held& held);
    void drain_inbox(ProcessId id);
    void finish(ProcessId id);  // after every call into its engine
    void carry_out_sends(ProcessId id, Process& process);
    void note_changes(ProcessId id, Process& process);
    void note_death(ProcessId observer, Process& process, const Change& change, bool first_hand);
    bool note_notices(Process& process);
    void plan_deadline(ProcessId id, Process& process);

    WorldOptions options_;
    Instant now_ = kBeginning;
    Random schedule_;
    std::uint64_t member_seed_;
    ProfilePool pool_;
    EventQueue events_;
    PacketPool packets_;
    Network network_;
    TraceHash trace_;
    Checker checker_;
    History history_;
    Output out_;
    std::vector<Process> processes_;
    std::map<std::uint64_t, ProcessId> by_instance_;
    std::vector<std::function<void()>> actions_;
    std::vector<std::uint32_t> free_actions_;
};

}  // namespace memberd::sim
