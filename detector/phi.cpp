#include "detector/phi.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "detector/check.hpp"

namespace memberd {

double phi(double elapsed_seconds, double mean_seconds, double sd_seconds) {
    MEMBERD_CHECK(sd_seconds > 0, "a history without deviation says nothing about surprise");
    const double beyond = elapsed_seconds - mean_seconds + sd_seconds;
    return std::max(0.0, beyond / (sd_seconds * std::numbers::ln10));
}

double phi(Duration elapsed, const RoundTrips& history) {
    return phi(seconds(elapsed), seconds(history.mean()), seconds(history.sd()));
}

Duration silence_for_phi(double threshold, const RoundTrips& history) {
    MEMBERD_CHECK(threshold >= 0, "phi is never negative");
    const double silence =
        seconds(history.mean()) + seconds(history.sd()) * (threshold * std::numbers::ln10 - 1);
    // A nanosecond up: the conversion rounds down, and at the deadline phi must have been reached.
    return std::max(Duration::zero(), from_seconds(silence) + Duration(1));
}

Duration required_silence(Duration p,
                          Duration cap,
                          double phi_threshold,
                          const RoundTrips& history) {
    return std::min(cap, std::max(history.depth(p, cap), silence_for_phi(phi_threshold, history)));
}

}  // namespace memberd
