// A random-looking order of [0, n) that occupies 16 bytes, whatever n is.
//
// A Feistel network (Luby and Rackoff 1988) with mix64 as its round function permutes [0, 2^2h),
// the smallest such range that holds n; a value outside [0, n) is sent through again until it falls
// inside ("cycle walking", Black and Rogaway 2002, "Ciphers with arbitrary finite domains",
// section 3). The range is less than 4 n (or 4), so a look-up takes fewer than 4 passes on average.
// The same n and key give the same order on every platform. Not for secrets.
//
// Thread-safe: immutable.
#pragma once

#include <cstdint>

namespace memberd {

class Permutation {
  public:
    // n may be 0: then there is no position to ask for.
    Permutation(std::uint32_t n, std::uint64_t key);

    // The value at position i. A bijection of [0, n). Requires i < n.
    [[nodiscard]] std::uint32_t at(std::uint32_t i) const;

    [[nodiscard]] std::uint32_t size() const { return n_; }

  private:
    [[nodiscard]] std::uint64_t pass(std::uint64_t value) const;

    std::uint64_t key_;
    std::uint32_t n_;
    std::uint32_t half_bits_;
};

}  // namespace memberd
