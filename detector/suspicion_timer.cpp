#include "detector/suspicion_timer.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "detector/check.hpp"

namespace memberd {

SuspicionLimits suspicion_limits(
    std::uint32_t n, Duration period, double alpha, double beta, std::uint32_t confirmations) {
    MEMBERD_CHECK(n >= 1, "a cluster has at least this member");
    MEMBERD_CHECK(alpha > 0 && beta >= 1, "a suspicion ends before it begins");
    MEMBERD_CHECK(confirmations <= SuspicionTimer::kConfirmationsMax,
                  "more accusers than are kept");
    const double scale = alpha * std::max(1.0, std::log10(static_cast<double>(n)));
    const std::uint32_t others = n > 2 ? n - 2 : 0;
    return {from_seconds(seconds(period) * scale), from_seconds(seconds(period) * scale * beta),
            std::min(confirmations, others)};
}

SuspicionTimer::SuspicionTimer(Instant now, std::uint32_t accuser, const SuspicionLimits& limits)
    : since_(now),
      limits_(limits) {
    MEMBERD_CHECK(limits.confirmations <= kConfirmationsMax, "more accusers than are kept");
    accusers_[0] = accuser;
}

bool SuspicionTimer::confirm(std::uint32_t accuser) {
    if (confirmations() >= limits_.confirmations) {
        return false;
    }
    const std::span known(accusers_.data(), accuser_count_);
    if (std::find(known.begin(), known.end(), accuser) != known.end()) {
        return false;
    }
    accusers_[accuser_count_] = accuser;
    ++accuser_count_;
    return true;
}

Instant SuspicionTimer::deadline() const {
    // log(C + 1) / log(K + 1) is 0 / 0 for K = 0, where nothing is waited for but Min.
    if (limits_.confirmations == 0) {
        return since_ + limits_.min;
    }
    const double share = std::log(confirmations() + 1.0) / std::log(limits_.confirmations + 1.0);
    const double span = seconds(limits_.max - limits_.min);
    return since_ + std::max(limits_.min, limits_.max - from_seconds(span * share));
}

}  // namespace memberd
