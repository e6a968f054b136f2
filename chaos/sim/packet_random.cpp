#include "chaos/sim/packet_random.hpp"

#include <cmath>

namespace memberd::sim {
namespace {

constexpr double kTwoPi = 6.283185307179586;

Duration scaled(Duration duration, double factor) {
    return Duration(static_cast<Duration::rep>(static_cast<double>(duration.count()) * factor));
}

}  // namespace

Duration PacketRandom::exponential(Duration mean) {
    return scaled(mean, -std::log(1.0 - unit()));
}

Duration PacketRandom::log_normal(Duration median, double sigma) {
    // Box and Muller 1958; the second normal is thrown away, so that a draw has no memory.
    const double radius = std::sqrt(-2.0 * std::log(1.0 - unit()));
    const double normal = radius * std::cos(kTwoPi * unit());
    return scaled(median, std::exp(sigma * normal));
}

}  // namespace memberd::sim
