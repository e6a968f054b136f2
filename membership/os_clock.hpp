// The one place where the operating system's clocks are read.
//
// `now` is CLOCK_BOOTTIME: it runs on while the machine is suspended, so that a suspension shows as
// a gap like every other pause. The wall clock is for what people and files read; nothing is
// decided by it except the first generation.
#pragma once

#include <cstdint>
#include <string>

#include "detector/time.hpp"

namespace memberd {

Instant os_now();

// Nanoseconds since 1970, UTC.
struct WallTime {
    std::int64_t nanoseconds = 0;
};

WallTime os_wall_time();

// What the wall clock showed at `then`, as seen from (now, wall).
WallTime wall_time_of(Instant then, Instant now, WallTime wall);

// RFC 3339 with microseconds, UTC: "2024-05-01T12:00:00.000001Z".
std::string rfc3339(WallTime wall);

}  // namespace memberd
