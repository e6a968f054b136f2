// How long one peer takes to answer, estimated from its round trips in 24 bytes.
//
// Two pairs of figures, for two questions:
// * `smoothed` and `deviation` follow the last few samples: how long to wait for one probe.
//   RFC 6298 section 2, with its gains 1/8 and 1/4 and its start (R, R/2).
// * `mean` and `sd` remember the long run: how unusual is this silence? Until kMemorySamples are
//   there every sample has the same weight, then the oldest fade with gain 1/kMemorySamples:
//     diff = x - mean;  mean += g diff;  variance = (1 - g) (variance + g diff^2)
//   (the recursion of West 1979, "Updating mean and variance estimates", with g = 1/weight).
// Before the first sample both pairs are the prior's; in the long run the prior weighs as much as
// kPriorSamples samples, so that three lucky answers do not make a history.
//
// Feed it round trips only, without the time for which this process itself stood still; the peer's
// own pauses belong in. Not thread-safe. Every operation is O(1).
#pragma once

#include <cstdint>

#include "detector/time.hpp"

namespace memberd {

// What is believed of a peer that has not answered yet, and the least spread believed of any.
struct RoundTripPrior {
    Duration mean = std::chrono::milliseconds(10);
    Duration sd = std::chrono::milliseconds(25);
    // A scheduler's hiccup is longer than the spread of a quiet network, so less is not believed.
    Duration sd_floor = std::chrono::milliseconds(10);
};

class RoundTrips {
  public:
    static constexpr std::uint32_t kPriorSamples = 4;
    // A subject is probed every K periods by each observer: 64 samples are about 9 minutes in
    // `lan`.
    static constexpr std::uint32_t kMemorySamples = 64;
    // A longer round trip counts as this one: no rule waits longer, and one answer that comes back
    // after an hour must not spoil the estimate for a day.
    static constexpr Duration kSampleMax = std::chrono::seconds(10);

    explicit RoundTrips(const RoundTripPrior& prior);

    // Requires round_trip >= 0.
    void add(Duration round_trip);

    // Samples so far, the prior not counted; stays at its greatest value.
    [[nodiscard]] std::uint32_t count() const { return count_; }

    [[nodiscard]] Duration smoothed() const { return from_seconds(double{smoothed_}); }

    // Mean absolute deviation of the recent samples, at least the prior's floor.
    [[nodiscard]] Duration deviation() const;

    [[nodiscard]] Duration mean() const { return from_seconds(double{mean_}); }

    // Standard deviation of the long run, at least the prior's floor.
    [[nodiscard]] Duration sd() const;

    // After which time a ping counts as missed: smoothed + 6 deviations, within [low, high].
    [[nodiscard]] Duration probe_timeout(Duration low, Duration high) const;

    // How long a silence must be before it can be a death, phi aside: min(p + mean + 4 sd, cap).
    [[nodiscard]] Duration depth(Duration p, Duration cap) const;

  private:
    // Seconds, and seconds squared for the variance.
    float smoothed_;
    float deviation_;
    float mean_;
    float variance_;
    float sd_floor_;
    std::uint32_t count_ = 0;
};

static_assert(sizeof(RoundTrips) <= 32, "one is kept for every subject of every engine");

}  // namespace memberd
