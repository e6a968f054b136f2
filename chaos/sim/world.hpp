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
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "chaos/sim/accuracy_checker.hpp"
#include "chaos/sim/cpu.hpp"
#include "chaos/sim/dialect.hpp"
#include "chaos/sim/event_queue.hpp"
#include "chaos/sim/history.hpp"
#include "chaos/sim/local_clock.hpp"
#include "chaos/sim/network.hpp"
#include "chaos/sim/packet_pool.hpp"
#include "chaos/sim/packet_recorder.hpp"
#include "chaos/sim/trace_hash.hpp"
#include "chaos/sim/violation.hpp"
#include "detector/random.hpp"
#include "gossip/engine.hpp"

namespace memberd::sim {

// Where every run begins. Not zero, as no real clock does.
inline constexpr Instant kBeginning{std::chrono::seconds(1000)};

class Checker;
struct CallLogChoice;

enum class Checks : std::uint8_t {
    On,
    Off,  // for speed
};

struct WorldOptions {
    std::uint64_t seed = 1;
    Carrying carrying = Carrying::Stream;
    StreamRules stream;
    Checks checks = Checks::On;
    EngineConfig engine;
    // What is kept for a process that doesn't receive, and what a process keeps that can't send;
    // more is dropped.
    std::size_t receive_buffer_bytes = std::size_t{1} << 20U;
    std::size_t send_buffer_bytes = std::size_t{1} << 20U;
};

// How one run of a process starts.
struct Start {
    std::string name;
    std::string cluster;  // empty: that of the world's options
    AddressId address = 0;
    std::string zone;
    std::uint32_t weight_milli = 1000;
    std::uint64_t generation = 1;
    std::int32_t drift_ppm = 0;
    Dialect dialect = Dialect::Ours;
    std::vector<std::pair<std::string, std::string>> tags;
};

enum class Life : std::uint8_t {
    Absent,  // never started, or has ended
    Up,
    Paused,
};

// What a block holds back. Lifeguard's experiments hold both; the halves tell a member that can't
// be heard from one that can't hear, as no network does between living machines.
enum class Blocking : std::uint8_t {
    Nothing,
    Sends,
    Receives,
    Both,
};

constexpr bool blocks_sends(Blocking what) {
    return what == Blocking::Sends || what == Blocking::Both;
}

constexpr bool blocks_receives(Blocking what) {
    return what == Blocking::Receives || what == Blocking::Both;
}

// That a fault took hold, over all runs of a process.
struct FaultCounters {
    std::uint64_t held_sends = 0;     // by a block
    std::uint64_t held_receives = 0;  // by a block or a pause
    std::uint64_t dropped_sends = 0;  // the buffer was full
    std::uint64_t dropped_receives = 0;
    std::uint64_t pauses_noticed = 0;  // and told to the engine
    Duration longest_wait{};           // of a message, until the process read it
    Duration latest_turn{};            // of a slow process's loop, behind what it had planned
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
    // SIGSTOP and SIGCONT. As in the agent's loop: a gap that is notable (see notable_pause) is
    // told to the engine and ends the process's own connections; then what has arrived meanwhile is
    // read; then timers fire.
    void pause(ProcessId process);
    void resume(ProcessId process);
    // Messages are held before they are sent, after they are received, or both; timers run. What is
    // no longer blocked is released in its order.
    void block(ProcessId process, Blocking what = Blocking::Both);

    void unblock(ProcessId process) { block(process, Blocking::Nothing); }

    // From now on its work takes time: messages queue while it works, timers fire late. Each turn
    // of its loop is the agent's: the time is read once, all that waits is handed over, then timers
    // fire. No limits: as fast as it was. Ends with the process.
    void limit_cpu(ProcessId process, const CpuLimits& limits);

