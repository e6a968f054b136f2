// What a sample says about what it was drawn from: quantiles, means and rates, each with an
// interval that holds the truth with 95 % confidence, or the word that the sample is too small.
//
// Quantiles are order statistics (nearest rank), and so are their limits: for whatever
// distribution, the number of values below its q-quantile is binomial. A limit that no value of the
// sample can be is missing: 99.9 % takes 3,688 values for an upper one, the median takes six.
// Means: percentile bootstrap, drawn from a Random of its own. Rates: exact for Poisson counts
// (Garwood 1936), so that none in a long time still has an upper limit.
//
// Thread rule: none, pure functions. Complexity: O(values), a mean O(kResamples times values).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "detector/random.hpp"

namespace memberd::sim {

inline constexpr double kConfidence = 0.95;
inline constexpr int kResamples = 2000;

struct Estimate {
    double value = 0.0;
    // Nothing: the sample is too small to say.
    std::optional<double> low;
    std::optional<double> high;
};

// Both take values in ascending order, at least one; `share` is between 0 and 1.
double quantile(std::span<const double> sorted, double share);
Estimate estimate_quantile(std::span<const double> sorted, double share);

// At least one value; of one alone there are no limits.
Estimate estimate_mean(std::span<const double> values, Random& random);

// Events for each unit of exposure; `exposure` is above zero.
Estimate estimate_rate(std::uint64_t events, double exposure);

}  // namespace memberd::sim
