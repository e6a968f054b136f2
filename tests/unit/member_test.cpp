#include "gossip/member.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "detector/random.hpp"

namespace memberd {
namespace {

constexpr std::array<MemberState, 4> kStates{MemberState::Alive, MemberState::Suspect,
                                             MemberState::Dead, MemberState::Left};

// What happens within one run, written down apart from the code: a row for the held state, a column
// for the heard one (alive, suspect, dead, left); N newer, S same, O older.
using Table = std::array<std::string_view, 4>;
constexpr Table kLowerIncarnation{"OOON", "OOON", "OOON", "OOOO"};
constexpr Table kEqualIncarnation{"SNNN", "OSNN", "OOSN", "OOOS"};
constexpr Table kHigherIncarnation{"NNNN", "NNNN", "NNNN", "OOON"};

Verdict verdict_of(char letter) {
    switch (letter) {
        case 'N':
            return Verdict::Newer;
        case 'S':
            return Verdict::Same;
        default:
            return Verdict::Older;
    }
}

Verdict expected(const Claim& held, const Claim& heard) {
    if (heard.generation > held.generation) {
        return Verdict::Newer;
    }
    if (heard.generation < held.generation) {
        return Verdict::Older;
    }
    if (heard.instance != held.instance) {
        const auto is_over = [](const Claim& claim) {
            return claim.state == MemberState::Dead || claim.state == MemberState::Left;
        };
        return !is_over(held) || !is_over(heard) ? Verdict::Conflict
               : heard.instance > held.instance  ? Verdict::Newer
                                                 : Verdict::Older;
    }
    const Table& table = heard.incarnation < held.incarnation   ? kLowerIncarnation
                         : heard.incarnation > held.incarnation ? kHigherIncarnation
                                                                : kEqualIncarnation;
    return verdict_of(
        table[static_cast<std::size_t>(held.state)][static_cast<std::size_t>(heard.state)]);
}

TEST(Compare, AgreesWithTheTableForEveryPairOfStatesAndNumbers) {
    int pairs = 0;
    for (const MemberState held_state : kStates) {
        for (const MemberState heard_state : kStates) {
            for (const std::uint64_t generation : {9U, 10U, 11U}) {
                for (const std::uint32_t incarnation : {4U, 5U, 6U}) {
                    for (const std::uint64_t instance : {1U, 2U}) {
                        const Claim held{1, 10, 5, held_state};
                        const Claim heard{instance, generation, incarnation, heard_state};
                        EXPECT_EQ(compare(held, heard), expected(held, heard))
                            << to_string(held_state) << " hears " << to_string(heard_state) << ' '
                            << generation << ' ' << incarnation << ' ' << instance;
                        ++pairs;
                    }
                }
            }
        }
    }
    EXPECT_EQ(pairs, 4 * 4 * 3 * 3 * 2);
}

// Small numbers, so that equal ones are frequent.
Claim random_claim(Random& random, bool conflicts) {
    Claim claim;
    claim.generation = 1 + random.below(3);
    claim.instance = conflicts ? 1 + random.below(2) : 100 + claim.generation;
    claim.incarnation = static_cast<std::uint32_t>(random.below(3));
    claim.state = kStates[random.below(4)];
    return claim;
}

TEST(Compare, IsMirroredWhenHeldAndHeardAreSwapped) {
    Random random(1);
    for (int i = 0; i < 20'000; ++i) {
        const Claim a = random_claim(random, true);
        const Claim b = random_claim(random, true);
        const Verdict there = compare(a, b);
        const Verdict back = compare(b, a);
        switch (there) {
            case Verdict::Newer:
                ASSERT_EQ(back, Verdict::Older);
                break;
            case Verdict::Older:
                ASSERT_EQ(back, Verdict::Newer);
                break;
            case Verdict::Same:
            case Verdict::Conflict:
                ASSERT_EQ(back, there);
                break;
        }
    }
}

TEST(Compare, SaysSameExactlyForEqualClaims) {
    Random random(2);
    for (int i = 0; i < 20'000; ++i) {
        const Claim a = random_claim(random, true);
        const Claim b = random_claim(random, true);
        ASSERT_EQ(compare(a, b) == Verdict::Same, a == b);
        ASSERT_EQ(compare(a, a), Verdict::Same);
    }
}

// Their owners are gone: nobody would ever raise a generation to end the conflict.
TEST(Compare, RemembersOneAndTheSameOfTwoRunsThatAreOver) {
    for (const MemberState first : {MemberState::Dead, MemberState::Left}) {
        for (const MemberState second : {MemberState::Dead, MemberState::Left}) {
            EXPECT_EQ(compare({1, 10, 5, first}, {2, 10, 4, second}), Verdict::Newer);
            EXPECT_EQ(compare({2, 10, 4, second}, {1, 10, 5, first}), Verdict::Older);
        }
    }
    EXPECT_EQ(compare({1, 10, 5, MemberState::Dead}, {2, 10, 4, MemberState::Alive}),
              Verdict::Conflict);
}

TEST(Compare, IsTransitiveAmongClaimsWithoutConflict) {
    Random random(3);
    for (int i = 0; i < 50'000; ++i) {
        const Claim a = random_claim(random, false);
        const Claim b = random_claim(random, false);
        const Claim c = random_claim(random, false);
        if (compare(a, b) == Verdict::Newer && compare(b, c) == Verdict::Newer) {
            ASSERT_EQ(compare(a, c), Verdict::Newer);
        }
    }
}

TEST(Compare, LeavesTheSameClaimHeldInWhateverOrderClaimsAreHeard) {
    Random random(4);
    for (int round = 0; round < 500; ++round) {
        std::vector<Claim> heard;
        heard.reserve(8);
        for (int i = 0; i < 8; ++i) {
            heard.push_back(random_claim(random, false));
        }
        const auto held_after = [](const std::vector<Claim>& claims) {
            Claim held = claims.front();
            for (const Claim& claim : claims) {
                held = compare(held, claim) == Verdict::Newer ? claim : held;
            }
            return held;
        };
        const Claim first = held_after(heard);
        for (int shuffle = 0; shuffle < 8; ++shuffle) {
            for (std::size_t i = heard.size(); i > 1; --i) {
                std::swap(heard[i - 1], heard[random.below(i)]);
            }
            ASSERT_EQ(held_after(heard), first);
        }
    }
}

TEST(Compare, HoldsAtTheEndsOfTheNumbers) {
    const Claim last{1, kGenerationMax, kIncarnationMax, MemberState::Alive};
    const Claim first{1, 1, 0, MemberState::Left};
    EXPECT_EQ(compare(first, last), Verdict::Newer);
    EXPECT_EQ(compare(last, first), Verdict::Older);
}

}  // namespace
}  // namespace memberd
