// The shape of the stream model, from both sides. memsim calibrate shows the whole of it beside
// measurements; these are few runs with fixed seeds.
#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "chaos/calibration/ping_rig.hpp"
#include "chaos/calibration/tables.hpp"
#include "chaos/sim/kernel_timer.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kRuns = 15;

// Of what a run says within half a second, the median.
double within_half_second(double loss, Congestion congestion) {
    StreamRules rules = zmq_defaults();
    rules.congestion = congestion;
    std::vector<double> shares;
    for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
        shares.push_back(ping_under_loss(seed, Carrying::Stream, rules, loss, Onset::WhileConnected)
                             .within_half_second);
    }
    return spread_of(shares).median;
}

TEST(Calibration, OfStreamsHidesSmallLossAndFallsOffACliff) {
    for (const Congestion congestion : {Congestion::Bbr, Congestion::Cubic}) {
        EXPECT_GT(within_half_second(0.05, congestion), 0.99);
        EXPECT_LT(within_half_second(0.4, congestion), 0.15);
        EXPECT_LT(within_half_second(0.5, congestion), 0.04);
    }
    const double before = within_half_second(0.3, Congestion::Bbr);
    EXPECT_GT(before, 0.3);
    EXPECT_LT(before, 0.8);
}

TEST(Calibration, OfDatagramsFallsSmoothly) {
    const double small =
        ping_under_loss(1, Carrying::Datagram, memberd_stream(32), 0.05, Onset::WhileConnected)
            .answered;
    const double large =
        ping_under_loss(1, Carrying::Datagram, memberd_stream(32), 0.5, Onset::WhileConnected)
            .answered;

    EXPECT_NEAR(small, 0.9, 0.05);
    EXPECT_NEAR(large, 0.25, 0.06);
}

TEST(Calibration, OfABlackoutLeavesMinutesOldPingsToTheDefaultsAndNoneToOurRules) {
    const BlackoutOutcome defaults =
        ping_through_blackout(1, Carrying::Stream, zmq_defaults(), 60s);
    EXPECT_GE(defaults.stale, 298.0);
    EXPECT_GT(defaults.oldest_s, 104.0) << "the retransmissions double";
    EXPECT_LT(defaults.oldest_s, 110.0);
    EXPECT_GT(defaults.first_answer_s, 40.0);

    const BlackoutOutcome ours =
        ping_through_blackout(1, Carrying::Stream, memberd_stream(32), 60s);
    EXPECT_LE(ours.stale, 16.0) << "at most what three seconds held";
    EXPECT_LT(ours.first_answer_s, 3.1);
}

TEST(Calibration, OfAStoppedPeerIsBoundedByBuffersNotByTheQueue) {
    StreamRules small = memberd_stream(32);
    small.queue_max = 16;

    const std::uint32_t taken = taken_by_stopped_peer(small);

    EXPECT_GT(taken, 980U) << "measured: 1087";
    EXPECT_LT(taken, 1200U);
}

TEST(KernelTimers, FireAfterTheWaitAndTheLongerTheWaitTheLaterTheyMayBe) {
    Duration latest_of_short{};
    Duration latest_of_long{};
    for (std::int64_t i = 0; i < 1000; ++i) {
        const Instant now(1000s + i * 7ms);
        const Duration late_short = kernel_timer(now, 204ms, 0ms) - now - 204ms;
        const Duration late_long = kernel_timer(now, 52s, 1ms) - now - 52s;
        ASSERT_GT(late_short, Duration::zero() - 1ns);
        ASSERT_GT(late_long, Duration::zero() - 1ns);
        latest_of_short = std::max(latest_of_short, late_short);
        latest_of_long = std::max(latest_of_long, late_long);
    }
    EXPECT_LE(latest_of_short, 4ms);
    EXPECT_GT(latest_of_long, 1500ms);
    EXPECT_LE(latest_of_long, 2052ms);
}

TEST(Spreads, AreTheMedianAndWhatNineOfTenLieBetween) {
    std::vector<double> values;
    for (int i = 100; i >= 0; --i) {
        values.push_back(i);
    }

    const Spread spread = spread_of(values);

    EXPECT_EQ(spread.low, 5.0);
    EXPECT_EQ(spread.median, 50.0);
    EXPECT_EQ(spread.high, 95.0);
}

TEST(Cells, AreInsideUpToTheResolutionOfTheMeasurement) {
    TableCell cell{"x", 10.0, 0.5, {10.4, 12.0, 14.0}};
    EXPECT_TRUE(cell.is_inside());
    cell.simulated.low = 10.6;
    EXPECT_FALSE(cell.is_inside());
    cell.measured.reset();
    EXPECT_TRUE(cell.is_inside());
}

}  // namespace
}  // namespace memberd::sim
