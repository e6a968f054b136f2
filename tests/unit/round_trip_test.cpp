#include "detector/round_trip.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "detector/random.hpp"

namespace memberd {
namespace {

using namespace std::chrono_literals;

constexpr RoundTripPrior kPrior{20ms, 50ms, 10ms};

void add_often(RoundTrips& trips, int times, Duration round_trip) {
    for (int i = 0; i < times; ++i) {
        trips.add(round_trip);
    }
}

// The estimates are floats.
void expect_close(Duration actual, Duration expected) {
    EXPECT_NEAR(seconds(actual), seconds(expected), 2e-7 * std::max(1.0, seconds(expected)));
}

TEST(RoundTrips, ArePriorBeforeTheFirstSample) {
    const RoundTrips trips(kPrior);

    EXPECT_EQ(trips.count(), 0U);
    expect_close(trips.smoothed(), 20ms);
    expect_close(trips.deviation(), 50ms);
    expect_close(trips.mean(), 20ms);
    expect_close(trips.sd(), 50ms);
}

TEST(RoundTrips, StartTheSmoothedPairFromTheFirstSampleAlone) {
    RoundTrips trips(kPrior);

    trips.add(80ms);

    EXPECT_EQ(trips.count(), 1U);
    expect_close(trips.smoothed(), 80ms);
    expect_close(trips.deviation(), 40ms);
}

// 80, then 160: deviation = 3/4 40 + 1/4 |80 - 160| = 50; smoothed = 7/8 80 + 1/8 160 = 90.
TEST(RoundTrips, FollowRfc6298FromTheSecondSample) {
    RoundTrips trips(kPrior);

    trips.add(80ms);
    trips.add(160ms);

    expect_close(trips.deviation(), 50ms);
    expect_close(trips.smoothed(), 90ms);
}

// The prior weighs four samples: mean = (4 20 + 120) / 5 = 40 ms,
// variance = (1 - 1/5) (50^2 + 100^2 / 5) = 3600 ms^2.
TEST(RoundTrips, MixThePriorIntoTheLongRunAsFourSamples) {
    RoundTrips trips(kPrior);

    trips.add(120ms);

    expect_close(trips.mean(), 40ms);
    expect_close(trips.sd(), 60ms);
}

TEST(RoundTrips, WeighTheFirstSixtySamplesEqually) {
    RoundTrips trips(kPrior);
    Random random(3);
    std::vector<double> samples;
    for (int i = 0; i < 60; ++i) {
        const Duration sample = random.between(1ms, 400ms);
        samples.push_back(seconds(sample));
        trips.add(sample);
    }

    double sum = 4 * 0.020;
    double squares = 4 * (0.050 * 0.050 + 0.020 * 0.020);
    for (const double x : samples) {
        sum += x;
        squares += x * x;
    }
    const double mean = sum / 64;
    EXPECT_NEAR(seconds(trips.mean()), mean, 1e-6);
    EXPECT_NEAR(seconds(trips.sd()), std::sqrt(squares / 64 - mean * mean), 1e-6);
}

TEST(RoundTrips, ForgetTheOldestFromThenOnByOneSixtyFourth) {
    RoundTrips trips(kPrior);
    add_often(trips, 60, 20ms);
    const double before = seconds(trips.mean());

    trips.add(84ms);

    EXPECT_NEAR(seconds(trips.mean()) - before, 0.064 / 64, 1e-7);
    add_often(trips, 2000, 84ms);
    EXPECT_NEAR(seconds(trips.mean()), 0.084, 1e-5);
}

TEST(RoundTrips, KeepThePausesOfThePeerInTheLongRun) {
    RoundTrips trips(kPrior);
    add_often(trips, 200, 1ms);

    trips.add(2s);

    // One in 64: sd = 2 sqrt(63) / 64.
    EXPECT_NEAR(seconds(trips.sd()), 0.248, 0.001);
    add_often(trips, 20, 1ms);
    EXPECT_GT(trips.sd(), 200ms);
}

TEST(RoundTrips, NeverBelieveADeviationUnderTheFloor) {
    RoundTrips trips(kPrior);

    add_often(trips, 5000, 1ms);

    expect_close(trips.sd(), 10ms);
    expect_close(trips.deviation(), 10ms);
}

TEST(RoundTrips, BelieveADeviationJustAboveTheFloor) {
    RoundTrips trips(RoundTripPrior{50ms, 11ms, 10ms});
    expect_close(trips.sd(), 11ms);
    expect_close(trips.deviation(), 11ms);
    RoundTrips quiet(RoundTripPrior{50ms, 9ms, 10ms});
    expect_close(quiet.sd(), 10ms);
    expect_close(quiet.deviation(), 10ms);
}

TEST(RoundTrips, CountALongerSampleAsTheLongestOne) {
    RoundTrips hour(kPrior);
    RoundTrips longest(kPrior);
    RoundTrips shorter(kPrior);

    hour.add(1h);
    longest.add(RoundTrips::kSampleMax);
    shorter.add(RoundTrips::kSampleMax - 1ms);

    EXPECT_EQ(hour.mean(), longest.mean());
    EXPECT_EQ(hour.sd(), longest.sd());
    EXPECT_LT(shorter.mean(), longest.mean());
}

TEST(RoundTrips, GiveAProbeItsSmoothedTimeAndSixDeviations) {
    RoundTrips trips(kPrior);
    trips.add(80ms);
    trips.add(160ms);

    expect_close(trips.probe_timeout(300ms, 1s), 390ms);
}

TEST(RoundTrips, KeepTheProbeTimeoutWithinItsLimits) {
    RoundTrips quick(kPrior);
    add_often(quick, 100, 1ms);
    RoundTrips slow(kPrior);
    add_often(slow, 100, 900ms);
    slow.add(100ms);

    EXPECT_EQ(quick.probe_timeout(300ms, 1s), 300ms);
    expect_close(quick.probe_timeout(10ms, 1s), 61ms);
    EXPECT_EQ(slow.probe_timeout(300ms, 1s), 1s);
    EXPECT_GT(slow.probe_timeout(300ms, 5s), 1s);
}

// 3 s + 20 ms + 4 x 50 ms.
TEST(RoundTrips, DeepenTheSilenceByTheMeanAndFourDeviations) {
    const RoundTrips trips(kPrior);

    expect_close(trips.depth(3s, 6s), 3220ms);
    EXPECT_EQ(trips.depth(3s, 3219ms), 3219ms);
    expect_close(trips.depth(3s, 3221ms), 3220ms);
}

TEST(RoundTripsDeathTest, RefuseAnAnswerBeforeItsPing) {
    RoundTrips trips(kPrior);
    trips.add(0ms);
    EXPECT_DEATH(trips.add(-1ns), "before its ping");
}

}  // namespace
}  // namespace memberd
