// The one source of chance in the core: xoshiro256** 1.0 (Blackman and Vigna 2018), seeded through
// splitmix64.
//
// Equal seeds give equal sequences on every compiler and platform; the standard library's
// distributions do not, so none is used. Not for secrets. Not thread-safe: one engine, one stream.
#pragma once

#include <array>
#include <cstdint>

#include "detector/time.hpp"

namespace memberd {

// The finaliser of splitmix64: a bijection on 64 bits in which every input bit reaches every output
// bit.
constexpr std::uint64_t mix64(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

class Random {
  public:
    explicit Random(std::uint64_t seed);

    std::uint64_t next();

    // Uniform in [0, bound); bound > 0. Unbiased (Lemire 2019, "Fast random integer generation in
    // an interval").
    std::uint64_t below(std::uint64_t bound);

    // Uniform in [0, 1), 53 bits.
    double unit();

    // True with probability p; p outside [0, 1] is taken as its nearest end.
    bool chance(double p);

    // Uniform in [low, high); returns low where the interval is empty.
    Duration between(Duration low, Duration high);

    // A new stream that shares nothing with this one but its origin; advances this stream by one.
    Random fork();

  private:
    std::array<std::uint64_t, 4> state_;
};

}  // namespace memberd
