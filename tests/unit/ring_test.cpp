#include "membership/ring.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "membership/ring_weight.hpp"
#include "tests/unit/support/ring_samples.hpp"

namespace memberd {
namespace {

bool same_points(const Ring& a, const Ring& b) {
    return std::ranges::equal(a.points(), b.points()) &&
           std::ranges::equal(a.members(), b.members());
}

TEST(Ring, TheEmptyRingOwnsNothing) {
    const Ring ring;

    EXPECT_EQ(ring.owner(0), nullptr);
    EXPECT_TRUE(ring.preference(0, 3).empty());
    EXPECT_EQ(ring.pick(0, {}, 1.25), nullptr);
    EXPECT_TRUE(ring.shares().empty());
    EXPECT_EQ(ring.balance(), 0);
    EXPECT_EQ(ring.without("a").digest(), ring.digest());
}

TEST(Ring, AMemberOfWeightZeroIsListedAndOwnsNothing) {
    const std::vector<RingMember> members{{"a", "192.0.2.1:1", 0, ""}};
    const Ring alone = Ring::build(members);
    EXPECT_EQ(alone.owner(7), nullptr);
    EXPECT_TRUE(alone.preference(7, 1).empty());
    EXPECT_EQ(alone.members().size(), 1U);
    EXPECT_NE(alone.digest(), Ring().digest());

    const Ring ring = alone.with({"b", "192.0.2.1:2", 1000, ""});
    for (const auto hash : fixed_key_hashes(1000)) {
        ASSERT_EQ(owner_name(ring, hash), "b");
        ASSERT_EQ(preference_names(ring, hash, 2), std::vector<std::string>{"b"});
    }
}

TEST(Ring, TheOwnerIsTheFirstPointAtOrAfterTheHash) {
    const Ring ring = Ring::build(equal_members(5, 0));
    const auto points = ring.points();
    const auto name = [&](std::size_t i) { return ring.members()[points[i].member].name; };

    for (std::size_t i = 0; i < points.size(); ++i) {
        ASSERT_EQ(owner_name(ring, points[i].hash), name(i));
        ASSERT_EQ(owner_name(ring, points[i].hash + 1), name((i + 1) % points.size()));
    }
    EXPECT_EQ(owner_name(ring, 0), name(0));
    EXPECT_EQ(owner_name(ring, UINT64_MAX), name(0));
}

TEST(Ring, OwnersAgreeWithASearchOverAllPoints) {
    Random random(20261);
    const auto keys = fixed_key_hashes(10000);
    for (int round = 0; round < 20; ++round) {
        const auto members = random_members(random, 40);
        const Ring ring = Ring::build(members);
        const auto points = ring.points();
        ASSERT_TRUE(std::ranges::is_sorted(points, {}, &RingPoint::hash));
        for (const auto hash : keys) {
            const auto at = std::ranges::lower_bound(points, hash, {}, &RingPoint::hash);
            const std::string expected =
                points.empty() ? ""
                               : ring.members()[(at == points.end() ? points[0] : *at).member].name;
            ASSERT_EQ(owner_name(ring, hash), expected) << "round " << round;
        }
    }
}

TEST(Ring, EqualSetsGiveEqualRingsInWhateverOrderTheyCame) {
    Random random(20262);
    for (int round = 0; round < 50; ++round) {
        auto members = random_members(random, 30);
        const Ring built = Ring::build(members);
        std::reverse(members.begin(), members.end());
        Ring grown;
        for (const auto& member : members) {
            grown = grown.with(member);
        }
        for (int i = 0; i < 3; ++i) {
            const std::string passing = "passing-" + std::to_string(random.below(10));
            grown = grown.with({passing, "192.0.2.9:9", 1500, "zone-1"}).without(passing);
        }

        ASSERT_TRUE(same_points(built, grown)) << "round " << round;
        ASSERT_EQ(built.digest(), grown.digest()) << "round " << round;
        ASSERT_EQ(built.shares(), grown.shares()) << "round " << round;
    }
}

TEST(Ring, ABatchEqualsItsChangesOneByOne) {
    Random random(20263);
    for (int round = 0; round < 50; ++round) {
        const Ring before = Ring::build(random_members(random, 30));
        auto put = random_members(random, 5);
        std::vector<std::string> remove{"nobody"};
        Ring expected = before;
        for (const auto& member : before.members()) {
            if (random.chance(0.2)) {
                remove.push_back(member.name);
                expected = expected.without(member.name);
            } else if (random.chance(0.2)) {
                put.push_back({member.name, member.address, member.weight_milli + 250, "zone-9"});
            }
        }
        for (const auto& member : put) {
            expected = expected.with(member);
        }

        const Ring batch = before.change(put, remove);

        ASSERT_TRUE(same_points(batch, expected)) << "round " << round;
        ASSERT_EQ(batch.digest(), expected.digest()) << "round " << round;
    }
}

TEST(Ring, OfNamesakesTheLastCounts) {
    const std::vector<RingMember> members{{"a", "192.0.2.1:1", 500, "x"},
                                          {"b", "192.0.2.1:2", 1000, ""},
                                          {"a", "192.0.2.1:3", 2000, "y"}};
    const Ring ring = Ring::build(members);

    ASSERT_EQ(ring.members().size(), 2U);
    EXPECT_EQ(*ring.find("a"), members[2]);
    EXPECT_EQ(ring.points().size(), 320U + 160U);
    EXPECT_EQ(ring.digest(), Ring::build(std::vector{members[1], members[2]}).digest());
}

TEST(Ring, ANewAddressMovesNoKeyButChangesTheDigest) {
    const Ring before = Ring::build(equal_members(20, 3));
    RingMember moved = before.members()[7];
    moved.address = "198.51.100.7:7747";

    const Ring after = before.with(moved);

    EXPECT_TRUE(std::ranges::equal(before.points(), after.points()));
    EXPECT_EQ(after.find(moved.name)->address, moved.address);
    EXPECT_NE(before.digest(), after.digest());
    EXPECT_EQ(before.digest(), after.with(before.members()[7]).digest());
}

TEST(Ring, EveryFieldChangesTheDigest) {
    const RingMember plain{"a", "192.0.2.1:1", 1000, "x"};
    std::set<std::uint64_t> digests{Ring().digest(), Ring().with(plain).digest()};
    digests.insert(Ring().with({"b", "192.0.2.1:1", 1000, "x"}).digest());
    digests.insert(Ring().with({"a", "192.0.2.1:2", 1000, "x"}).digest());
    digests.insert(Ring().with({"a", "192.0.2.1:1", 1001, "x"}).digest());
    digests.insert(Ring().with({"a", "192.0.2.1:1", 1000, "y"}).digest());
    digests.insert(Ring().with({"a1", "92.0.2.1:1", 1000, "x"}).digest());
    EXPECT_EQ(digests.size(), 7U);
}

TEST(Ring, AnOldRingIsUntouchedByItsSuccessors) {
    const Ring before = Ring::build(equal_members(3, 0));
    const std::vector<RingPoint> points(before.points().begin(), before.points().end());
    Ring copy;
    copy = before;

    const Ring after = before.without("m-0001");

    EXPECT_TRUE(std::ranges::equal(copy.points(), points));
    EXPECT_EQ(copy.points().data(), before.points().data());
    EXPECT_EQ(after.find("m-0001"), nullptr);
    EXPECT_EQ(after.points().size(), 320U);
}

// These two names were searched for: they have two points in common (4632 and 885, 6680 and 2933).
TEST(Ring, OfMembersThatShareAPointTheSmallerNameOwnsIt) {
    const RingMember small{"btt", "192.0.2.1:1", 42000, ""};
    const RingMember large{"mLB6", "192.0.2.1:2", 42000, ""};
    const RingMember other{"other", "192.0.2.1:3", 1000, ""};
    const Ring ring = Ring::build(std::vector{large, other, small});

    for (const std::uint64_t shared : {0xa94b6066a97fa460ULL, 0x70bf116b2f860307ULL}) {
        EXPECT_EQ(owner_name(ring, shared), "btt");
        EXPECT_EQ(preference_names(ring, shared, 2), (std::vector<std::string>{"btt", "mLB6"}));
        EXPECT_EQ(owner_name(ring.without("btt"), shared), "mLB6");
        EXPECT_EQ(owner_name(ring.without("mLB6"), shared), "btt");
    }
    const Ring small_last = Ring().with(large).with(other).with(small);
    const Ring large_last = Ring().with(small).with(other).with(large);
    EXPECT_TRUE(same_points(ring, small_last));
    EXPECT_TRUE(same_points(ring, large_last));
    EXPECT_TRUE(same_points(ring.without("btt").with(small), ring.without("mLB6").with(large)));
    EXPECT_TRUE(same_points(ring.change(std::vector{large}, {}), ring));
}

// Invariant: removing a member changes the owner only of keys it owned; adding one moves only keys
// that it now owns.
TEST(Ring, AChangeMovesNoKeyBetweenSurvivors) {
    Random random(20264);
    const auto keys = fixed_key_hashes(10000);
    for (int round = 0; round < 20; ++round) {
        const Ring with = Ring::build(random_members(random, 40));
        if (with.members().empty()) {
            continue;
        }
        const std::string name = with.members()[random.below(with.members().size())].name;
        const Ring without = with.without(name);
        for (const auto hash : keys) {
            const std::string owner = owner_name(with, hash);
            const std::string survivor = owner_name(without, hash);
            ASSERT_NE(survivor, name);
            ASSERT_TRUE(owner == name || owner == survivor)
                << "round " << round << ": " << owner << " to " << survivor;
        }
    }
}

TEST(Ring, AChangedWeightMovesKeysOnlyToOrFromThatMember) {
    const auto keys = fixed_key_hashes(10000);
    const Ring before = Ring::build(equal_members(20, 0));
    RingMember heavier = before.members()[4];
    heavier.weight_milli = 1500;

    const Ring after = before.with(heavier);

    int moved = 0;
    for (const auto hash : keys) {
        if (owner_name(before, hash) != owner_name(after, hash)) {
            ASSERT_EQ(owner_name(after, hash), heavier.name);
            ++moved;
        }
    }
    EXPECT_GT(moved, 100);  // 0.5 / 20.5 of 10,000 keys are 244.
    EXPECT_LT(moved, 400);
}

TEST(Ring, SharesAreTheExactFractionsAndSumToOne) {
    Random random(20265);
    const auto keys = fixed_key_hashes(10000);
    for (int round = 0; round < 5; ++round) {
        const Ring ring = Ring::build(random_members(random, 12));
        const auto shares = ring.shares();
        if (ring.points().empty()) {
            continue;
        }
        EXPECT_NEAR(std::accumulate(shares.begin(), shares.end(), 0.0), 1.0, 1e-12);
        std::map<std::string, double> counted;
        for (const auto hash : keys) {
            counted[owner_name(ring, hash)] += 1.0 / static_cast<double>(keys.size());
        }
        for (std::size_t i = 0; i < shares.size(); ++i) {
            // Five standard deviations of a fraction of 10,000 keys are at most 0.025.
            EXPECT_NEAR(shares[i], counted[ring.members()[i].name], 0.025) << "round " << round;
        }
    }
}

TEST(Ring, ASinglePointOwnsTheWholeCircle) {
    const Ring ring = Ring().with({"a", "192.0.2.1:1", 1, ""});
    ASSERT_EQ(ring.points().size(), 1U);
    EXPECT_EQ(ring.shares(), std::vector<double>{1.0});
    EXPECT_EQ(ring.balance(), 1.0);
    EXPECT_EQ(owner_name(ring, ring.points()[0].hash + 1), "a");
}

}  // namespace
}  // namespace memberd
