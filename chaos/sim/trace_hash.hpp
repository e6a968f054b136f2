// One number for all that happened in a run, in its order: equal seeds must give equal numbers,
// whatever the compiler and the build type.
#pragma once

#include <cstdint>

#include "detector/random.hpp"
#include "gossip/transport.hpp"

namespace memberd::sim {

class TraceHash {
  public:
    void add(std::uint64_t word) { state_ = mix64(state_ ^ word); }

    void add(Bytes bytes);

    [[nodiscard]] std::uint64_t value() const { return state_; }

  private:
    std::uint64_t state_ = 0;
};

}  // namespace memberd::sim
