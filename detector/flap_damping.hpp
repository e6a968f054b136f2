// How long must a member stay away that is removed again and again?
//
// A member that comes and goes costs the others more than one that stays away: every return moves
// keys. After the first removal it comes back at once; after the second within `window` it stays
// away for `first`, after every further one for `next`. The member itself keeps count and holds
// back, so all others agree on its state without a message more. The idea is that of route-flap
// damping (RFC 2439), with steps in place of a decaying penalty: whoever reads the log can count.
//
// No allocation, O(1). Not thread-safe. `now` must never fall.
#pragma once

#include <array>

#include "detector/time.hpp"

namespace memberd {

struct FlapSettings {
    Duration window{};  // removals longer ago are forgotten
    Duration first{};   // >= 0
    Duration next{};    // >= first
};

class FlapDamping {
  public:
    // Removed at `now`: how long to stay away from now on; zero: not at all.
    [[nodiscard]] Duration removed(Instant now, const FlapSettings& settings);

  private:
    std::array<Instant, 2> removals_{Instant::min(), Instant::min()};  // the last two, older first
};

}  // namespace memberd
