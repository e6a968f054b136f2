#include "gossip/told_record.hpp"

#include <gtest/gtest.h>

namespace memberd {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{1000s};
constexpr Duration kPause = 1s;

TEST(ToldRecord, RepeatsWithinThePauseAndNotAfterIt) {
    ToldRecord told;
    EXPECT_FALSE(told.repeats(7, kStart, kPause));
    EXPECT_TRUE(told.repeats(7, kStart + kPause - 1ns, kPause));
    EXPECT_FALSE(told.repeats(7, kStart + kPause, kPause));  // Counts from then on.
    EXPECT_TRUE(told.repeats(7, kStart + 2 * kPause - 1ns, kPause));
}

TEST(ToldRecord, TakesNothingForToldThatWasNot) {
    ToldRecord told;
    EXPECT_FALSE(told.repeats(0, kStart, kPause));
    EXPECT_FALSE(told.repeats(1, kStart, kPause));
    EXPECT_FALSE(told.repeats(1 + ToldRecord::kSize, kStart, kPause));  // In the place of 1.
    EXPECT_FALSE(told.repeats(1, kStart, kPause));
    EXPECT_TRUE(told.repeats(0, kStart, kPause));
}

}  // namespace
}  // namespace memberd
