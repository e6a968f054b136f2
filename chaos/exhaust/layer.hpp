// The states of a cluster that are reached in a number of steps, each once, with the number of ways
// that lead there.
//
// A state is the history of every process; the clock and what is under way follow from them.
// Thread rule: one thread. Complexity: O(1) a state, 28 to 36 bytes each.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "chaos/exhaust/histories.hpp"

namespace memberd::sim {

using ClusterState = std::array<HistoryId, kExhaustMembersMax>;

class Layer {
  public:
    struct Entry {
        ClusterState state{};
        std::uint64_t ways = 0;  // at most kManyWays, which stands for more
    };

    static constexpr std::uint64_t kManyWays = ~std::uint64_t{0};

    // More ways to a state, whether known or not.
    void add(const ClusterState& state, std::uint64_t ways);

    // In the order in which they were found.
    [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

    [[nodiscard]] std::uint64_t ways() const;

  private:
    void grow();
    [[nodiscard]] std::size_t place_of(const ClusterState& state) const;

    std::vector<Entry> entries_;
    std::vector<std::uint32_t> table_;  // into entries_; a power of two, at most half full
};

// The sum, or kManyWays where it is more.
std::uint64_t add_ways(std::uint64_t one, std::uint64_t other);

}  // namespace memberd::sim
