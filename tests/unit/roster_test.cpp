#include "gossip/roster.hpp"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "detector/random.hpp"
#include "gossip/record_hash.hpp"
#include "tests/unit/support/engine_rig.hpp"

namespace memberd {
namespace {

using tests::kRigStart;
using tests::profile_of;

struct Expected {
    Slot slot = kNoSlot;
    Claim claim;
    Profile profile;
};

using Oracle = std::map<std::string, Expected>;

std::uint64_t view_digest_of(const Oracle& oracle, SuspicionIs suspicion) {
    std::uint64_t sum = 0;
    ProfilePool pool;
    for (const auto& [name, expected] : oracle) {
        const ProfileId id = pool.acquire(expected.profile);
        Claim claim = expected.claim;
        if (claim.state == MemberState::Suspect && suspicion == SuspicionIs::Evidence) {
            claim.state = MemberState::Alive;
        }
        sum += record_hash(pool[id].key, pool[id].content_hash, claim);
    }
    return sum;
}

std::uint64_t ring_digest_of(const Oracle& oracle) {
    RingDigest ring;
    ProfilePool pool;
    for (const auto& [name, expected] : oracle) {
        if (expected.claim.state == MemberState::Alive ||
            expected.claim.state == MemberState::Suspect) {
            ring.add(pool[pool.acquire(expected.profile)].ring_term);
        }
    }
    return ring.value();
}

void expect_agreement(const Roster& roster, const Oracle& oracle, SuspicionIs suspicion) {
    ASSERT_EQ(roster.size(), oracle.size());
    std::array<std::uint32_t, 4> counts{};
    for (const auto& [name, expected] : oracle) {
        ASSERT_EQ(roster.find(name), expected.slot) << name;
        ASSERT_EQ(roster.claim(expected.slot), expected.claim) << name;
        ASSERT_EQ(roster.profile(expected.slot).endpoint, expected.profile.endpoint);
        ++counts[static_cast<std::size_t>(expected.claim.state)];
    }
    for (std::size_t state = 0; state < counts.size(); ++state) {
        EXPECT_EQ(roster.count(static_cast<MemberState>(state)), counts[state]);
    }
    EXPECT_EQ(roster.view_digest(), view_digest_of(oracle, suspicion));
    EXPECT_EQ(roster.ring_digest(), ring_digest_of(oracle));
}

class RosterOperations : public ::testing::TestWithParam<SuspicionIs> {};

INSTANTIATE_TEST_SUITE_P(Both,
                         RosterOperations,
                         ::testing::Values(SuspicionIs::Claim, SuspicionIs::Evidence));

TEST_P(RosterOperations, AtRandomAgreeWithAMap) {
    constexpr std::uint64_t kSeed = 42;
    Random random(kSeed);
    ProfilePool pool;
    Roster roster(pool, GetParam());
    Oracle oracle;
    for (int i = 0; i < 6000; ++i) {
        const std::string name = "m" + std::to_string(random.below(150));
        const auto port = static_cast<std::uint16_t>(1 + random.below(5));
        const Claim claim{1 + random.below(3), 1 + random.below(9),
                          static_cast<std::uint32_t>(random.below(9)),
                          static_cast<MemberState>(random.below(4))};
        const Profile profile = profile_of(name, port, claim.instance);
        const auto known = oracle.find(name);
        if (known == oracle.end()) {
            ASSERT_EQ(roster.find(name), kNoSlot);
            const Slot slot = roster.insert(pool.acquire(profile), claim, kRigStart, true);
            oracle[name] = {slot, claim, profile};
        } else if (random.chance(0.4)) {
            roster.erase(known->second.slot);
            oracle.erase(known);
        } else {
            roster.update(known->second.slot, claim, pool.acquire(profile), kRigStart);
            known->second.claim = claim;
            known->second.profile = profile;
        }
        if (i % 50 == 0) {
            expect_agreement(roster, oracle, GetParam());
            ASSERT_FALSE(::testing::Test::HasFatalFailure()) << "seed " << kSeed << " step " << i;
        }
    }
    expect_agreement(roster, oracle, GetParam());
}

TEST(Roster, GivesBackEveryProfileItHeld) {
    ProfilePool pool;
    {
        Roster roster(pool, SuspicionIs::Evidence);
        for (std::uint16_t i = 1; i < 100; ++i) {
            const Slot slot = roster.insert(pool.acquire(profile_of("m" + std::to_string(i), i, 1)),
                                            {1, 1, 0, MemberState::Alive}, kRigStart, true);
            if (i % 3 == 0) {
                roster.erase(slot);
            } else if (i % 3 == 1) {
                roster.update(slot, {2, 2, 0, MemberState::Alive},
                              pool.acquire(profile_of("m" + std::to_string(i), i, 2)), kRigStart);
            }
        }
        EXPECT_EQ(pool.size(), 66U);
    }
    EXPECT_EQ(pool.size(), 0U);
}

// Sixteen places hold twelve names; some collide for sure, so erasing one must close the gap.
TEST(Roster, FindsEveryOtherNameWhicheverIsErased) {
    for (int erased = 0; erased < 12; ++erased) {
        ProfilePool pool;
        Roster roster(pool, SuspicionIs::Evidence);
        std::vector<Slot> slots;
        for (std::uint16_t i = 0; i < 12; ++i) {
            slots.push_back(
                roster.insert(pool.acquire(profile_of("name" + std::to_string(i), i + 1, 1)),
                              {1, 1, 0, MemberState::Alive}, kRigStart, true));
        }
        roster.erase(slots[static_cast<std::size_t>(erased)]);
        for (int i = 0; i < 12; ++i) {
            EXPECT_EQ(roster.find("name" + std::to_string(i)),
                      i == erased ? kNoSlot : slots[static_cast<std::size_t>(i)]);
        }
    }
}

TEST(Roster, CountsASuspicionOfAnErasedMemberNoMore) {
    ProfilePool pool;
    Roster roster(pool, SuspicionIs::Evidence);
    const Slot slot = roster.insert(pool.acquire(profile_of("a", 1, 1)),
                                    {1, 1, 0, MemberState::Alive}, kRigStart, true);
    const std::uint64_t digest = roster.view_digest();
    roster.set_suspected(slot, true);
    EXPECT_EQ(roster.suspected(), 1U);
    EXPECT_EQ(roster.view_digest(), digest);
    roster.erase(slot);
    EXPECT_EQ(roster.suspected(), 0U);
    EXPECT_EQ(roster.view_digest(), 0U);
}

TEST(Roster, LeavesTheForgettableOutOfTheDigestUntilTheyAreUpdated) {
    ProfilePool pool;
    Roster roster(pool, SuspicionIs::Evidence);
    const Slot slot = roster.insert(pool.acquire(profile_of("a", 1, 1)),
                                    {1, 1, 0, MemberState::Dead}, kRigStart, true);
    EXPECT_NE(roster.view_digest(), 0U);
    roster.set_forgettable(slot);
    EXPECT_EQ(roster.view_digest(), 0U);
    EXPECT_EQ(roster.digest_of(slot), 0U);
    roster.update(slot, {1, 1, 1, MemberState::Alive}, kNoProfile, kRigStart);
    EXPECT_EQ(roster.view_digest(), roster.digest_of(slot));
    EXPECT_NE(roster.view_digest(), 0U);
}

TEST(Roster, TakesAtMost64BytesARecordOfTenThousand) {
    for (const bool reserved : {false, true}) {
        ProfilePool pool;
        Roster roster(pool, SuspicionIs::Evidence);
        constexpr std::uint32_t kCount = 10'000;
        if (reserved) {
            roster.reserve(kCount);
        }
        for (std::uint32_t i = 0; i < kCount; ++i) {
            roster.insert(pool.acquire(profile_of("node" + std::to_string(i), 1, 1)),
                          {1, 1, 0, MemberState::Alive}, kRigStart, true);
        }
        EXPECT_LE(roster.memory_bytes(), std::size_t{64} * kCount) << reserved;
        EXPECT_GE(roster.memory_bytes(), std::size_t{32} * kCount);
    }
}

}  // namespace
}  // namespace memberd
