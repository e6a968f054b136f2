// When a loop has stood still.
#pragma once

#include <algorithm>

#include "detector/time.hpp"
#include "detector/timing.hpp"

namespace memberd {

// A loop that turns later than planned by more than this has stood still: the engine is told
// (Engine::resumed), and connections are given up, as the peers gave up theirs. Shorter delays the
// engine sees by its own timers.
inline Duration notable_pause(const Timing& timing) {
    return std::max<Duration>(std::chrono::seconds(1), 2 * timing.probe_timeout_max);
}

}  // namespace memberd
