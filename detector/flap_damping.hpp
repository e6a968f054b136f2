// How long must a member stay away that is removed again and again?
//
// A member that comes and goes costs the others more than one that stays away: every return moves
// keys. After the first removal it may come back at once; if it is removed again within `window` of
// its return it stays away for `first`, and then for `next` every time, until a window has passed
// without a removal. The member itself keeps count and holds back, so all others agree on its state
// without a message more. The idea is that of route-flap damping (RFC 2439), with steps in place of
// a decaying penalty: whoever reads the log can count.
//
// No allocation, O(1). Not thread-safe. `now` must never fall.
#pragma once

#include "detector/time.hpp"
#include "detector/timing.hpp"

namespace memberd {

class FlapDamping {
  public:
    // Removed at `now`: how long to stay away from now on; zero: not at all.
    [[nodiscard]] Duration removed(Instant now, const FlapSettings& settings);

    // Back at `now`, which may be later than removed() said: the window begins.
    void returned(Instant now);

  private:
    int removals_ = 0;  // in a row, 2 at most
    Instant returns_at_;
};

}  // namespace memberd
