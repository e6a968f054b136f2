#include "membership/os_clock.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace memberd {
namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

std::int64_t read_clock(clockid_t id) {
    timespec time{};
    clock_gettime(id, &time);
    return static_cast<std::int64_t>(time.tv_sec) * kNanosecondsPerSecond + time.tv_nsec;
}

}  // namespace

Instant os_now() {
    return Instant(Duration(read_clock(CLOCK_BOOTTIME)));
}

WallTime os_wall_time() {
    return WallTime{read_clock(CLOCK_REALTIME)};
}

WallTime wall_time_of(Instant then, Instant now, WallTime wall) {
    return WallTime{wall.nanoseconds - (now - then).count()};
}

std::string rfc3339(WallTime wall) {
    std::int64_t second = wall.nanoseconds / kNanosecondsPerSecond;
    std::int64_t rest = wall.nanoseconds % kNanosecondsPerSecond;
    if (rest < 0) {
        --second;
        rest += kNanosecondsPerSecond;
    }
    const auto time = static_cast<std::time_t>(second);
    std::tm utc{};
    gmtime_r(&time, &utc);
    std::array<char, 80> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ",
                  utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                  utc.tm_sec, static_cast<int>(rest / 1000));
    return text.data();
}

}  // namespace memberd
