// The laws of merging: whoever has heard the same claims holds the same, in whatever order, however
// often. Over every pair and triple of claims of two generations and three incarnations; then the
// same of engines, and of engines under messages that are damaged, repeated and shuffled.
#include <algorithm>
#include <array>
#include <cstdio>

#include <gtest/gtest.h>

#include "tests/conformance/support/rule.hpp"
#include "tests/unit/support/wire_samples.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

constexpr std::array kStates{MemberState::Alive, MemberState::Suspect, MemberState::Dead,
                             MemberState::Left};

// What is held after one has heard the other.
Claim merged(const Claim& held, const Claim& heard) {
    return compare(held, heard) == Verdict::Newer ? heard : held;
}

// Without conflict: the instance is that of the generation.
std::vector<Claim> all_claims() {
    std::vector<Claim> all;
    for (const std::uint64_t generation : {1U, 2U}) {
        for (const std::uint32_t incarnation : {0U, 1U, 2U}) {
            for (const MemberState state : kStates) {
                all.push_back({100 + generation, generation, incarnation, state});
            }
        }
    }
    return all;
}

TEST(MergeLaws, MergingIsIdempotent) {
    for (const Claim& a : all_claims()) {
        EXPECT_EQ(merged(a, a), a);
        for (const Claim& b : all_claims()) {
            EXPECT_EQ(merged(merged(a, b), b), merged(a, b));
        }
    }
}

TEST(MergeLaws, MergingIsCommutative) {
    for (const Claim& a : all_claims()) {
        for (const Claim& b : all_claims()) {
            EXPECT_EQ(merged(a, b), merged(b, a));
        }
    }
}

TEST(MergeLaws, MergingIsAssociative) {
    const auto all = all_claims();
    for (const Claim& a : all) {
        for (const Claim& b : all) {
            for (const Claim& c : all) {
                ASSERT_EQ(merged(merged(a, b), c), merged(a, merged(b, c)));
            }
        }
    }
}

TEST(MergeLaws, MergingNeverGivesAThirdClaim) {
    for (const Claim& a : all_claims()) {
        for (const Claim& b : all_claims()) {
            const Claim m = merged(a, b);
            EXPECT_TRUE(m == a || m == b);
            EXPECT_NE(compare(m, a), Verdict::Newer);
            EXPECT_NE(compare(m, b), Verdict::Newer);
        }
    }
}

TEST(MergeLaws, NobodyReturnsWithoutGreaterNumbers) {
    for (const Claim& a : all_claims()) {
        for (const Claim& b : all_claims()) {
            const bool was_gone = a.state == MemberState::Dead || a.state == MemberState::Left;
            const Claim m = merged(a, b);
            if (was_gone && (m.state == MemberState::Alive || m.state == MemberState::Suspect)) {
                EXPECT_GT(std::pair(m.generation, m.incarnation),
                          std::pair(a.generation, a.incarnation));
            }
        }
    }
}

// --- Engines ---

class MergingEngines : public ::testing::TestWithParam<Mode> {
  protected:
    static RigOptions options() {
        RigOptions options;
        options.mode = GetParam();
        return options;
    }

    // What an engine holds of p00 that heard these claims one by one.
    static Claim held_after(const std::vector<Claim>& claims) {
        EngineRig rig(options());
        rig.add_many(6);
        for (const Claim& claim : claims) {
            Said said = with_profile(dead(rig.peer("p00"), {"p04", "p05"}), rig.peer("p00"));
            said.claim = claim;
            rig.hear_gossip(rig.peer("p01"), {said});
        }
        return rig.engine.find("p00")->claim;
    }
};

INSTANTIATE_TEST_SUITE_P(Modes, MergingEngines, kAllModes, mode_name);

TEST_P(MergingEngines, HoldTheMergedClaimInWhateverOrderTheyHear) {
    Random random(21);
    const std::uint64_t instance = 0x1001;  // the rig's first peer
    for (int round = 0; round < 60; ++round) {
        std::vector<Claim> claims;
        Claim expected{instance, 1, 0, MemberState::Alive};
        bool forgets = false;
        bool was_dead = false;
        for (int i = 0; i < 4; ++i) {
            Claim claim{instance, 1, static_cast<std::uint32_t>(random.below(3)),
                        kStates[random.below(4)]};
            if (GetParam() == Mode::Memberd && claim.state == MemberState::Suspect) {
                claim.state = MemberState::Dead;
            }
            was_dead |= claim.state == MemberState::Dead;
            forgets |= claim.state == MemberState::Left;
            claims.push_back(claim);
            expected = merged(expected, claim);
        }
        if (was_dead && forgets) {
            continue;  // Forgotten by hand or not: that differs, see NobodyThatLeftIsShown.
        }
        std::vector<std::size_t> order{0, 1, 2, 3};
        do {
            std::vector<Claim> shuffled;
            for (const std::size_t i : order) {
                shuffled.push_back(claims[i]);
            }
            ASSERT_EQ(held_after(shuffled), expected) << "round " << round;
        } while (std::next_permutation(order.begin(), order.end()));
    }
}

