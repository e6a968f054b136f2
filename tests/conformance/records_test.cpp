// Which claim about a member wins, what is shown of it, and what is not.
#include <array>

#include <gtest/gtest.h>

#include "tests/conformance/support/rule.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

class Records : public Rule {};

INSTANTIATE_TEST_SUITE_P(Modes, Records, kAllModes, mode_name);

TEST_P(Records, AnArrivalIsShownAnnouncedOnceAndPassedOn) {
    Peer& fresh = rig.add_stranger("fresh");

    rig.hear_gossip(p(1), {alive(fresh)});

    EXPECT_EQ(held("fresh"), fresh.claim());
    rig.run_for(5s);
    ASSERT_EQ(rig.changes.size(), 1U);
    EXPECT_TRUE(rig.changes.front().is_new);
    EXPECT_FALSE(passed_on(fresh).empty());
}

TEST_P(Records, TheSameClaimAgainChangesNothing) {
    const std::uint64_t digest = rig.engine.status(rig.now).view_digest;

    rig.hear_gossip(p(1), {alive(p(0))});
    rig.hear_sync(p(1), {alive(p(0))});
    rig.run_for(5s);

    EXPECT_EQ(rig.engine.status(rig.now).view_digest, digest);
    EXPECT_TRUE(rig.changes.empty());
    EXPECT_TRUE(rig.said_of("p00").empty());
}

TEST_P(Records, AGreaterIncarnationAloneIsHeldAndPassedOnButIsNoEvent) {
    const Instant since = rig.engine.find("p00")->since;

    rig.hear_gossip(p(1), {alive(p(0), 1)});
    rig.run_for(5s);

    EXPECT_EQ(held("p00"), p(0).claim(MemberState::Alive, 1));
    EXPECT_EQ(rig.engine.find("p00")->since, since);
    EXPECT_TRUE(rig.changes.empty());
    EXPECT_FALSE(passed_on(p(0)).empty());
}

TEST_P(Records, ADeathOfTheSameIncarnationWins) {
    rig.hear_gossip(p(1), {death_of(p(0))});

    EXPECT_EQ(rig.state_of("p00"), MemberState::Dead);
    EXPECT_EQ(rig.engine.find("p00")->since, rig.now);
    rig.run_for(5s);
    EXPECT_FALSE(passed_on(p(0)).empty());
}

TEST_P(Records, ADeathOfAnEarlierIncarnationIsIgnored) {
    rig.hear_gossip(p(1), {alive(p(0), 5)});
    rig.hear_gossip(p(1), {death_of(p(0), 4)});
    rig.run_for(5s);

    EXPECT_EQ(held("p00"), p(0).claim(MemberState::Alive, 5));
    EXPECT_TRUE(rig.changes.empty());
}

TEST_P(Records, TheSameIncarnationDoesNotReviveTheDead) {
    p(0).answers = false;
    rig.hear_gossip(p(1), {alive(p(0), 3)});
    rig.hear_gossip(p(1), {death_of(p(0), 3)});
    for (std::uint32_t incarnation = 0; incarnation <= 3; ++incarnation) {
        rig.hear_gossip(p(1), {alive(p(0), incarnation)});
        rig.hear_sync(p(1), {alive(p(0), incarnation)});
        EXPECT_EQ(rig.state_of("p00"), MemberState::Dead) << incarnation;
    }
}

TEST_P(Records, AGreaterIncarnationRevivesTheDead) {
    rig.hear_gossip(p(1), {death_of(p(0))});
    rig.forget_past();
    rig.hear_gossip(p(1), {alive(p(0), 1)});

    EXPECT_EQ(held("p00"), p(0).claim(MemberState::Alive, 1));
    ASSERT_EQ(rig.changes.size(), 1U);
    EXPECT_EQ(rig.changes.front().previous, MemberState::Dead);
}

