// Weights as people write them ("0.5") and as the ring computes with them (thousandths).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace memberd {

// Reads "0" to "100" with at most three decimals: digits, then nothing or a point and one to three
// digits. No sign, no exponent, no blanks: nothing for all else, and for more than
// kRingWeightMilliMax.
std::optional<std::uint32_t> parse_weight(std::string_view text);

// The shortest text that parse_weight reads back: 500 gives "0.5", 2000 gives "2".
std::string weight_text(std::uint32_t weight_milli);

// Points of a member on the ring: 160 a unit of weight, rounded half up, at least one unless the
// weight is 0. Weights above kRingWeightMilliMax count as that: no member can make another's ring
// larger than 16,000 points a member.
std::uint32_t ring_vnode_count(std::uint32_t weight_milli);

}  // namespace memberd
