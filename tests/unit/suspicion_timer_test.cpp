#include "detector/suspicion_timer.hpp"

#include <gtest/gtest.h>

#include "detector/local_health.hpp"
#include "tests/unit/support/start.hpp"

namespace memberd {
namespace {

using namespace std::chrono_literals;

double timeout_seconds(const SuspicionTimer& suspicion) {
    return seconds(suspicion.deadline() - kStart);
}

// n = 128, alpha 5: Min = 5 x 2.10721 = 10.536 s; Max = 6 Min = 63.216 s.
TEST(SuspicionLimits, GrowWithTheLogarithmOfTheCluster) {
    const auto limits = suspicion_limits(128, 1s, 5, 6, 3);

    EXPECT_NEAR(seconds(limits.min), 10.53605, 1e-5);
    EXPECT_NEAR(seconds(limits.max), 63.2163, 1e-4);
    EXPECT_EQ(limits.confirmations, 3U);
}

TEST(SuspicionLimits, AreThoseOfTenMembersForFewer) {
    EXPECT_EQ(suspicion_limits(1, 1s, 4, 6, 0).min, 4s);
    EXPECT_EQ(suspicion_limits(10, 1s, 4, 6, 0).min, 4s);
    EXPECT_GT(suspicion_limits(11, 1s, 4, 6, 0).min, 4s);
}

TEST(SuspicionLimits, ExpectNoMoreConfirmationsThanThereAreOthers) {
    EXPECT_EQ(suspicion_limits(1, 1s, 4, 6, 3).confirmations, 0U);
    EXPECT_EQ(suspicion_limits(2, 1s, 4, 6, 3).confirmations, 0U);
    EXPECT_EQ(suspicion_limits(3, 1s, 4, 6, 3).confirmations, 1U);
    EXPECT_EQ(suspicion_limits(4, 1s, 4, 6, 3).confirmations, 2U);
    EXPECT_EQ(suspicion_limits(5, 1s, 4, 6, 3).confirmations, 3U);
    EXPECT_EQ(suspicion_limits(6, 1s, 4, 6, 3).confirmations, 3U);
}

// Min 4 s, Max 24 s, K = 3: 24, 24 - 20 log 2 / log 4 = 14, 24 - 20 log 3 / log 4 = 8.150, 4.
TEST(SuspicionTimer, WaitsLessWithEveryConfirmationAndTheLeastWithAllOfThem) {
    SuspicionTimer suspicion(kStart, 1, suspicion_limits(10, 1s, 4, 6, 3));

    EXPECT_NEAR(timeout_seconds(suspicion), 24, 1e-9);
    EXPECT_TRUE(suspicion.confirm(2));
    EXPECT_NEAR(timeout_seconds(suspicion), 14, 1e-6);
    EXPECT_TRUE(suspicion.confirm(3));
    EXPECT_NEAR(timeout_seconds(suspicion), 8.150375, 1e-6);
    EXPECT_TRUE(suspicion.confirm(4));
    EXPECT_NEAR(timeout_seconds(suspicion), 4, 1e-6);
    EXPECT_EQ(suspicion.confirmations(), 3U);
}

TEST(SuspicionTimer, CountsNoAccuserTwiceAndTheFirstNotAsAConfirmation) {
    SuspicionTimer suspicion(kStart, 1, suspicion_limits(10, 1s, 4, 6, 3));

    EXPECT_FALSE(suspicion.confirm(1));
    EXPECT_EQ(suspicion.confirmations(), 0U);
    EXPECT_TRUE(suspicion.confirm(0));
    EXPECT_FALSE(suspicion.confirm(0));
    EXPECT_EQ(suspicion.confirmations(), 1U);
}

TEST(SuspicionTimer, TakesNoConfirmationBeyondTheExpected) {
    SuspicionTimer suspicion(kStart, 1, suspicion_limits(10, 1s, 4, 6, 2));
    EXPECT_TRUE(suspicion.confirm(2));
    EXPECT_TRUE(suspicion.confirm(3));
    const Instant deadline = suspicion.deadline();

    EXPECT_FALSE(suspicion.confirm(4));

    EXPECT_EQ(suspicion.confirmations(), 2U);
    EXPECT_EQ(suspicion.deadline(), deadline);
}

TEST(SuspicionTimer, HoldsTheGreatestNumberOfConfirmations) {
    SuspicionTimer suspicion(kStart, 0,
                             suspicion_limits(100, 1s, 4, 6, SuspicionTimer::kConfirmationsMax));
    for (std::uint32_t accuser = 1; accuser <= SuspicionTimer::kConfirmationsMax; ++accuser) {
        EXPECT_TRUE(suspicion.confirm(accuser));
    }
    EXPECT_FALSE(suspicion.confirm(99));
    EXPECT_NEAR(timeout_seconds(suspicion), 8, 1e-6);
}

TEST(SuspicionTimer, IsAFixedWaitInPlainSwim) {
    SuspicionTimer suspicion(kStart, 1, suspicion_limits(100, 1s, 4, 1, 0));

    EXPECT_EQ(suspicion.deadline(), kStart + 8s);
    EXPECT_FALSE(suspicion.confirm(2));
    EXPECT_EQ(suspicion.deadline(), kStart + 8s);
}

TEST(SuspicionTimer, WaitsTheLeastWhereNobodyCanConfirm) {
    const SuspicionTimer suspicion(kStart, 1, suspicion_limits(2, 1s, 4, 6, 3));
    EXPECT_EQ(suspicion.deadline(), kStart + 4s);
}

TEST(SuspicionDeathTest, RefusesMoreConfirmationsThanItHolds) {
    EXPECT_DEATH(
        static_cast<void>(suspicion_limits(100, 1s, 4, 6, SuspicionTimer::kConfirmationsMax + 1)),
        "more accusers");
    EXPECT_DEATH(static_cast<void>(suspicion_limits(0, 1s, 4, 6, 3)), "at least this member");
}

TEST(LocalHealth, StartsHealthyAndScalesByOne) {
    const LocalHealth health;
    EXPECT_EQ(health.score(), 0U);
    EXPECT_EQ(health.scaled(500ms), 500ms);
}

TEST(LocalHealth, WorsensByEachOfTheThreeBadEvents) {
    LocalHealth health;
    health.probe_failed();
    EXPECT_EQ(health.score(), 1U);
    health.suspicion_refuted();
    EXPECT_EQ(health.score(), 2U);
    health.nack_missed();
    EXPECT_EQ(health.score(), 3U);
    EXPECT_EQ(health.scaled(500ms), 2s);
}

TEST(LocalHealth, RecoversByOneForEachProbeThatSucceeds) {
    LocalHealth health;
    health.probe_failed();
    health.probe_failed();
    health.probe_succeeded();
    EXPECT_EQ(health.score(), 1U);
}

TEST(LocalHealth, StaysBetweenZeroAndEight) {
    LocalHealth health;
    health.probe_succeeded();
    EXPECT_EQ(health.score(), 0U);
    for (int i = 0; i < 7; ++i) {
        health.probe_failed();
    }
    EXPECT_EQ(health.score(), 7U);
    health.nack_missed();
    EXPECT_EQ(health.score(), 8U);
    health.suspicion_refuted();
    EXPECT_EQ(health.score(), 8U);
    EXPECT_EQ(health.scaled(1s), 9s);
}

}  // namespace
}  // namespace memberd