TEST_P(Records, ASecondDeathIsNoEventAndIsNotPassedOn) {
    p(0).answers = false;
    rig.hear_gossip(p(1), {death_of(p(0))});
    rig.run_for(10s);
    rig.forget_past();

    rig.hear_gossip(p(1), {death_of(p(0))});
    rig.hear_gossip(p(2), {death_of(p(0), 1)});
    rig.run_for(10s);

    EXPECT_TRUE(rig.changes.empty());
    EXPECT_TRUE(passed_on(p(0)).empty());
}

TEST_P(Records, LeavingBeatsEveryIncarnationOfItsGeneration) {
    rig.hear_gossip(p(1), {alive(p(0), 5)});
    Said said = left(p(0));
    said.claim.incarnation = 2;
    rig.hear_gossip(p(1), {said});

    EXPECT_EQ(rig.state_of("p00"), MemberState::Left);
}

TEST_P(Records, OnlyAnotherGenerationReopensTheLeft) {
    rig.hear_gossip(p(1), {left(p(0))});
    for (const std::uint32_t incarnation : {0U, 1U, 1000U}) {
        rig.hear_gossip(p(1), {alive(p(0), incarnation)});
        rig.hear_gossip(p(1), {death_of(p(0), incarnation)});
        EXPECT_EQ(rig.state_of("p00"), MemberState::Left) << incarnation;
    }
    const Peer again = next_run_of(p(0));
    rig.hear_gossip(p(1), {alive(again)});

    EXPECT_EQ(held("p00"), again.claim());
}

TEST_P(Records, AnotherGenerationBeatsEveryIncarnation) {
    rig.hear_gossip(p(1), {alive(p(0), 50)});
    const Peer again = next_run_of(p(0));
    rig.hear_gossip(p(1), {alive(again)});

    EXPECT_EQ(held("p00"), again.claim());
}

TEST_P(Records, AnEarlierGenerationNeverCountsWhateverItSays) {
    const Peer old = p(0);
    const Peer again = next_run_of(old);
    rig.hear_gossip(p(1), {alive(again)});
    rig.forget_past();

    for (const std::uint32_t incarnation : {0U, 1000U}) {
        rig.hear_gossip(p(1), {alive(old, incarnation)});
        rig.hear_gossip(p(1), {death_of(old, incarnation)});
        rig.hear_sync(p(1), {with_profile(death_of(old, incarnation), old)});
        rig.hear_gossip(p(1), {left(old)});
    }
    rig.run_for(2s);

    EXPECT_EQ(held("p00"), again.claim());
    EXPECT_TRUE(changes_of("p00").empty());
}

TEST_P(Records, TheDeathOfTheUnknownIsNeitherShownNorPassedOn) {
    Peer& x = rig.add_stranger("x");
    x.answers = false;
    rig.hear_gossip(p(1), {death_of(x)});
    rig.hear_gossip(p(1), {with_profile(death_of(x), x)});
    rig.run_for(5s);

    EXPECT_FALSE(rig.knows("x"));
    EXPECT_TRUE(rig.changes.empty());
    EXPECT_TRUE(passed_on(x).empty());
}

TEST_P(Records, TheLeaveOfTheUnknownIsNeitherShownNorPassedOn) {
    Peer& x = rig.add_stranger("x");
    rig.hear_gossip(p(1), {left(x)});
    rig.hear_sync(p(1), {with_profile(left(x), x)});
    rig.run_for(5s);

    EXPECT_FALSE(rig.knows("x"));
    EXPECT_TRUE(rig.changes.empty());
    EXPECT_TRUE(rig.said_of("x").empty());
}

TEST_P(Records, TheUnknownWhoseDeathWasHeardFirstNeedsAGreaterIncarnationToBeShown) {
    Peer& x = rig.add_stranger("x");
    rig.hear_gossip(p(1), {with_profile(death_of(x, 2), x)});
    rig.hear_gossip(p(1), {alive(x, 2)});
    EXPECT_FALSE(rig.knows("x"));
    rig.hear_gossip(p(1), {alive(x, 3)});

    EXPECT_EQ(rig.state_of("x"), MemberState::Alive);
    ASSERT_EQ(changes_of("x").size(), 1U);
    EXPECT_TRUE(changes_of("x").front().is_new);
}

