#include "membership/ring_weight.hpp"

#include <algorithm>
#include <cstddef>

#include "gossip/ring_digest.hpp"

namespace memberd {
namespace {

constexpr std::size_t kWholeDigitsMax = 3;
constexpr std::size_t kDecimalsMax = 3;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

}  // namespace

std::optional<std::uint32_t> parse_weight(std::string_view text) {
    const auto point = text.find('.');
    const auto whole = text.substr(0, point);
    const auto decimals =
        point == std::string_view::npos ? std::string_view("0") : text.substr(point + 1);
    if (whole.empty() || whole.size() > kWholeDigitsMax || decimals.empty() ||
        decimals.size() > kDecimalsMax || !std::all_of(whole.begin(), whole.end(), is_digit) ||
        !std::all_of(decimals.begin(), decimals.end(), is_digit)) {
        return std::nullopt;
    }
    std::uint32_t milli = 0;
    for (const char c : whole) {
        milli = milli * 10 + static_cast<std::uint32_t>(c - '0');
    }
    for (std::size_t i = 0; i < kDecimalsMax; ++i) {
        milli =
            milli * 10 + (i < decimals.size() ? static_cast<std::uint32_t>(decimals[i] - '0') : 0);
    }
    if (milli > kRingWeightMilliMax) {
        return std::nullopt;
    }
    return milli;
}

std::string weight_text(std::uint32_t weight_milli) {
    std::string text = std::to_string(weight_milli / kRingWeightMilliOne);
    const std::uint32_t rest = weight_milli % kRingWeightMilliOne;
    if (rest != 0) {
        const std::string digits = std::to_string(rest);
        text += '.';
        text.append(kDecimalsMax - digits.size(), '0').append(digits);
        text.erase(text.find_last_not_of('0') + 1);
    }
    return text;
}

std::uint32_t ring_vnode_count(std::uint32_t weight_milli) {
    if (weight_milli == 0) {
        return 0;
    }
    const std::uint32_t bounded = std::min(weight_milli, kRingWeightMilliMax);
    const std::uint32_t rounded =
        (kRingPointsPerWeight * bounded + kRingWeightMilliOne / 2) / kRingWeightMilliOne;
    return std::max(rounded, 1U);
}

}  // namespace memberd