    // A process without an engine, at that address: it says what it is told to, and `hears` is
    // called with what comes. It is never healthy. It can be killed, paused and blocked.
    using Hears = std::function<void(ReplyToken token, Bytes bytes)>;
    void start_outsider(ProcessId process, AddressId address, Hears hears);
    // Requires an outsider that runs.
    void say(ProcessId outsider, const Endpoint& to, Bytes bytes);

    [[nodiscard]] bool is_outsider(ProcessId process) const {
        return processes_[process].hears != nullptr;
    }

    // From now on the latest messages that engines were handed are kept.
    void record_packets(std::size_t count_max);

    // Nothing unless they are.
    [[nodiscard]] const PacketRecorder* recorder() const { return recorder_.get(); }

    // The engine's other inputs.
    void join(ProcessId process, std::span<const Endpoint> seeds);
    void leave(ProcessId process);
    void announce_restart(ProcessId process);
    bool set_attributes(ProcessId process, const Attributes& attributes);
    bool forget(ProcessId process, std::string_view name);
    std::vector<std::string> ask_evidence(ProcessId process,
                                          std::string_view subject,
                                          std::uint64_t cookie);
    void restore(ProcessId process, std::span<const MemberView> members);

    [[nodiscard]] Life life(ProcessId process) const { return processes_[process].life; }

    [[nodiscard]] Blocking blocking(ProcessId process) const {
        return processes_[process].blocking;
    }

    // Of a process that was started with a dialect that isn't ours; else nothing.
    [[nodiscard]] const Speech* speech(ProcessId process) const {
        return processes_[process].speech.get();
    }

