// Every history that a process can have in an exhaustive run, each told to a real engine once.
//
// A process does what its inputs make it do (lone_process.hpp), so what came of a history is kept,
// and the many states of the cluster that share it cost no engine anything. Histories are a tree;
// equal means the same inputs with the same bytes at the same times, one after the other, and no
// hash stands for that.
//
// Thread rule: one thread. Complexity: a new history costs its process all calls since the start
// again; a known one costs a look.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "chaos/exhaust/lone_process.hpp"
#include "chaos/exhaust/situation.hpp"

namespace memberd::sim {

using HistoryId = std::uint32_t;
inline constexpr HistoryId kNoHistory = 0xffffffff;

struct ProcessHistory {
    HistoryId before = kNoHistory;  // none: that of the start
    ProcessId process = kNone;
    std::uint32_t length = 0;  // inputs since the start
    Input input;               // the last
    Instant now;               // of the last call
    Effects effects;
    std::vector<Numbers> issued;      // by run, from the first
    std::vector<MessageId> said;      // since the start, in order
    std::vector<MessageId> received;  // or found nobody; since the start, in order
};

class Histories {
  public:
    // All must outlive this.
    Histories(const Facts& facts, const Situation& situation, MessageTable& messages);

    [[nodiscard]] HistoryId start_of(ProcessId process) const { return process; }

    HistoryId extend(HistoryId id, const Input& input);

    // Moves with the next extend().
    [[nodiscard]] const ProcessHistory& operator[](HistoryId id) const { return list_[id]; }

    [[nodiscard]] std::size_t size() const { return list_.size(); }

    // The first that this history's last input broke, or nothing.
    [[nodiscard]] const Violation* violation(HistoryId id) const;

    // The inputs since the start, in order.
    [[nodiscard]] std::vector<Input> inputs(HistoryId id) const;

    // How many histories ended with such a call, by mark.
    [[nodiscard]] const std::array<std::uint64_t, kMarkCount>& mark_counts() const {
        return mark_counts_;
    }

  private:
    struct Step {
        HistoryId before = kNoHistory;
        Input input;

        bool operator==(const Step&) const = default;
    };

    struct StepHash {
        std::size_t operator()(const Step& step) const;
    };

    HistoryId add(HistoryId before, const Input& input, const LoneProcess& process, ProcessId id);

    const Facts& facts_;
    const Situation& situation_;
    MessageTable& messages_;
    std::vector<ProcessHistory> list_;
    std::unordered_map<Step, HistoryId, StepHash> steps_;  // never iterated
    std::unordered_map<HistoryId, Violation> violations_;  // never iterated
    std::array<std::uint64_t, kMarkCount> mark_counts_{};
};

}  // namespace memberd::sim
