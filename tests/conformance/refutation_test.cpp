// What a member does when it hears of itself, and what the accused is told.
#include <algorithm>

#include <gtest/gtest.h>

#include "tests/conformance/support/rule.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

class Refutation : public Rule {
  protected:
    [[nodiscard]] Claim own() const { return rig.engine.self().claim; }

    // Mode memberd refutes its death when it was answered.
    void hear_answers() { rig.run_for(20ms); }
};

INSTANTIATE_TEST_SUITE_P(Modes, Refutation, kAllModes, mode_name);

TEST_P(Refutation, OfADeathRaisesTheIncarnationByOneAndIsNoEvent) {
    rig.hear_gossip(p(1), {about_self(MemberState::Dead, 0)});
    hear_answers();

    EXPECT_EQ(own(), (Claim{0xabc, 10, 1, MemberState::Alive}));
    EXPECT_TRUE(rig.changes.empty());
}

TEST_P(Refutation, OfTheSameAccusationHappensOnce) {
    for (int i = 0; i < 3; ++i) {
        rig.hear_gossip(p(1), {about_self(MemberState::Dead, 0)});
        rig.hear_sync(p(2), {with_profile(about_self(MemberState::Dead, 0), p(1))});
    }
    hear_answers();
    EXPECT_EQ(own().incarnation, 1U);
    EXPECT_EQ(rig.engine.counters().refutations, 1U);
}

TEST_P(Refutation, OfAnAccusationFromTheFutureOutdoesIt) {
    rig.hear_gossip(p(1), {about_self(MemberState::Dead, 6)});
    EXPECT_EQ(own(), (Claim{0xabc, 10, 7, MemberState::Alive}));
}

TEST_P(Refutation, OfALifeOfOnesOwnThatOneDidNotLiveTakesNothingFromIt) {
    Said said = about_self(MemberState::Alive, 2);
    Profile other = profile_of("self", 7000, 0xabc);
    other.zone = "elsewhere";
    other.tags = {{"role", "other"}};
    said.profile = bytes_of(other);
    rig.hear_gossip(p(1), {said});

    EXPECT_EQ(own(), (Claim{0xabc, 10, 3, MemberState::Alive}));
    EXPECT_EQ(rig.pool.open(rig.engine.self().profile), profile_of("self", 7000, 0xabc));
    EXPECT_TRUE(rig.changes.empty());
}

TEST_P(Refutation, IsNotNeededForWhatOneSaysOneself) {
    rig.hear_gossip(p(1), {about_self(MemberState::Alive, 0)});
    rig.run_for(5s);

    EXPECT_EQ(own(), (Claim{0xabc, 10, 0, MemberState::Alive}));
    EXPECT_TRUE(rig.said_of("self").empty());
}

TEST_P(Refutation, GoesBackToWhoeverAccusedAndBeforeAllOtherNewsToTheRest) {
    rig.hear_gossip(p(2), {alive(rig.add_stranger("x")), alive(rig.add_stranger("y"))});
    rig.forget_past();
    rig.hear_gossip(p(1), {about_self(MemberState::Dead, 0)}, 55);
    if (GetParam() == Mode::Memberd) {
        hear_answers();
        EXPECT_FALSE(rig.said_of("self", &p(1)).empty());
    } else {
        ASSERT_FALSE(rig.sent.empty());
        EXPECT_EQ(rig.sent.front().reply_to, 55U);
        EXPECT_EQ(rig.sent.front().updates().front().claim, own());
        rig.forget_past();
        rig.run_until_sent<Gossip>(1s);
    }
    const auto gossip = rig.all_sent<Gossip>();
    const auto spread = std::find_if(gossip.begin(), gossip.end(),
                                     [](const Sent* each) { return each->updates().size() == 3; });
    ASSERT_NE(spread, gossip.end());
    EXPECT_EQ((*spread)->updates().front().name, "self");
}

// Or, where it takes round trips first, in a message of its own.
TEST_P(Refutation, IsInTheAnswerToThePingThatAccuses) {
    rig.hear_ping(p(1), 5, 66, {about_self(MemberState::Dead, 0)});
    const bool is_at_once = GetParam() != Mode::Memberd;
    if (!is_at_once) {
        hear_answers();
    }

    bool is_told = false;
    for (const Sent& each : rig.sent) {
        const auto updates = each.updates();
        const bool is_to_teller =
            is_at_once ? each.reply_to == 66 : each.to == p(1).profile.endpoint;
        is_told |= is_to_teller && std::any_of(updates.begin(), updates.end(),
                                               [&](auto& u) { return u.claim == own(); });
    }
    EXPECT_TRUE(is_told);
    EXPECT_EQ(own().incarnation, 1U);
}

TEST_P(Refutation, OfHavingLeftTakesANewGeneration) {
    rig.hear_gossip(p(1), {about_self(MemberState::Left, 0)});

    EXPECT_EQ(own(), (Claim{0xabc, 11, 0, MemberState::Alive}));
    ASSERT_NE(rig.noticed(NoticeKind::GenerationRaised), nullptr);
    EXPECT_FALSE(rig.engine.stopped());
}

TEST_P(Refutation, OfALaterGenerationOfOnesOwnTakesOneAboveIt) {
    rig.hear_gossip(p(1), {about_self(MemberState::Dead, 3, 40)});
    EXPECT_EQ(own(), (Claim{0xabc, 41, 0, MemberState::Alive}));
}

