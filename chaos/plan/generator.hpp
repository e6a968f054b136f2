// Fault plans from a seed: the swarm.
//
// Each kind of fault is on or off by the toss of a coin and as strong as a draw from a wide
// logarithmic scale says, so that runs differ in kind, not only in detail (Groce et al. 2012,
// "Swarm Testing"). Members are few mostly: most mistakes show with five. Each kind draws from a
// stream of its own. Equal seeds and limits give equal plans.
//
// Half of the plans of mode memberd stay within what the mode promises (pauses that the profile
// tolerates, little loss, kills, restarts, joins, leaves); these expect that nobody is falsely
// shown as dead. The others go beyond any promise: safety holds all the same, and the cluster
// becomes whole when the faults stop.
#pragma once

#include <cstdint>
#include <optional>

#include "chaos/plan/plan.hpp"

namespace memberd::sim {

struct SwarmLimits {
    std::size_t n_max = 64;
    std::optional<Mode> mode;  // nothing: memberd mostly, the others sometimes
};

Plan generate_plan(std::uint64_t seed, const SwarmLimits& limits);

}  // namespace memberd::sim
