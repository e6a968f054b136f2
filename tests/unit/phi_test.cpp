#include "detector/phi.hpp"

#include <cmath>
#include <iostream>
#include <iterator>

#include <gtest/gtest.h>

#include "detector/random.hpp"

namespace memberd {
namespace {

using namespace std::chrono_literals;

struct Row {
    double elapsed;
    double mean;
    double sd;
    double phi;
};

constexpr Row kTable[] = {
#include "tests/unit/data/phi_table.inc"
};

RoundTrips history(Duration mean, Duration sd) {
    return RoundTrips({mean, sd, 10ms});
}

// The rival model, in the range where its tail does not underflow.
double normal_phi(Duration elapsed, const RoundTrips& trips) {
    const double z = seconds(elapsed - trips.mean()) / seconds(trips.sd());
    return -std::log10(0.5 * std::erfc(z / std::sqrt(2.0)));
}

TEST(Phi, EqualsTheIntegratedDensityToElevenDigits) {
    ASSERT_EQ(std::size(kTable), 105U);
    for (const Row& row : kTable) {
        EXPECT_NEAR(phi(row.elapsed, row.mean, row.sd), row.phi, 1e-11 * std::max(1.0, row.phi))
            << row.elapsed << " s, mean " << row.mean << ", sd " << row.sd;
    }
}

TEST(Phi, IsZeroUpToOneDeviationUnderTheMeanAndPositiveAbove) {
    EXPECT_EQ(phi(0.0, 0.12, 0.04), 0.0);
    EXPECT_EQ(phi(0.0799, 0.12, 0.04), 0.0);
    EXPECT_GT(phi(0.0801, 0.12, 0.04), 0.0);
}

// At the mean the exponential's tail is 1/e.
TEST(Phi, IsTheLogarithmOfEAtTheMean) {
    EXPECT_NEAR(phi(0.12, 0.12, 0.04), std::log10(std::exp(1.0)), 1e-12);
}

TEST(Phi, NeverFallsAndStaysFiniteOverTenDecadesOfSilence) {
    double last = 0;
    for (int step = 0; step <= 2000; ++step) {
        const double elapsed = std::pow(10.0, -4 + step * 0.005);
        const double now = phi(elapsed, 0.001, 0.01);
        ASSERT_GE(now, last);
        ASSERT_TRUE(std::isfinite(now));
        last = now;
    }
    EXPECT_GT(last, 4e7);
}

TEST(Phi, IsLowerForAPeerOfGreaterSpread) {
    EXPECT_GT(phi(3s, history(10ms, 20ms)), phi(3s, history(10ms, 200ms)));
    EXPECT_GT(phi(3s, history(10ms, 20ms)), phi(3s, history(500ms, 20ms)));
}

TEST(Phi, ReachesTheThresholdAtTheSilenceThatIsNamedAndNotBefore) {
    for (const double threshold : {0.5, 1.0, 4.0, 8.0, 16.0, 300.0}) {
        for (const Duration sd : {10ms, 40ms, 250ms, 1500ms}) {
            const RoundTrips trips = history(20ms, sd);
            const Duration silence = silence_for_phi(threshold, trips);
            if (silence == 0ms) {
                continue;
            }
            EXPECT_GE(phi(silence, trips), threshold);
            EXPECT_LT(phi(silence - 10ns, trips), threshold);
        }
    }
}

TEST(Phi, NeedsNoSilenceForAThresholdOfZero) {
    EXPECT_EQ(silence_for_phi(0, history(20ms, 50ms)), 0ms);
}

// 10 ms + 0.01 s (8 ln 10 - 1) = 184.2 ms: far less than P.
TEST(RequiredSilence, IsTheDepthForAPeerThatAnswersSteadily) {
    const RoundTrips steady = history(10ms, 10ms);

    EXPECT_NEAR(seconds(silence_for_phi(8, steady)), 0.18421, 1e-5);
    EXPECT_EQ(required_silence(3s, 6s, 8, steady), steady.depth(3s, 6s));
    EXPECT_NEAR(seconds(required_silence(3s, 6s, 8, steady)), 3.05, 1e-6);
}

// 60 ms + 0.28 s x 17.4207 = 4.938 s, where P + mean + 4 sd would be 4.18 s.
TEST(RequiredSilence, IsLongerThanTheDepthForAPeerWithHeavyTailedAnswers) {
    const RoundTrips heavy = history(60ms, 280ms);

    EXPECT_NEAR(seconds(heavy.depth(3s, 6s)), 4.18, 1e-5);
    EXPECT_NEAR(seconds(required_silence(3s, 6s, 8, heavy)), 4.93779, 1e-4);
    EXPECT_LT(phi(heavy.depth(3s, 6s), heavy), 8);
}

// Phi decides where 17.42 sd is more than P + 4 sd: above sd = 3 / 13.42 = 223.5 ms.
TEST(RequiredSilence, PassesFromDepthToPhiAtTheSpreadWhereTheyAreEqual) {
    const RoundTrips under = history(10ms, 223ms);
    const RoundTrips over = history(10ms, 224ms);

    EXPECT_EQ(required_silence(3s, 6s, 8, under), under.depth(3s, 6s));
    EXPECT_GT(required_silence(3s, 6s, 8, over), over.depth(3s, 6s));
}

TEST(RequiredSilence, IsNeverMoreThanTheCap) {
    const RoundTrips wild = history(500ms, 1250ms);
    EXPECT_GT(silence_for_phi(8, wild), 20s);
    EXPECT_EQ(required_silence(3s, 6s, 8, wild), 6s);
    // 20 ms + 17.4207 sd reaches 6 s at sd = 343.3 ms.
    EXPECT_LT(required_silence(3s, 6s, 8, history(20ms, 343ms)), 6s);
    EXPECT_EQ(required_silence(3s, 6s, 8, history(20ms, 344ms)), 6s);
}

// One answer in 500 takes 4 s: mean 9 ms, deviation 180 ms. A silence of 3 s is one in 500 there.
TEST(Phi, OfThreeSecondsIsModestWhereOneAnswerIn500TakesFour) {
    const RoundTrips trips = history(9ms, 180ms);

    EXPECT_NEAR(phi(3s, trips), 7.65, 0.01);
    EXPECT_NEAR(normal_phi(3s, trips), 61.6, 0.1);
}

// Why the model is not the normal distribution: one answer in 50 waits for a pause of up to 3 s.
// Each answer is judged by the history before it; an answer that arrives is a mistake of whoever
// had given the peer up by then.
TEST(Phi, GivesUpAPeerThatPausesFarLessOftenThanTheNormalModelDoes) {
    constexpr int kAnswers = 20000;
    Random random(2004);
    RoundTrips trips(RoundTripPrior{});
    int mistakes = 0;
    int normal_mistakes = 0;
    for (int i = 0; i < kAnswers; ++i) {
        const Duration answer =
            random.chance(0.02) ? random.between(1ms, 3s) : random.between(200us, 2ms);
        mistakes += phi(answer, trips) >= 8 ? 1 : 0;
        normal_mistakes += normal_phi(answer, trips) >= 8 ? 1 : 0;
        trips.add(answer);
    }

    std::cout << "mistakes in " << kAnswers << " answers at phi 8: shifted exponential " << mistakes
              << ", normal " << normal_mistakes << "\n";
    EXPECT_GT(normal_mistakes, 100);
    EXPECT_LT(mistakes * 3, normal_mistakes);
}

TEST(PhiDeathTest, RefusesAHistoryWithoutDeviation) {
    EXPECT_DEATH(static_cast<void>(phi(1.0, 0.1, 0.0)), "without deviation");
}

}  // namespace
}  // namespace memberd
