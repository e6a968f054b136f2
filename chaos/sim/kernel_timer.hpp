// When a timer of Linux fires: not at the moment asked for, but at the next tick that its timer
// wheel can tell apart. Ticks are 4 ms (CONFIG_HZ=250, Debian's); timers that are further away are
// rounded up to multiples of 8, 64, 512 ... ticks (kernel/time/timer.c since 4.8), so that a
// retransmission after 26 s may be two seconds late.
#pragma once

#include "detector/time.hpp"

namespace memberd::sim {

inline constexpr Duration kKernelTick = std::chrono::milliseconds(4);

// The pause after `times` failures of something whose first pause is `first`.
Duration doubled(Duration first, unsigned times, Duration max);

// The instant at which a timer that is set at `now` for `wait` fires. Kernels started at different
// times: `phase` shifts their ticks, and is not negative.
Instant kernel_timer(Instant now, Duration wait, Duration phase);

}  // namespace memberd::sim
