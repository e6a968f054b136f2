// Makes a plan that fails as small as it gets while the same invariant still breaks.
//
// In rounds until nothing helps or the time is over: fewer operations (ddmin, Zeller and
// Hildebrandt 2002), fewer members, shorter times, simpler values, dense numbers. Every attempt is
// a run in a process of its own. Equal plans and enough time give equal results.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "chaos/plan/plan.hpp"

namespace memberd::sim {

// Whether a plan, which check() accepts, still fails in the way that is sought.
using StillFails = std::function<bool(const Plan&)>;
// Whether to stop before all was tried.
using OutOfTime = std::function<bool()>;

Plan shrink(const Plan& plan, const StillFails& still_fails, const OutOfTime& out_of_time);

}  // namespace memberd::sim
