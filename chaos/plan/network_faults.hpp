// What is wrong with a plan's network at one instant: the operations in force, laid over one
// another.
//
// Each operation begins and ends by itself, in any overlap: losses add up, a cut is a cut however
// often, and of two delays the greater holds. Complexity: a change O(operations in force).
#pragma once

#include <vector>

#include "chaos/plan/plan.hpp"
#include "chaos/sim/cluster.hpp"

namespace memberd::sim {

class NetworkFaults {
  public:
    // The plan and the cluster must outlive this.
    NetworkFaults(const Plan& plan, Cluster& cluster) : plan_(plan), cluster_(cluster) {}

    // The operation at this place of the plan. Without effect if it is in force already.
    void begin(std::size_t operation);
    // False if it was not in force.
    bool end(std::size_t operation);
    // False if nothing was in force.
    bool end_all();

  private:
    void apply();

    const Plan& plan_;
    Cluster& cluster_;
    std::vector<std::size_t> in_force_;  // in the order in which they began
};

}  // namespace memberd::sim
