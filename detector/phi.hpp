// phi: how surprising a silence is, given how the peer has answered so far.
//
//     phi(elapsed) = -log10 P(a response time > elapsed)
//
// The scale is that of Hayashibara, Defago, Yared and Katayama 2004, "The phi accrual failure
// detector", section IV: suspecting at phi = x is wrong with probability 10^-x if the model is
// right. Two deviations from that paper:
// * The samples are response times of our own pings, not gaps between heartbeats: only a round trip
//   is life.
// * The model is not the normal distribution but the shifted exponential with the same mean m and
//   standard deviation s: P(X > x) = exp(-(x - (m - s)) / s) above m - s, and 1 below. Answers are
//   quick but for a pause now and then, which makes their tail much heavier than the normal's; at
//   3 s with m = 9 ms and s = 0.18 s (one answer in 500 takes 4 s) the normal says phi = 62, this
//   says 7.7. An exponential tail is the slowest decay that a density without a second hump
//   (log-concave) can have, so this errs on the patient side; a normal tail errs on the other.
// The logarithm of the tail is linear in x, so nothing underflows at any distance, and the time at
// which phi reaches a threshold is known in closed form: the engine needs it as a deadline.
//
// Pure functions, O(1), thread-safe.
#pragma once

#include "detector/round_trip.hpp"
#include "detector/time.hpp"

namespace memberd {

// Requires sd_seconds > 0. 0 for every elapsed up to m - s, then increasing.
double phi(double elapsed_seconds, double mean_seconds, double sd_seconds);

double phi(Duration elapsed, const RoundTrips& history);

// The shortest silence at which phi is at least `threshold` (to a nanosecond):
// m + s (threshold ln 10 - 1). For threshold = 8 it is m + 17.42 s. Requires threshold >= 0.
Duration silence_for_phi(double threshold, const RoundTrips& history);

// The depth that a death needs: at least p + mean + 4 sd, and long enough for phi to reach the
// threshold, but never more than cap: a peer whose history allows any silence is lost at last too.
Duration required_silence(Duration p,
                          Duration cap,
                          double phi_threshold,
                          const RoundTrips& history);

}  // namespace memberd
