#include "membership/ring_weight.hpp"

#include <gtest/gtest.h>

#include "gossip/ring_digest.hpp"

namespace memberd {
namespace {

TEST(RingWeight, ReadsDecimalsAsThousandths) {
    EXPECT_EQ(parse_weight("1"), 1000U);
    EXPECT_EQ(parse_weight("0.5"), 500U);
    EXPECT_EQ(parse_weight("0.05"), 50U);
    EXPECT_EQ(parse_weight("2.125"), 2125U);
    EXPECT_EQ(parse_weight("0"), 0U);
    EXPECT_EQ(parse_weight("007"), 7000U);
    EXPECT_EQ(parse_weight("100"), kRingWeightMilliMax);
}

TEST(RingWeight, RefusesWhatIsNoWeight) {
    for (const char* text : {"", ".", "1.", ".5", "-1", "+1", "1e2", " 1", "1 ", "0.0001", "1,5",
                             "100.001", "101", "0100", "99999999999999999999", "1.2.3", "nan"}) {
        EXPECT_FALSE(parse_weight(text).has_value()) << text;
    }
}

TEST(RingWeight, TextIsReadBackAsTheSameWeight) {
    for (std::uint32_t milli = 0; milli <= kRingWeightMilliMax; ++milli) {
        ASSERT_EQ(parse_weight(weight_text(milli)), milli) << weight_text(milli);
    }
    EXPECT_EQ(weight_text(500), "0.5");
    EXPECT_EQ(weight_text(2000), "2");
    EXPECT_EQ(weight_text(50), "0.05");
}

TEST(RingWeight, VnodesAre160AUnitAndAtLeastOne) {
    EXPECT_EQ(ring_vnode_count(0), 0U);
    EXPECT_EQ(ring_vnode_count(1), 1U);
    EXPECT_EQ(ring_vnode_count(9), 1U);   // 1.44
    EXPECT_EQ(ring_vnode_count(10), 2U);  // 1.6
    EXPECT_EQ(ring_vnode_count(500), 80U);
    EXPECT_EQ(ring_vnode_count(1000), 160U);
    EXPECT_EQ(ring_vnode_count(kRingWeightMilliMax), 16000U);
    EXPECT_EQ(ring_vnode_count(kRingWeightMilliMax + 1), 16000U);
    EXPECT_EQ(ring_vnode_count(UINT32_MAX), 16000U);
}

}  // namespace
}  // namespace memberd
