// Nobody healthy is lost: invariant I14, within a budget that a scenario or a plan sets.
//
// No more false deaths than the budget allows, anywhere and at healthy observers; no healthy member
// dead in the views of a majority of the healthy that can reach it; and none absent from a healthy
// observer's ring for longer than a moment, at its first removal there in 10 minutes.
//
// What is false and who is healthy is the world's judgement (Death). Thread rule: one thread.
// Complexity: O(members) a false death, O(absences) a look.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "chaos/sim/history.hpp"
#include "chaos/sim/violation.hpp"

namespace memberd::sim {

struct AccuracyBudget {
    std::uint64_t false_deaths = 0;             // FP
    std::uint64_t false_deaths_at_healthy = 0;  // FP-
    Duration absent_max = std::chrono::seconds(5);
};

class AccuracyChecker {
  public:
    // Whether `observer` is healthy, `member` too, and both can talk.
    using Judge = std::function<bool(ProcessId observer, ProcessId member)>;

    AccuracyChecker(const AccuracyBudget& budget, Judge is_healthy_pair)
        : budget_(budget),
          is_healthy_pair_(std::move(is_healthy_pair)) {}

    // `process_count`: processes are numbered from 0.
    void died(const Death& death, std::size_t process_count, Violations& violations);

    // The observer shows the member alive again.
    void returned(ProcessId observer, ProcessId member) { absences_.erase({observer, member}); }

    // To be called at every event.
    void look(Instant now, Violations& violations);

  private:
    using Pair = std::pair<ProcessId, ProcessId>;  // observer and member

    void judge_majority(const Death& death, std::size_t process_count, Violations& violations);

    AccuracyBudget budget_;
    Judge is_healthy_pair_;
    std::uint64_t false_deaths_ = 0;
    std::uint64_t false_deaths_at_healthy_ = 0;
    std::map<Pair, Instant> absences_;  // false ones at the healthy, since when
    std::map<Pair, Instant> removed_;   // the last removal, false or not
};

}  // namespace memberd::sim
