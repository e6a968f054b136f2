#include "detector/permutation.hpp"

#include <algorithm>
#include <bit>

#include "detector/check.hpp"
#include "detector/random.hpp"

namespace memberd {
namespace {

// Four rounds suffice for wide halves; ours may be one bit wide, where more mixing is cheap.
constexpr std::uint64_t kRounds = 8;

}  // namespace

Permutation::Permutation(std::uint32_t n, std::uint64_t key)
    : key_(mix64(key)),
      n_(n),
      half_bits_(std::max(
          1U, (static_cast<std::uint32_t>(std::bit_width(n - (n > 0 ? 1U : 0U))) + 1U) / 2U)) {}

std::uint32_t Permutation::at(std::uint32_t i) const {
    MEMBERD_CHECK(i < n_, "no such position in the order");
    std::uint64_t value = i;
    do {
        value = pass(value);
    } while (value >= n_);
    return static_cast<std::uint32_t>(value);
}

std::uint64_t Permutation::pass(std::uint64_t value) const {
    const std::uint64_t mask = (std::uint64_t{1} << half_bits_) - 1;
    std::uint64_t left = value >> half_bits_;
    std::uint64_t right = value & mask;
    for (std::uint64_t round = 0; round < kRounds; ++round) {
        // The round stands above the widest half, so no two rounds share an input.
        const std::uint64_t mixed = mix64(key_ ^ mix64((round << 32U) | right));
        const std::uint64_t next = left ^ (mixed & mask);
        left = right;
        right = next;
    }
    return (left << half_bits_) | right;
}

}  // namespace memberd
