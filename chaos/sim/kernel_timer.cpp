#include "chaos/sim/kernel_timer.hpp"

#include <algorithm>

namespace memberd::sim {
namespace {

constexpr unsigned kLevelShift = 3;       // a level is eight times as coarse as the one before
constexpr std::int64_t kLevelTicks = 63;  // that the finest level can tell apart
constexpr unsigned kLevelCount = 9;

}  // namespace

Duration doubled(Duration first, unsigned times, Duration max) {
    return times >= 16 ? max : std::min(first * (std::int64_t{1} << times), max);
}

Instant kernel_timer(Instant now, Duration wait, Duration phase) {
    const std::int64_t tick = kKernelTick.count();
    const std::int64_t present = (now.time_since_epoch() + phase).count() / tick;
    const std::int64_t wanted = present + (wait.count() + tick - 1) / tick;
    unsigned level = 0;
    while (level + 1 < kLevelCount && wanted - present >= kLevelTicks << (kLevelShift * level)) {
        ++level;
    }
    const unsigned shift = kLevelShift * level;
    const std::int64_t fires = ((wanted >> shift) + 1) << shift;
    return Instant(Duration(fires * tick) - phase);
}

}  // namespace memberd::sim
