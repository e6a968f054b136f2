// Counts what this thread allocates with new: the unit tests replace the global operator.
#pragma once

#include <cstdint>

namespace memberd::tests {

// Since the thread began.
std::uint64_t allocation_count();

}  // namespace memberd::tests
