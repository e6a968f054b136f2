// Plans run in processes of their own: a broken MEMBERD_CHECK, a crash or an endless loop of one
// run is a finding about that plan, and ends nothing else. The words between a job of the worker
// pool and its parent.
//
// A run that prints a failed check is the failure `check FILE:LINE`; one that ends in another way
// than by itself is `crash`, with the pool's sentence.
#pragma once

#include <string>

#include "chaos/experiments/worker_pool.hpp"
#include "chaos/plan/execution.hpp"
#include "chaos/plan/plan.hpp"

namespace memberd::sim {

// Of one run on the real clock.
inline constexpr unsigned kRunSecondsMax = 120;

// What a job returns.
std::string run_as_job(const Plan& plan);
// What came of it.
Outcome outcome_of(const JobResult& result);

// One plan in one other process.
Outcome run_isolated(const Plan& plan);

}  // namespace memberd::sim
