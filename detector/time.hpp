// Time as the protocol core knows it: instants on a timeline that nobody in the core can read.
//
// The agent converts the operating system's clock once per turn of its loop, the simulator owns a
// virtual one; every function that needs the time takes it as its first argument. Resolution is a
// nanosecond, arithmetic is integral.
#pragma once

#include <chrono>
#include <cstdint>
#include <ratio>

namespace memberd {

// A clock type without now(): code that tries to read it does not compile.
struct Timeline {
    using rep = std::int64_t;
    using period = std::nano;
    using duration = std::chrono::duration<rep, period>;
    using time_point = std::chrono::time_point<Timeline>;
    static constexpr bool is_steady = true;
};

using Duration = Timeline::duration;
using Instant = Timeline::time_point;

// Later than every deadline that is ever set.
inline constexpr Instant kNever = Instant::max();

constexpr double seconds(Duration d) {
    return std::chrono::duration<double>(d).count();
}

constexpr double milliseconds(Duration d) {
    return std::chrono::duration<double, std::milli>(d).count();
}

// Rounds towards zero; the argument is in seconds and finite.
constexpr Duration from_seconds(double s) {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(s));
}

}  // namespace memberd