TEST_P(Records, TheUnknownWhoseLeaveWasHeardFirstNeedsAnotherGenerationToBeShown) {
    Peer& x = rig.add_stranger("x");
    rig.hear_gossip(p(1), {with_profile(left(x), x)});
    rig.hear_gossip(p(1), {alive(x, 3)});
    EXPECT_FALSE(rig.knows("x"));
    rig.hear_gossip(p(1), {alive(next_run_of(x))});
    EXPECT_EQ(rig.state_of("x"), MemberState::Alive);
}

TEST_P(Records, CountsAreOfTheLivingAndTheGoneApart) {
    rig.hear_gossip(p(1), {death_of(p(0))});
    rig.hear_gossip(p(1), {left(p(2))});

    const EngineStatus status = rig.engine.status(rig.now);
    EXPECT_EQ(status.alive, 5U);
    EXPECT_EQ(status.suspect, 0U);
    EXPECT_EQ(status.dead, 1U);
    EXPECT_EQ(status.left, 1U);
    EXPECT_EQ(rig.engine.members().size(), 7U);
}

TEST_P(Records, OneIsInOnesOwnViewAndStrangersAreNot) {
    ASSERT_TRUE(rig.knows("self"));
    EXPECT_EQ(rig.state_of("self"), MemberState::Alive);
    EXPECT_EQ(rig.engine.find("self")->claim, rig.engine.self().claim);
    EXPECT_FALSE(rig.knows("x"));
    EXPECT_FALSE(rig.knows(""));
    EXPECT_EQ(rig.engine.members().size(), 7U);
}

TEST_P(Records, ARestartTakesThePlaceOfTheRunBefore) {
    const Peer again = next_run_of(p(0));
    rig.hear_gossip(p(1), {alive(again)});

    EXPECT_EQ(held("p00").instance, again.profile.instance);
    EXPECT_EQ(rig.engine.members().size(), 7U);
    ASSERT_EQ(rig.changes.size(), 1U);
    EXPECT_EQ(rig.changes.front().kind, ChangeKind::Updated);
}

class ShortTombstones : public Rule {
  protected:
    ShortTombstones() : Rule(6, options()) {}

    static RigOptions options() {
        RigOptions options;
        options.timing.membership.tombstone_window = 30s;
        options.timing.membership.dead_window = 60s;
        return options;
    }
};

INSTANTIATE_TEST_SUITE_P(Modes, ShortTombstones, kAllModes, mode_name);

// 2 minutes longer the record is kept outside the digest, and it is looked at every 20 s.
TEST_P(ShortTombstones, BlockTheSameRunUntilTheyEndAndNotLonger) {
    p(0).answers = false;
    rig.hear_gossip(p(1), {left(p(0))});
    rig.run_for(145s);
    rig.hear_gossip(p(1), {alive(p(0), 1)});
    EXPECT_EQ(rig.state_of("p00"), MemberState::Left);
    rig.run_for(30s);
    EXPECT_FALSE(rig.knows("p00"));
    EXPECT_EQ(changes_of("p00").back().kind, ChangeKind::Forgotten);

    p(0).answers = true;
    rig.hear_gossip(p(1), {alive(p(0), 1)});
    EXPECT_EQ(rig.state_of("p00"), MemberState::Alive);
}

TEST_P(ShortTombstones, OfTheDeadLastTheirOwnTime) {
    p(0).answers = false;
    rig.hear_gossip(p(1), {death_of(p(0))});
    rig.run_for(175s);
    EXPECT_EQ(rig.state_of("p00"), MemberState::Dead);
    rig.run_for(30s);
    EXPECT_FALSE(rig.knows("p00"));
}

}  // namespace
}  // namespace memberd::tests
