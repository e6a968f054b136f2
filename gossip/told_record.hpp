// What was told to whom lately, so that the same is not said again at once.
//
// A member that stood still answers a backlog of pings when it goes on, and whoever holds it dead
// would say so once for each of its messages. A direct-mapped table: a newer entry takes the place
// of another with the same index, and then what that one stood for may be told once more. 1 KiB, no
// allocation, every operation O(1). Not thread-safe. `now` must never fall.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "detector/time.hpp"

namespace memberd {

class ToldRecord {
  public:
    static constexpr std::size_t kSize = 64;

    // Whether what has this key was told less than `pause` ago. If not, it counts as told now.
    // Keys must be well mixed.
    bool repeats(std::uint64_t key, Instant now, Duration pause);

  private:
    struct Entry {
        std::uint64_t key = 0;
        Instant at = kNever;  // kNever: none
    };

    std::array<Entry, kSize> entries_{};
};

}  // namespace memberd
