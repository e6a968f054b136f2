// Watches that no member stops because of its name unless another process really has that name.
//
// A process that is told that its name is taken, or that loses it to another, ends. That is right
// while the other runs, or has just ended; else a name has been lost for nothing. Deterministic;
// complexity O(members) a look.
#pragma once

#include <string>
#include <vector>

#include "chaos/sim/cluster.hpp"

namespace memberd::sim {

class NameWatch {
  public:
    // The cluster must outlive this.
    explicit NameWatch(Cluster& cluster) : cluster_(cluster) {}

    // To be called every second or more often. Empty, or what went wrong since the last look.
    std::string look();

  private:
    [[nodiscard]] bool had_rival(Member member) const;
    [[nodiscard]] std::string judge(Member member, const Notice& notice) const;

    Cluster& cluster_;
    std::vector<std::size_t> notices_seen_;
    std::vector<Instant> last_ran_;
    Instant last_look_;
};

}  // namespace memberd::sim