// Two engines hear the same of many members, one of them in another order and twice.
TEST_P(MergingEngines, AgreeThoughMessagesAreRepeatedAndShuffled) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Random random(seed);
        EngineRig one(options());
        EngineRig other(options());
        one.add_many(10);
        other.add_many(10);
        std::vector<Said> said;
        for (int i = 0; i < 60; ++i) {
            Peer& subject = one.peer("p0" + std::to_string(random.below(4)));
            Said each = with_profile(dead(subject, {"p04", "p05"}), subject);
            each.claim.incarnation = static_cast<std::uint32_t>(random.below(8));
            each.claim.state = random.chance(0.5) ? MemberState::Alive : MemberState::Dead;
            said.push_back(each);
        }
        for (const Said& each : said) {
            one.hear_gossip(one.peer("p06"), {each});
        }
        const std::vector<Said> once = said;
        said.insert(said.end(), once.begin(), once.end());
        for (std::size_t i = said.size(); i > 1; --i) {
            std::swap(said[i - 1], said[random.below(i)]);
        }
        for (const Said& each : said) {
            other.hear_gossip(other.peer("p07"), {each});
        }
        EXPECT_EQ(one.engine.status(one.now).view_digest,
                  other.engine.status(other.now).view_digest)
            << "seed " << seed;
    }
}

// --- Whatever comes in ---

// The members' runs and what an engine may never do with them.
class DamagedMessages : public Rule {
  protected:
    static std::tuple<std::uint64_t, bool, std::uint32_t, MemberState> rank(const Claim& claim) {
        return {claim.generation, claim.state == MemberState::Left, claim.incarnation, claim.state};
    }

    void expect_sound() {
        const Claim own = rig.engine.self().claim;
        EXPECT_EQ(own.state, MemberState::Alive);
        EXPECT_EQ(own.instance, 0xabcU);
        EXPECT_GE(rank(own), rank(own_));
        own_ = own;
        const EngineStatus status = rig.engine.status(rig.now);
        std::size_t live = 0;
        for (const MemberView& member : rig.engine.members()) {
            live += member.claim.state == MemberState::Alive ||
                            member.claim.state == MemberState::Suspect
                        ? 1
                        : 0;
            EXPECT_TRUE(decode_profile(rig.pool[member.profile].encoded));
        }
        EXPECT_EQ(live, status.alive + status.suspect);
    }

    // A valid message that speaks of members that the engine knows.
    std::vector<std::uint8_t> message(Random& random) {
        const Peer& subject = p(static_cast<int>(random.below(6)));
        std::vector<std::uint8_t> bytes;
        Encoder encoder(bytes);
        const Envelope from = rig.envelope_of(p(static_cast<int>(random.below(6))));
        Said said = with_profile(dead(subject, {"p04", "p05"}), subject);
        said.claim.state = kStates[random.below(4)];
        said.claim.incarnation = static_cast<std::uint32_t>(random.below(9));
        switch (random.below(5)) {
            case 0:
                encoder.ping(from, {static_cast<std::uint32_t>(random.next()), true}, 1);
                break;
            case 1:
                encoder.gossip(from, 1);
                break;
            case 2:
                encoder.sync(from, 0, {}, 1);
                break;
            case 3:
                encoder.leave(from, {5}, 1);
                break;
            default:
                encoder.alive(from, {subject.profile.name, subject.profile.instance, 0, 5}, 1);
                break;
        }
        encoder.update(update_of(said));
        return bytes;
    }

    Claim own_{0xabc, 10, 0, MemberState::Alive};
};

INSTANTIATE_TEST_SUITE_P(Modes, DamagedMessages, kAllModes, mode_name);

TEST_P(DamagedMessages, NeverBreakAnEngineNorMakeItSayWhatNobodyAccepts) {
    const auto wanted = GTEST_FLAG_GET(random_seed);
    const std::uint64_t seed = wanted > 0 ? static_cast<std::uint64_t>(wanted) : 1;
    std::printf("seed %llu; replay with --gtest_random_seed\n",
                static_cast<unsigned long long>(seed));
    Random random(seed);
    const auto samples = message_samples();
    for (int i = 0; i < 3000; ++i) {
        std::vector<std::uint8_t> bytes =
            random.chance(0.3) ? samples[random.below(samples.size())].bytes : message(random);
        for (std::uint64_t flips = random.below(4); flips > 0; --flips) {
            bytes[random.below(bytes.size())] = static_cast<std::uint8_t>(random.next());
        }
        if (random.chance(0.1)) {
            bytes.resize(random.below(bytes.size()));
        }
        rig.hear(bytes, random.below(3));
        rig.run_for(Duration(random.below(50'000'000)));
        for (const Sent& each : rig.sent) {
            // Throws if the engine has sent what it would not accept itself.
            EXPECT_LE(each.updates().size(), kUpdateCountMax);
        }
        rig.forget_past();
        if (i % 10 == 0) {
            expect_sound();
        }
        ASSERT_FALSE(HasFailure() || rig.engine.stopped()) << "message " << i;
    }
    EXPECT_GT(rig.engine.counters().malformed, 500U);
    EXPECT_LT(rig.engine.counters().malformed, 2700U);
}

}  // namespace
}  // namespace memberd::tests
