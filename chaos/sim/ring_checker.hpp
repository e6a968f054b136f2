// The ring that follows from what a member shows: invariants I15 and I16.
//
// I15: the ring of the members shown has the digest that the engine says, and is the same, point by
//    point, whether it is built anew or by change from the one before.
// I16: a change of membership moves a key only away from a member that went or towards one that
//    came; no more of all keys moves than those members own; the preference list of a key names
//    nobody twice, uses as many zones as there are, and keeps all that stay. (How near a member's
//    share is to what its weight is due is the ring's balance, not its movement: with 160 points
//    it has a deviation of 8 %, so no bound on every single member can be 15 %.)
//
// Rings are large: a run of the simulator judges changes until kPoints points were built. Thread
// rule: one thread. Complexity: O(points) a judged change.
#pragma once

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "chaos/sim/engine_call.hpp"
#include "chaos/sim/violation.hpp"
#include "membership/ring.hpp"

namespace memberd::sim {

class RingChecker {
  public:
    void began(const Ghost& ghost);
    void snapshot(const Ghost& ghost);
    void judge(const EngineCall& call, Violations& violations);

    // Who came and who went between two rings; both ascending by name.
    struct Difference {
        std::vector<RingMember> came;
        std::vector<RingMember> went;
    };

    // I16 of one change.
    static void judge_change(const EngineCall& call,
                             const Ring& before,
                             const Ring& after,
                             const Difference& difference,
                             Violations& violations);

  private:
    static constexpr std::size_t kPoints = 40'000;

    void judge_pair(const EngineCall& call, std::uint64_t digest_before, Violations& violations);

    std::vector<std::uint64_t> digests_;  // the last of each run
    std::set<std::pair<std::uint64_t, std::uint64_t>> judged_;
    std::size_t points_ = 0;
};

}  // namespace memberd::sim
