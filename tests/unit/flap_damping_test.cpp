#include "detector/flap_damping.hpp"

#include <gtest/gtest.h>

namespace memberd {
namespace {

using namespace std::chrono_literals;

constexpr FlapSettings kSettings{10min, 60s, 10min};

TEST(FlapDamping, LetsTheFirstReturnPassAndHoldsTheSecondAndFurtherOnes) {
    FlapDamping damping;
    const Instant start = Instant{} + 1h;
    EXPECT_EQ(damping.removed(start, kSettings), 0s);
    EXPECT_EQ(damping.removed(start + 40s, kSettings), 60s);
    EXPECT_EQ(damping.removed(start + 140s, kSettings), 10min);
    EXPECT_EQ(damping.removed(start + 760s, kSettings), 10min);
}

TEST(FlapDamping, ForgetsAllAfterAWindowWithoutARemoval) {
    FlapDamping damping;
    const Instant start = Instant{} + 1h;
    EXPECT_EQ(damping.removed(start, kSettings), 0s);
    EXPECT_EQ(damping.removed(start + 10min, kSettings), 0s);
    EXPECT_EQ(damping.removed(start + 20min - 1ns, kSettings), 60s);
    // The window begins with the return, a minute later.
    EXPECT_EQ(damping.removed(start + 31min - 2ns, kSettings), 10min);
    EXPECT_EQ(damping.removed(start + 51min - 2ns, kSettings), 0s);
}

TEST(FlapDamping, CountsTheWindowFromTheReturn) {
    FlapDamping damping;
    const Instant start = Instant{} + 1h;
    EXPECT_EQ(damping.removed(start, kSettings), 0s);
    damping.returned(start + 11min);
    EXPECT_EQ(damping.removed(start + 12min, kSettings), 60s);
    damping.returned(start + 12min + 30s);  // Sooner than it had to: no matter.
    EXPECT_EQ(damping.removed(start + 23min - 1ns, kSettings), 10min);
}

TEST(FlapDamping, WorksFromTheBeginningOfTime) {
    FlapDamping damping;
    EXPECT_EQ(damping.removed(Instant{}, kSettings), 0s);
    EXPECT_EQ(damping.removed(Instant{} + 1s, kSettings), 60s);
}

}  // namespace
}  // namespace memberd