    [[nodiscard]] const FaultCounters& faults(ProcessId process) const {
        return processes_[process].faults;
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

    // What came back of its ask_evidence(), over all runs.
    [[nodiscard]] const std::vector<EvidenceReply>& evidence_replies(ProcessId process) const {
        return processes_[process].evidence_replies;
    }

    // A process with a fault of its own: its deaths are not false, what it says is no healthy
    // observer's word. Paused and blocked processes count as faulty without being marked.
    void mark_faulty(ProcessId process, bool is_faulty);
    [[nodiscard]] bool is_healthy(ProcessId process) const;
    // Something that `from` sends may come to `to`, as the network is now.
    [[nodiscard]] bool reaches(ProcessId from, ProcessId to) const;

    // --- What must hold ---

    // From now on nobody healthy may be lost beyond the budget (I14).
    void expect_accuracy(const AccuracyBudget& budget);

    // Somebody forges claims: I1 is judged no more.
    void allow_forgeries();

    // From now on calls are written down, where they are checked.
    void log_calls(CallLogChoice choice);

    // Ends every process and all that is under way. What nobody has given back by then is a
    // violation (I18). Nothing but questions may follow.
    void close();

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

    [[nodiscard]] const std::vector<Violation>& violations() const;

    [[nodiscard]] std::uint64_t trace_hash() const { return trace_.value(); }

    [[nodiscard]] ProfilePool& pool() { return pool_; }

    [[nodiscard]] Random& schedule() { return schedule_; }

    [[nodiscard]] const WorldOptions& options() const { return options_; }

  private:
    struct Held {
        Instant since;
        PacketId packet = kNone;
        ReplyToken token = 0;
        std::optional<LinkEvent> link;
    };

    struct HeldSend {
        Send send;
        std::vector<std::uint8_t> bytes;
    };

    enum class Work : std::uint8_t {
        None,
        Message,  // the next of the batch
        Timers,
    };

    // The loop of a slow process, as Agent::run() turns it. Times are global.
    struct Loop {
        CpuLimits limits;
        bool is_turning = false;
        bool has_advanced = false;  // in this turn
        Work in_hand = Work::None;  // done at busy_until
        Instant busy_until;
        Instant turned_at;         // what the process takes for now in this turn
        Instant planned = kNever;  // when it wanted to turn
        std::vector<Held> batch;   // taken out of the inbox
        std::size_t batch_next = 0;
        std::size_t read_count = 0;  // messages in this turn
    };

    struct Process {
        std::unique_ptr<Engine> engine;
        std::unique_ptr<Loop> loop;      // of a slow process only
        std::unique_ptr<Speech> speech;  // of a process of another version only
        std::unique_ptr<Hears> hears;    // of an outsider only
        LocalClock clock;
        Life life = Life::Absent;
        Blocking blocking = Blocking::Nothing;
        bool is_faulty = false;
        std::uint32_t run = 0;
        std::uint64_t generation = 0;
        std::uint64_t instance = 0;
        std::uint64_t deaths_declared = 0;
        Instant planned = kNever;  // of the deadline's event, global
        Instant fired_at;          // the last deadline's
        std::uint32_t fired = 0;   // so many deadlines at that time
        Instant paused_at;
        std::size_t inbox_bytes = 0;
        std::size_t outbox_bytes = 0;
        FaultCounters faults;
        std::vector<Held> inbox;
        std::vector<HeldSend> outbox;
        std::vector<Notice> notices;
        std::vector<EvidenceReply> evidence_replies;
        // Of its joins, as Agent::take_refusal() counts.
        std::size_t seed_count = 0;
        std::size_t refused_count = 0;
        Instant refused_at;
    };

    [[nodiscard]] Instant local_now(const Process& process) const {
        const bool is_turning = process.loop && process.loop->is_turning;
        return process.clock.local(is_turning ? process.loop->turned_at : now_);
    }

    [[nodiscard]] bool is_checked() const { return options_.checks == Checks::On; }

    Process& running(ProcessId process);
    void end(ProcessId process, bool machine_is_off);
    void handle(const Event& event);
    void fire_deadline(ProcessId id);
    void advance(ProcessId id);
    void receive(Arrival& arrival);
    void hold(Process& process, const Held& held);
    void hand_over(ProcessId id, const Held& held);
    void drain_inbox(ProcessId id);
    void tell_of_pause(ProcessId id);
    void stood_still(ProcessId id, Duration gap);
    void let_out(ProcessId id, const Send& send, Bytes bytes);
    void send(ProcessId id, const Send& send, Bytes bytes);
    void hold(Process& process, const Send& send, Bytes bytes);
    void release_outbox(ProcessId id);
    void drop(std::vector<Held>& messages, std::size_t first);

    // world_outsider.cpp
    void hear(Process& process, const Held& held);
    void finish(ProcessId id);  // after every call into its engine
    void carry_out_sends(ProcessId id, Process& process);
    void note_changes(ProcessId id, Process& process);
    void note_death(ProcessId observer, Process& process, const Change& change, bool first_hand);
    bool note_notices(Process& process);
    bool ends_the_process(Process& process, const Notice& notice);
    void plan_deadline(ProcessId id, Process& process);
    void plan(ProcessId id, Process& process, Instant when);

    // world_loop.cpp
    void turn(ProcessId id);
    bool begin_turn(ProcessId id);
    void end_turn(ProcessId id);
    bool take_work(Process& process);
    void do_work(ProcessId id);
    void plan_turn(ProcessId id, Process& process);
    void quicken(ProcessId id);
    [[nodiscard]] static bool has_mail(const Process& process);

    WorldOptions options_;
    Instant now_ = kBeginning;
    Random schedule_;
    std::uint64_t member_seed_;
    ProfilePool pool_;
    EventQueue events_;
    PacketPool packets_;
    Network network_;
    TraceHash trace_;
    std::unique_ptr<Checker> checker_;
    History history_;
    std::unique_ptr<PacketRecorder> recorder_;
    Output out_;
    std::vector<Process> processes_;
    std::map<std::uint64_t, ProcessId> by_instance_;
    // Whether a death that somebody declared of its own was false: those who are told of it do no
    // more wrong than that.
    std::map<std::tuple<std::uint64_t, std::uint64_t, std::uint32_t>, bool> declared_falsely_;
    std::vector<std::function<void()>> actions_;
    std::vector<std::uint32_t> free_actions_;
};

}  // namespace memberd::sim
