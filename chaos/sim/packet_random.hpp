// The chance that one message meets on its way.
//
// Every ordered pair of processes has a stream of its own, and every message in it a position:
// removing a fault, a message or a member does not reshuffle what others meet, which is what makes
// shrinking a failing run possible. Distributions are ours. They use log, exp and cos of the C
// library: equal with gcc and clang on one machine, since both call the same one.
#pragma once

#include <cstdint>

#include "detector/random.hpp"
#include "detector/time.hpp"

namespace memberd::sim {

class PacketRandom {
  public:
    PacketRandom(std::uint64_t stream, std::uint64_t position)
        : state_(mix64(stream ^ mix64(position))) {}

    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15ULL;  // mix64 of a counter is splitmix64
        return mix64(state_);
    }

    // Uniform in [0, 1), 53 bits.
    double unit() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

    // Always draws, so that a changed probability doesn't shift later draws.
    bool chance(double p) { return unit() < p; }

    Duration exponential(Duration mean);
    // `sigma` is of the logarithm.
    Duration log_normal(Duration median, double sigma);

  private:
    std::uint64_t state_;
};

}  // namespace memberd::sim
