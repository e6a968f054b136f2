#include "chaos/experiments/estimates.hpp"

#include <cmath>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

namespace memberd::sim {
namespace {

std::vector<double> one_to(int last) {
    std::vector<double> values(static_cast<std::size_t>(last));
    std::iota(values.begin(), values.end(), 1.0);
    return values;
}

TEST(Estimates, AQuantileIsTheValueOfTheNearestRank) {
    const std::vector<double> values = one_to(1000);

    EXPECT_DOUBLE_EQ(quantile(values, 0.5), 500);
    EXPECT_DOUBLE_EQ(quantile(values, 0.99), 990);
    EXPECT_DOUBLE_EQ(quantile(values, 0.999), 999);
    EXPECT_DOUBLE_EQ(quantile(one_to(3), 0.5), 2);
    EXPECT_DOUBLE_EQ(quantile(one_to(1), 0.999), 1);
}

// Tables of nonparametric limits: for n = 100 the median's 95 % limits are the 40th and 61st value.
TEST(Estimates, TheLimitsOfAMedianAreThoseOfTheTables) {
    const Estimate median = estimate_quantile(one_to(100), 0.5);

    ASSERT_TRUE(median.low && median.high);
    EXPECT_DOUBLE_EQ(*median.low, 40);
    EXPECT_DOUBLE_EQ(*median.high, 61);
}

TEST(Estimates, AMedianHasLimitsFromSixValuesOn) {
    const Estimate of_five = estimate_quantile(one_to(5), 0.5);
    const Estimate of_six = estimate_quantile(one_to(6), 0.5);

    EXPECT_FALSE(of_five.low || of_five.high);
    ASSERT_TRUE(of_six.low && of_six.high);
    EXPECT_DOUBLE_EQ(*of_six.low, 1);
    EXPECT_DOUBLE_EQ(*of_six.high, 6);
}

TEST(Estimates, TheUpperLimitOfTheLastThousandthTakes3688Values) {
    EXPECT_FALSE(estimate_quantile(one_to(3687), 0.999).high);
    EXPECT_TRUE(estimate_quantile(one_to(3688), 0.999).high);
}

TEST(Estimates, AMeanLiesBetweenItsLimitsAndEqualSeedsGiveEqualLimits) {
    const std::vector<double> values = one_to(100);
    Random first(7);
    Random second(7);

    const Estimate mean = estimate_mean(values, first);
    const Estimate again = estimate_mean(values, second);

    EXPECT_DOUBLE_EQ(mean.value, 50.5);
    ASSERT_TRUE(mean.low && mean.high);
    // 1.96 standard errors of 2.887 on either side.
    EXPECT_NEAR(*mean.low, 50.5 - 5.66, 0.6);
    EXPECT_NEAR(*mean.high, 50.5 + 5.66, 0.6);
    EXPECT_DOUBLE_EQ(*mean.low, *again.low);
    EXPECT_DOUBLE_EQ(*mean.high, *again.high);
}

TEST(Estimates, AMeanOfOneValueHasNoLimits) {
    Random random(1);
    const Estimate mean = estimate_mean(one_to(1), random);

    EXPECT_DOUBLE_EQ(mean.value, 1);
    EXPECT_FALSE(mean.low || mean.high);
}

// Garwood's limits of ten events: 4.795 and 18.39.
TEST(Estimates, TheLimitsOfARateAreThoseOfPoissonsTables) {
    const Estimate rate = estimate_rate(10, 2.0);

    EXPECT_DOUBLE_EQ(rate.value, 5.0);
    EXPECT_NEAR(rate.low.value_or(0), 4.795 / 2, 0.001);
    EXPECT_NEAR(rate.high.value_or(0), 18.39 / 2, 0.001);
}

TEST(Estimates, NoEventAtAllStillHasAnUpperLimit) {
    const Estimate rate = estimate_rate(0, 100.0);

    EXPECT_DOUBLE_EQ(rate.value, 0.0);
    EXPECT_DOUBLE_EQ(rate.low.value_or(1), 0.0);
    EXPECT_NEAR(rate.high.value_or(0), -std::log(0.025) / 100.0, 1e-6);
}

}  // namespace
}  // namespace memberd::sim
