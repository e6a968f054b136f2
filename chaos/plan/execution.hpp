// Runs a plan on a simulated cluster: the operations at their times, then calm, then the question
// whether everything becomes as it must.
//
// At faults_end everything that an operation began is undone: the network is as the plan describes
// it, who stands still goes on. Who doesn't run stays so, except those who announced a restart, and
// the seeds: a cluster that can reach none of its seeds is promised nothing. From then on the
// liveness invariants count.
//
// Thread rule: one thread; equal plans give equal outcomes. A broken MEMBERD_CHECK ends the
// process, see isolation.hpp.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "chaos/plan/plan.hpp"

namespace memberd::sim {

struct CallLogChoice;

// What was broken. `invariant` tells failures of one kind from others and names: I1 to I18 and L1
// to L7 (chaos/sim/checker.hpp, liveness.hpp), `false-death`, `lost-name`, and, from isolation.hpp,
// `check FILE:LINE` and `crash`.
struct Failure {
    std::string invariant;
    std::string text;
    Duration at{};  // since the beginning

    friend bool operator==(const Failure&, const Failure&) = default;
};

struct Outcome {
    std::vector<Failure> failures;  // the first one counts
    std::uint64_t trace_hash = 0;
    std::uint64_t events = 0;
    Duration length{};
    // Operations that took hold, by kind; those that did not are not counted.
    std::map<std::string, std::uint64_t> took_hold;

    [[nodiscard]] bool passed() const { return failures.empty(); }

    friend bool operator==(const Outcome&, const Outcome&) = default;
};

// Requires a plan that check() accepts. With a choice of calls to log these are written down.
Outcome run_plan(const Plan& plan, const CallLogChoice* log = nullptr);

}  // namespace memberd::sim
