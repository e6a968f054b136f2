// Whether a cluster becomes whole once nothing is wrong any more, and then stays so.
#pragma once

#include <vector>

#include "chaos/plan/execution.hpp"
#include "chaos/sim/cluster.hpp"

namespace memberd::sim {

// Runs on until everybody who runs shows exactly those who run, with equal digests; then some time
// more, in which nothing may change. Empty if so; else what didn't come true.
std::vector<Failure> check_wholeness(Cluster& cluster);

}  // namespace memberd::sim
