// What must become true once faults stop, and by when: the liveness invariants L1 to L7.
//
// The caller has ended every fault inside a core of members (healed, resumed, unblocked); whoever
// is not of the core is down, gone, or out of its reach, and stays so. check_liveness() runs the
// cluster on from that instant, G, and reports what did not come true in time:
//
// L1 completeness: nobody of the core shows an outsider as alive or suspect.
// L2 convergence: the core shows all of the core alive, view digests and ring digests are equal,
//    nobody doubts itself.
// L3 heal: from then on, after a partition, the core's members see one another and have one ring.
// L4 refutation wins: nobody of the core is shown suspect or dead by the core for longer than a
//    moment.
// L5 quiescence: some time after convergence nothing changes any more, nothing waits to be sent,
//    and messages come at the idle rate.
// L6 (check_join, check_leave): a member that reaches one of the core is soon in all views; one
//    that leaves is `left` in all, and its call returns.
// L7 (check_recovery): a core that was killed whole and started again is one cluster, though half
//    of it has lost its disk.
//
// The bounds are those of liveness_budget(): in terms of S, how long a suspicion lasts before it is
// a death (alpha max(1, log10 n) T in mode swim, beta times that in lifeguard, the depth P in
// memberd), and of R, how long until two members with different tables have compared them.
//
// Thread rule: one thread. Complexity: O(core) a sample while all is well, else O(core^2).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "chaos/sim/cluster.hpp"

namespace memberd::sim {

struct LivenessBudget {
    Duration complete{};   // L1, after G
    Duration converged{};  // L2
    Duration merged{};     // L3; zero: there was no partition
    Duration settled{};    // L4: from then on ...
    Duration wrong_max{};  // ... nobody of the core is held suspect or dead for longer
    Duration rest{};       // L5: from `converged` and this much later on ...
    Duration quiet{};      // ... nothing happens for so long
    // Sent by a member of the core while nothing happens, endless contacts with the absent
    // included.
    double idle_messages_per_second = 0;
    Duration joined{};     // L6
    Duration left{};       // L6
    Duration recovered{};  // L7, after the last start
};

// `longest_cut`: the longest time for which members of the core could not reach one another; zero:
// they always could. `core_count`: few among many dead take the baselines longer, since they probe
// one member after the other.
LivenessBudget liveness_budget(const ClusterOptions& options,
                               Duration longest_cut,
                               std::size_t core_count);

// L1 to L5. Every member of the core runs, or has just lost its name to another of the core: such a
// one is no part of it any more. Empty if all came true; else the first violation of each
// invariant. A safety violation on the way ends the run and is reported as it is.
std::vector<Violation> check_liveness(Cluster& cluster,
                                      std::span<const Member> core,
                                      const LivenessBudget& budget);

// L6: adds a member whose only seed is `seed`, of the core. The newcomer stays.
std::vector<Violation> check_join(Cluster& cluster,
                                  std::span<const Member> core,
                                  Member seed,
                                  const LivenessBudget& budget);

// L6: `leaver` is of the core and leaves it.
std::vector<Violation> check_leave(Cluster& cluster,
                                   std::span<const Member> core,
                                   Member leaver,
                                   const LivenessBudget& budget);

// L7: kills the whole core, starts it again in an order that `random` draws, within 10 s, with half
// of the data directories lost (rounded down), and waits until all of it see one another.
std::vector<Violation> check_recovery(Cluster& cluster,
                                      std::span<const Member> core,
                                      Random& random,
                                      const LivenessBudget& budget);

}  // namespace memberd::sim
