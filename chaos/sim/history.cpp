#include "chaos/sim/history.hpp"

#include <algorithm>
#include <numeric>

namespace memberd::sim {

std::uint64_t Traffic::message_count() const {
    return std::accumulate(messages.begin(), messages.end(), std::uint64_t{0});
}

std::uint64_t Traffic::byte_count() const {
    return std::accumulate(bytes.begin(), bytes.end(), std::uint64_t{0});
}

std::uint64_t History::false_deaths() const {
    return static_cast<std::uint64_t>(std::count_if(
        deaths.begin(), deaths.end(), [](const Death& death) { return death.is_false; }));
}

std::uint64_t History::false_deaths_at_healthy() const {
    return static_cast<std::uint64_t>(std::count_if(
        deaths.begin(), deaths.end(),
        [](const Death& death) { return death.is_false && death.observer_is_healthy; }));
}

// A short array header, the version and the type take a byte each (PROTOCOL.md).
std::size_t message_type(Bytes bytes) {
    const bool is_message = bytes.size() >= 3 && (bytes[0] & 0xf0U) == 0x90U;
    return is_message && bytes[2] < kMessageTypeCount ? bytes[2] : 0;
}

}  // namespace memberd::sim
