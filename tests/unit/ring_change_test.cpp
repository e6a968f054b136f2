#include "membership/ring_change.hpp"

#include <algorithm>
#include <tuple>

#include <gtest/gtest.h>

#include "tests/unit/support/ring_samples.hpp"

namespace memberd {
namespace {

// The one range that holds the hash; nullptr if none does. Two would be a failure.
const MovedRange* range_of(const std::vector<MovedRange>& ranges, std::uint64_t hash) {
    const MovedRange* found = nullptr;
    for (const auto& range : ranges) {
        if (range.contains(hash)) {
            EXPECT_EQ(found, nullptr) << "two ranges hold " << hash;
            found = &range;
        }
    }
    return found;
}

void expect_exact(const Ring& before, const Ring& after, const std::vector<std::uint64_t>& hashes) {
    const auto ranges = moved_ranges(before, after);
    for (const auto hash : hashes) {
        const std::string from = owner_name(before, hash);
        const std::string to = owner_name(after, hash);
        const MovedRange* range = range_of(ranges, hash);
        ASSERT_EQ(range != nullptr, from != to)
            << hash << " from '" << from << "' to '" << to << "'";
        if (range != nullptr) {
            ASSERT_EQ(range->from, from);
            ASSERT_EQ(range->to, to);
        }
    }
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        const auto& next = ranges[(i + 1) % ranges.size()];
        ASSERT_NE(ranges[i].from, ranges[i].to);
        ASSERT_TRUE(i + 1 == ranges.size() || ranges[i].start < ranges[i].end)
            << "only the last may wrap";
        ASSERT_TRUE(ranges.size() == 1 || ranges[i].end != next.start ||
                    ranges[i].from != next.from || ranges[i].to != next.to)
            << "two neighbours are one range";
    }
}

// The points of both rings and their neighbours: where an error of one would show.
std::vector<std::uint64_t> edges(const Ring& a, const Ring& b) {
    std::vector<std::uint64_t> hashes{0, UINT64_MAX};
    for (const Ring* ring : {&a, &b}) {
        for (const auto& point : ring->points()) {
            hashes.insert(hashes.end(), {point.hash - 1, point.hash, point.hash + 1});
        }
    }
    return hashes;
}

TEST(MovedRanges, AreExactlyTheHashesWhoseOwnersDiffer) {
    Random random(20270);
    const auto keys = fixed_key_hashes(10000);
    for (int round = 0; round < 20; ++round) {
        const Ring before = Ring::build(random_members(random, 6));
        Ring after = before.change(random_members(random, 2), {});
        if (!before.members().empty() && random.chance(0.7)) {
            after = after.without(before.members()[random.below(before.members().size())].name);
        }
        SCOPED_TRACE(round);
        expect_exact(before, after, keys);
        expect_exact(before, after, edges(before, after));
        expect_exact(after, before, edges(before, after));
    }
}

TEST(MovedRanges, NothingMovesBetweenEqualRings) {
    const Ring ring = Ring::build(equal_members(5, 2));
    EXPECT_TRUE(moved_ranges(ring, ring).empty());
    EXPECT_TRUE(moved_ranges(Ring(), Ring()).empty());
    RingMember moved = ring.members()[1];
    moved.address = "198.51.100.1:1";
    EXPECT_TRUE(moved_ranges(ring, ring.with(moved)).empty());
}

TEST(MovedRanges, FromAndToNobodyIsOneRangeAroundTheCircleForALoneMember) {
    const Ring alone = Ring::build(equal_members(1, 0));

    const auto gained = moved_ranges(Ring(), alone);
    ASSERT_EQ(gained.size(), 1U);
    EXPECT_EQ(gained[0].from, "");
    EXPECT_EQ(gained[0].to, "m-0000");
    EXPECT_EQ(gained[0].start, gained[0].end);
    EXPECT_EQ(gained[0].share(), 1.0);
    EXPECT_TRUE(gained[0].contains(gained[0].start));
    EXPECT_TRUE(gained[0].contains(0));

    const auto lost = moved_ranges(alone, Ring());
    ASSERT_EQ(lost.size(), 1U);
    EXPECT_EQ(lost[0].from, "m-0000");
    EXPECT_EQ(lost[0].to, "");
}

TEST(MovedRanges, StartIsExclusiveEndInclusiveAndTheRangeMayWrap) {
    const MovedRange plain{10, 20, "a", "b"};
    EXPECT_FALSE(plain.contains(10));
    EXPECT_TRUE(plain.contains(11));
    EXPECT_TRUE(plain.contains(20));
    EXPECT_FALSE(plain.contains(21));

    const MovedRange wrapped{UINT64_MAX - 5, 5, "a", "b"};
    EXPECT_FALSE(wrapped.contains(UINT64_MAX - 5));
    EXPECT_TRUE(wrapped.contains(UINT64_MAX));
    EXPECT_TRUE(wrapped.contains(0));
    EXPECT_TRUE(wrapped.contains(5));
    EXPECT_FALSE(wrapped.contains(6));
}

// "btt" and "mLB6" have two points in common, see ring_test.cpp.
TEST(MovedRanges, ASharedPointMovesWithItsOwnerOnly) {
    const Ring both =
        Ring::build(std::vector<RingMember>{{"btt", "", 42000, ""}, {"mLB6", "", 42000, ""}});
    for (const std::uint64_t shared : {0xa94b6066a97fa460ULL, 0x70bf116b2f860307ULL}) {
        EXPECT_NE(range_of(moved_ranges(both, both.without("btt")), shared), nullptr);
        EXPECT_EQ(range_of(moved_ranges(both, both.without("mLB6")), shared), nullptr);
    }
}

TEST(MovedRanges, AJoinTakesOnlyToTheNewcomerAndALeaveGivesOnlyFromTheLeaver) {
    const Ring before = Ring::build(equal_members(30, 3));
    const Ring after = before.with({"new", "192.0.2.1:1", 1000, "zone-0"});
    const auto joined = moved_ranges(before, after);
    const auto left = moved_ranges(after, before);

    EXPECT_LE(joined.size(), 160U);
    EXPECT_TRUE(std::ranges::all_of(
        joined, [](const auto& range) { return range.to == "new" && !range.from.empty(); }));
    ASSERT_EQ(joined.size(), left.size());
    for (std::size_t i = 0; i < joined.size(); ++i) {
        EXPECT_EQ(left[i],
                  (MovedRange{joined[i].start, joined[i].end, joined[i].to, joined[i].from}));
    }
}

// What a join moves is its share of the circle: a sum of 160 random gaps a unit of weight, so
// chance spreads it by 1/sqrt(160) = 7.9 % of the fair share. 1.15 times the fair share is 1.9
// deviations away at weight 1, 3.8 at weight 4.
TEST(RingJoin, MovesTheFairShareOnAverageAndSeldomMoreThan15PercentAboveIt) {
    constexpr std::size_t kMembers = 100;
    constexpr int kNewcomers = 200;
    const Ring ring = Ring::build(equal_members(kMembers, 0));
    for (const std::uint32_t weight : {1U, 4U}) {
        double sum = 0;
        int above = 0;
        for (int i = 0; i < kNewcomers; ++i) {
            const std::string name = "newcomer-" + std::to_string(i);
            const Ring after = ring.with({name, "192.0.2.1:1", weight * kRingWeightMilliOne, ""});
            const double fair =
                static_cast<double>(weight) / static_cast<double>(kMembers + weight);
            const double relative = plan_change(ring, after).moved_share / fair;
            ASSERT_NEAR(plan_change(after, ring).moved_share / fair, relative, 1e-9);
            sum += relative;
            above += relative > 1.15 ? 1 : 0;
        }
        EXPECT_NEAR(sum / kNewcomers, 1.0, 0.03) << "weight " << weight;
        EXPECT_LE(above, weight == 1 ? kNewcomers / 10 : 0) << "weight " << weight;
    }
}

TEST(RingPlan, SaysWhatMovesFromWhomToWhomAndTheNewBalance) {
    const Ring before = Ring::build(equal_members(10, 0));
    const Ring after = before.with({"new", "192.0.2.1:1", 2000, ""}).without("m-0003");

    const RingPlan plan = plan_change(before, after);

    double sum = 0;
    double to_new = 0;
    for (const auto& transfer : plan.transfers) {
        EXPECT_TRUE(transfer.to == "new" || transfer.from == "m-0003");
        sum += transfer.share;
        to_new += transfer.to == "new" ? transfer.share : 0;
    }
    EXPECT_NEAR(sum, plan.moved_share, 1e-12);
    EXPECT_NEAR(
        to_new,
        after.shares()[static_cast<std::size_t>(after.find("new") - after.members().data())],
        1e-12);
    EXPECT_TRUE(std::ranges::is_sorted(plan.transfers, [](const auto& a, const auto& b) {
        return std::tie(a.from, a.to) < std::tie(b.from, b.to);
    }));
    EXPECT_EQ(plan.balance_before, before.balance());
    EXPECT_EQ(plan.balance_after, after.balance());
}

TEST(RingPlan, NothingMovesWithoutAChange) {
    const Ring ring = Ring::build(equal_members(10, 0));
    const RingPlan plan = plan_change(ring, ring);
    EXPECT_EQ(plan.moved_share, 0);
    EXPECT_TRUE(plan.transfers.empty());
}

}  // namespace
}  // namespace memberd
