#include "chaos/experiments/estimates.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "detector/check.hpp"

namespace memberd::sim {
namespace {

constexpr double kTail = (1.0 - kConfidence) / 2.0;

// ln of the chance of exactly k of n.
double log_binomial(std::size_t n, std::size_t k, double share) {
    const auto trials = static_cast<double>(n);
    const auto hits = static_cast<double>(k);
    return std::lgamma(trials + 1) - std::lgamma(hits + 1) - std::lgamma(trials - hits + 1) +
           hits * std::log(share) + (trials - hits) * std::log1p(-share);
}

// The chance of at most `events` where `mean` are expected.
double poisson_at_most(std::uint64_t events, double mean) {
    double sum = 0.0;
    for (std::uint64_t k = 0; k <= events; ++k) {
        const auto count = static_cast<double>(k);
        sum += std::exp(count * std::log(mean) - mean - std::lgamma(count + 1));
    }
    return sum;
}

// The mean at which at most `events` has the chance `wanted`: it falls as the mean grows.
double poisson_mean(std::uint64_t events, double wanted) {
    double low = 1e-9;
    double high = 20.0 + 2.0 * static_cast<double>(events);
    for (int i = 0; i < 100; ++i) {
        const double middle = (low + high) / 2.0;
        (poisson_at_most(events, middle) > wanted ? low : high) = middle;
    }
    return low;
}

double mean_of(std::span<const double> values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

double quantile(std::span<const double> sorted, double share) {
    MEMBERD_CHECK(!sorted.empty(), "no value is a quantile of nothing");
    const auto count = static_cast<double>(sorted.size());
    // Ranks are whole: 0.999 * 1000 must not become 1000 by rounding.
    const auto rank = static_cast<std::size_t>(std::ceil(share * count - 1e-9));
    return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
}

Estimate estimate_quantile(std::span<const double> sorted, double share) {
    Estimate estimate{quantile(sorted, share), std::nullopt, std::nullopt};
    const std::size_t n = sorted.size();
    double below = 0.0;  // the chance that fewer than k values are below the true quantile
    for (std::size_t k = 0; k < n; ++k) {
        below += std::exp(log_binomial(n, k, share));
        if (below <= kTail) {
            estimate.low = sorted[k];
        }
        if (below >= 1.0 - kTail) {
            estimate.high = sorted[k];
            break;
        }
    }
    return estimate;
}

Estimate estimate_mean(std::span<const double> values, Random& random) {
    MEMBERD_CHECK(!values.empty(), "nothing has no mean");
    Estimate estimate{mean_of(values), std::nullopt, std::nullopt};
    if (values.size() == 1) {
        return estimate;
    }
    std::vector<double> means;
    std::vector<double> resample(values.size());
    for (int i = 0; i < kResamples; ++i) {
        for (double& value : resample) {
            value = values[random.below(values.size())];
        }
        means.push_back(mean_of(resample));
    }
    std::sort(means.begin(), means.end());
    estimate.low = quantile(means, kTail);
    estimate.high = quantile(means, 1.0 - kTail);
    return estimate;
}

Estimate estimate_rate(std::uint64_t events, double exposure) {
    MEMBERD_CHECK(exposure > 0.0, "nothing was watched");
    Estimate estimate{static_cast<double>(events) / exposure, 0.0,
                      poisson_mean(events, kTail) / exposure};
    if (events > 0) {
        estimate.low = poisson_mean(events - 1, 1.0 - kTail) / exposure;
    }
    return estimate;
}

}  // namespace memberd::sim
