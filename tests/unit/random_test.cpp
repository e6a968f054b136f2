#include "detector/random.hpp"

#include <array>

#include <gtest/gtest.h>

namespace memberd {
namespace {

using namespace std::chrono_literals;

TEST(Random, EqualSeedsGiveEqualSequences) {
    Random a(42);
    Random b(42);
    for (int i = 0; i < 1000; ++i) {
        ASSERT_EQ(a.next(), b.next());
    }
}

TEST(Random, ForkedStreamsDiffer) {
    Random origin(7);
    Random left = origin.fork();
    Random right = origin.fork();
    EXPECT_NE(left.next(), right.next());
}

TEST(Random, BelowReachesEveryValueAndNoOther) {
    Random random(1);
    std::array<int, 7> seen{};
    for (int i = 0; i < 7000; ++i) {
        const auto value = random.below(7);
        ASSERT_LT(value, 7U);
        ++seen[value];
    }
    for (const int count : seen) {
        EXPECT_GT(count, 850);
        EXPECT_LT(count, 1150);
    }
}

TEST(Random, BetweenIsLowForAnEmptyInterval) {
    Random random(1);
    EXPECT_EQ(random.between(5ms, 5ms), 5ms);
    EXPECT_EQ(random.between(5ms, 1ms), 5ms);
}

TEST(Random, ChanceTakesProbabilitiesOutsideTheUnitIntervalAsItsEnds) {
    Random random(1);
    for (int i = 0; i < 100; ++i) {
        EXPECT_TRUE(random.chance(1.5));
        EXPECT_FALSE(random.chance(-0.5));
    }
}

}  // namespace
}  // namespace memberd
