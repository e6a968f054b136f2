// When tests of parts that take the time as an argument begin; nothing happens at instant 0.
#pragma once

#include "detector/time.hpp"

namespace memberd {

inline constexpr Instant kStart{std::chrono::seconds(1000)};

}  // namespace memberd
