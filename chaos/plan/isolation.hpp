// Plans run in processes of their own, several at once: a broken MEMBERD_CHECK, a crash or an
// endless loop of one run is a finding about that plan, and ends nothing else.
//
// A run that prints a failed check is the failure `check FILE:LINE`; one that a signal ends is
// `signal`; one that takes longer than its limit on the real clock is `hang`. Children end with
// their parent. Thread rule: call from a process with one thread.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include "chaos/plan/execution.hpp"
#include "chaos/plan/plan.hpp"

namespace memberd::sim {

struct IsolationLimits {
    std::size_t jobs = 1;
    Duration wall = std::chrono::seconds(120);  // for each run
};

// Runs what `next` gives until it gives nothing, and tells `done` of each in the order of their
// ends. No more are started after `done` has said false.
void run_isolated(const IsolationLimits& limits,
                  const std::function<std::optional<Plan>()>& next,
                  const std::function<bool(const Plan&, const Outcome&)>& done);

Outcome run_isolated(const Plan& plan, Duration wall_limit);

}  // namespace memberd::sim
