#include "detector/round_trip.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "detector/check.hpp"

namespace memberd {
namespace {

// RFC 6298 section 2.3.
constexpr double kSmoothedGain = 1.0 / 8;
constexpr double kDeviationGain = 1.0 / 4;

constexpr double kTimeoutDeviations = 6;
constexpr double kDepthDeviations = 4;

float narrow(double value) {
    return static_cast<float>(value);
}

}  // namespace

RoundTrips::RoundTrips(const RoundTripPrior& prior)
    : smoothed_(narrow(seconds(prior.mean))),
      deviation_(narrow(seconds(prior.sd))),
      mean_(smoothed_),
      variance_(deviation_ * deviation_),
      sd_floor_(narrow(seconds(prior.sd_floor))) {
    MEMBERD_CHECK(prior.mean >= Duration::zero() && prior.sd >= Duration::zero() &&
                      prior.sd_floor > Duration::zero(),
                  "a prior has a mean and a deviation of 0 or more and a floor above 0");
}

void RoundTrips::add(Duration round_trip) {
    MEMBERD_CHECK(round_trip >= Duration::zero(), "an answer came before its ping");
    const double sample = seconds(std::min(round_trip, kSampleMax));
    if (count_ < std::numeric_limits<std::uint32_t>::max()) {
        ++count_;
    }

    if (count_ == 1) {
        smoothed_ = narrow(sample);
        deviation_ = narrow(sample / 2);
    } else {
        // The deviation first: RFC 6298 measures it against the estimate the sample did not change.
        const double off = std::abs(sample - double{smoothed_});
        deviation_ = narrow(double{deviation_} + kDeviationGain * (off - double{deviation_}));
        smoothed_ = narrow(double{smoothed_} + kSmoothedGain * (sample - double{smoothed_}));
    }

    const std::uint32_t weight = std::min(count_, kMemorySamples - kPriorSamples) + kPriorSamples;
    const double gain = 1.0 / weight;
    const double diff = sample - double{mean_};
    mean_ = narrow(double{mean_} + gain * diff);
    variance_ = narrow((1 - gain) * (double{variance_} + gain * diff * diff));
}

Duration RoundTrips::deviation() const {
    return from_seconds(double{std::max(deviation_, sd_floor_)});
}

Duration RoundTrips::sd() const {
    return from_seconds(std::max(std::sqrt(double{variance_}), double{sd_floor_}));
}

Duration RoundTrips::probe_timeout(Duration low, Duration high) const {
    const Duration wait =
        from_seconds(seconds(smoothed()) + kTimeoutDeviations * seconds(deviation()));
    return std::clamp(wait, low, high);
}

Duration RoundTrips::depth(Duration p, Duration cap) const {
    return std::min(p + from_seconds(seconds(mean()) + kDepthDeviations * seconds(sd())), cap);
}

}  // namespace memberd