TEST_P(Refutation, AtTheLimitOfIncarnationsTakesANewGenerationAndDoesNotWrap) {
    rig.hear_gossip(p(1), {about_self(MemberState::Dead, kIncarnationMax)});
    EXPECT_EQ(own(), (Claim{0xabc, 11, 0, MemberState::Alive}));
}

TEST_P(Refutation, IsNotWhatEarlierGenerationsOfOnesNameAreAnsweredWith) {
    Said said = about_self(MemberState::Dead, 50, 9);
    rig.hear_gossip(p(1), {said});
    said.claim.instance = 0x777;
    rig.hear_gossip(p(1), {said});
    said.claim.state = MemberState::Left;
    rig.hear_gossip(p(1), {said});

    EXPECT_EQ(own(), (Claim{0xabc, 10, 0, MemberState::Alive}));
    EXPECT_EQ(rig.engine.members().size(), 7U);
    EXPECT_TRUE(rig.changes.empty());
}

TEST_P(Refutation, NeedsNoTellerThatIsHeldAliveOrKnown) {
    rig.hear_gossip(p(1), {death_of(p(0))});
    rig.hear_gossip(p(0), {about_self(MemberState::Dead, 0)});
    hear_answers();
    EXPECT_EQ(own().incarnation, 1U);
    rig.run_for(11min);  // sooner mode memberd would wait before it refutes again
    rig.hear_gossip(rig.add_stranger("x"), {about_self(MemberState::Dead, 1)});
    hear_answers();
    EXPECT_EQ(own().incarnation, 2U);
}

TEST_P(Refutation, IsPossibleForTheDeadSinceTheyHearOfTheirDeathWhenTheySpeak) {
    rig.hear_gossip(p(1), {death_of(p(0))});
    rig.run_for(1s);
    rig.forget_past();
    rig.hear_ping(p(0), 5, 66);

    const auto told = rig.said_of("p00");
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told.front().claim.state, MemberState::Dead);
    EXPECT_EQ(rig.sent.back().reply_to, 66U);
}

TEST_P(Refutation, IsPossibleForTheDeadSinceTheyAreToldUnasked) {
    rig.hear_gossip(p(1), {death_of(p(0))});
    rig.run_for(4s);

    const auto told = rig.said_of("p00", &p(0));
    ASSERT_FALSE(told.empty());
    EXPECT_EQ(told.front().claim.state, MemberState::Dead);
}

// Only its owner raises a number: what the engine says of others was said by them.
TEST_P(Refutation, IsNeverDoneForOthers) {
    Random random(7);
    std::uint32_t heard = 0;
    for (int i = 0; i < 300; ++i) {
        const auto incarnation = static_cast<std::uint32_t>(random.below(40));
        heard = std::max(heard, incarnation);
        switch (random.below(4)) {
            case 0:
                rig.hear_gossip(p(1), {alive(p(0), incarnation)});
                break;
            case 1:
                rig.hear_gossip(p(2), {death_of(p(0), incarnation)});
                break;
            case 2:
                rig.hear_sync(p(3), {with_profile(death_of(p(0), incarnation), p(0))});
                break;
            default:
                rig.hear_gossip(p(1), {suspect(p(0), "p02")});
                break;
        }
        rig.run_for(Duration(random.below(2'000'000'000)));
        for (const Said& said : rig.said_of("p00")) {
            ASSERT_LE(said.claim.incarnation, heard);
            ASSERT_EQ(said.claim.generation, p(0).generation);
        }
        rig.forget_past();
    }
}

// --- Suspicion as a claim ---

class RefutedSuspicion : public Refutation {};

INSTANTIATE_TEST_SUITE_P(Modes, RefutedSuspicion, kSuspicionIsClaim, mode_name);

TEST_P(RefutedSuspicion, RaisesTheIncarnationByOne) {
    rig.hear_gossip(p(1), {about_self(MemberState::Suspect, 0)});
    EXPECT_EQ(own(), (Claim{0xabc, 10, 1, MemberState::Alive}));
    rig.hear_gossip(p(1), {about_self(MemberState::Suspect, 1)});
    EXPECT_EQ(own(), (Claim{0xabc, 10, 2, MemberState::Alive}));
}

TEST_P(RefutedSuspicion, OfAnEarlierIncarnationRaisesNothing) {
    rig.hear_gossip(p(1), {about_self(MemberState::Suspect, 0)});
    rig.hear_gossip(p(1), {about_self(MemberState::Suspect, 0)});
    EXPECT_EQ(own().incarnation, 1U);
}

// Two are suspected, one of them knows: only its refutation counts, not that both are heard from.
TEST_P(RefutedSuspicion, SavesWhoKnowsOfItAndNotWhoOnlySpeaks) {
    rig.hear_gossip(p(1), {suspect(p(0), "p01"), suspect(p(2), "p01")});
    p(0).incarnation = 1;
    rig.hear_ping(p(0), 5, 66, {alive(p(0))});
    rig.hear_ping(p(2), 5, 67);
    rig.run_for(40s);

    EXPECT_EQ(rig.state_of("p00"), MemberState::Alive);
    EXPECT_EQ(rig.state_of("p02"), MemberState::Dead);
}

}  // namespace
}  // namespace memberd::tests
