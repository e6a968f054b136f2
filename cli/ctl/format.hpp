// Numbers and times as a person reads them: short, with their unit, three digits that matter.
//
// Pure, except that wall-clock texts use the process's time zone.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "detector/time.hpp"

namespace memberd::ctl {

// Wall-clock time with the precision that the agent's documents have.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

// "2026-01-02T03:04:05.678901Z"; also with fewer or no digits of a second, and with an offset such
// as +01:00 (RFC 3339). Nothing for any other text.
std::optional<WallTime> parse_time(std::string_view text);

// The inverse, in UTC with microseconds.
std::string rfc3339(WallTime time);

// "03:04:05.678" and "2026-01-02 03:04:05" in the local time zone.
std::string clock_text(WallTime time);
std::string date_text(WallTime time);

// "0s", "59s", "3m12s", "2h05m", "3d04h", "412d". Rounded down; negative ones are "0s".
std::string duration_text(Duration duration);

// "0.213 ms", "12.3 ms", "1.24 s".
std::string round_trip_text(double ms);

// "0.02", "8.10", "123".
std::string phi_text(double phi);

// A share of 0 to 1 in percent: "12.3%"; below a tenth of a percent with two decimals.
std::string share_text(double share);

// At most three decimals, none that are zero: "1", "0.5".
std::string weight_text(double weight);

// "1 member", "3 members".
std::string count_text(std::uint64_t count, std::string_view noun);

}  // namespace memberd::ctl
