// All interleavings of what can happen to two or three members, to a depth: the exhaustive mode.
//
// From a start (situation.hpp) each step is one of
//
//   timer    of one process: the clock goes to its next deadline, if that is ahead, and what is due
//            fires. Any process may come first, so others' timers fire late;
//   deliver  of any message that was ever sent, now: in any order, however late. A message can be
//            delivered `copies` times, so duplicates are among them. It is dropped where it is
//            never delivered: engines don't learn of that, so a step for it would reach nothing
//            new;
//   refuse   a request that finds nobody at its address is refused, and the sender learns it
//            (mode memberd, the other modes don't listen). Where it is not, the machine is off;
//   crash    of a process that runs, and restart of one that doesn't, with its data directory.
//
// All that a step changes is the history of one process. So the state is the histories; steps of
// different processes that don't concern one another commute, and the states after both are one and
// the same. Nothing else is merged. Every way to a state has the same number of steps, so states
// are explored layer by layer, and the first breach is one of the shortest.
//
// After every step its process is asked for all that the checkers of lone_process.hpp look at (I2
// to I9, and the digest of I15), and for I1: nothing that it shows or says exceeds what was issued
// in this very state.
//
// Thread rule: one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "chaos/exhaust/layer.hpp"

namespace memberd::sim {

inline constexpr std::uint32_t kAnyNumber = 0xffffffff;

// Crashes, copies and punctuality make fewer of the same: all that is left out is what breaks the
// bound.
struct ExhaustOptions {
    std::size_t n = 2;  // 2 or 3
    unsigned depth = 6;
    EngineConfig engine;
    StartKind start = StartKind::Joined;
    std::uint64_t seed = 1;
    std::uint32_t copies = 2;            // deliveries of one message, at most
    std::uint32_t crashes = kAnyNumber;  // in one interleaving, at most
    // Deadlines are kept: no timer fires before another's that is due earlier.
    bool is_punctual = false;
    std::size_t states_max = 20'000'000;  // of one layer: memory has an end
    // For tests: what the members run by, where that is not what they are judged by.
    std::optional<Timing> broken_timing;
};

// One thing that can happen.
struct Action {
    ProcessId process = kNone;  // whose history it extends
    Input input;
};

struct LayerFigures {
    unsigned depth = 0;
    std::uint64_t states = 0;
    std::uint64_t steps = 0;      // taken to get there
    std::uint64_t ways = 0;       // interleavings of so many steps
    std::uint64_t histories = 0;  // of all processes, so far
};

struct Breach {
    Violation violation;
    std::vector<std::uint32_t> path;  // at each step, which of the actions; none: before the start
};

class Explorer {
  public:
    explicit Explorer(const ExhaustOptions& options);

    // All states that are one step further. False at the depth that was asked for, after a breach,
    // and where a layer has more states than it may.
    bool deepen();

    [[nodiscard]] const std::vector<LayerFigures>& layers() const { return figures_; }

    [[nodiscard]] const std::optional<Breach>& breach() const { return breach_; }

    // A layer was too large.
    [[nodiscard]] bool is_cut_short() const { return is_cut_short_; }

    [[nodiscard]] const Histories& histories() const { return histories_; }

    // --- For paths ---

    [[nodiscard]] const Facts& facts() const { return facts_; }

    [[nodiscard]] const Situation& situation() const { return situation_; }

    [[nodiscard]] MessageTable& messages() { return messages_; }

    [[nodiscard]] ClusterState start() const;
    // What can happen in a state, in an order that follows from the way there alone.
    [[nodiscard]] std::vector<Action> actions(const ClusterState& state) const;
    // The first invariant that the action broke, if any.
    std::optional<Violation> take(const Action& action, ClusterState& state);

    // The states of the deepest layer.
    [[nodiscard]] const Layer& layer() const { return layer_; }

  private:
    [[nodiscard]] Instant clock(const ClusterState& state) const;
    [[nodiscard]] Instant first_deadline(const ClusterState& state) const;
    [[nodiscard]] std::uint32_t crashes(const ClusterState& state) const;
    void add_local_actions(const ClusterState& state, std::vector<Action>& actions) const;
    void add_message_actions(const ClusterState& state, std::vector<Action>& actions) const;
    void add_message_action(const ClusterState& state,
                            MessageId id,
                            std::vector<Action>& actions) const;
    [[nodiscard]] std::size_t uses(const ClusterState& state, MessageId id) const;
    [[nodiscard]] std::optional<std::string> exceeds_issued(const ClusterState& state,
                                                            ProcessId process) const;
    [[nodiscard]] bool is_issued(const ClusterState& state, RunOf of, const Numbers& numbers) const;
    [[nodiscard]] HistoryId ancestor(HistoryId id, std::uint32_t length) const;
    bool find_path(const ClusterState& from,
                   const ClusterState& to,
                   std::vector<ClusterState>& dead_ends,
                   std::vector<std::uint32_t>& path) const;

    ExhaustOptions options_;
    Facts facts_;
    MessageTable messages_;
    Situation situation_;
    Histories histories_;
    Layer layer_;
    std::vector<LayerFigures> figures_;
    std::optional<Breach> breach_;
    bool is_cut_short_ = false;
};

}  // namespace memberd::sim
