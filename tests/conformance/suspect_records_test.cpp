// Suspicion as a claim, in the modes where it is one: against every other claim.
#include <gtest/gtest.h>

#include "tests/conformance/support/rule.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

class SuspectRecords : public Rule {
  protected:
    // Of p00 by p01, which says it.
    void accuse(std::uint32_t incarnation) {
        Said said = suspect(p(0), "p01");
        said.claim.incarnation = incarnation;
        rig.hear_gossip(p(1), {said});
    }
};

INSTANTIATE_TEST_SUITE_P(Modes, SuspectRecords, kSuspicionIsClaim, mode_name);

TEST_P(SuspectRecords, WinOverLifeInTheSameIncarnation) {
    accuse(0);

    EXPECT_EQ(held("p00"), p(0).claim(MemberState::Suspect));
    ASSERT_EQ(rig.changes.size(), 1U);
    EXPECT_EQ(rig.changes.front().previous, MemberState::Alive);
}

TEST_P(SuspectRecords, WinOverLifeInALaterIncarnation) {
    accuse(3);
    EXPECT_EQ(held("p00"), p(0).claim(MemberState::Suspect, 3));
}

TEST_P(SuspectRecords, OfAnEarlierIncarnationAreIgnoredAndNotPassedOn) {
    rig.hear_gossip(p(1), {alive(p(0), 10)});
    rig.run_for(10s);
    rig.forget_past();
    accuse(9);
    rig.run_for(5s);

    EXPECT_EQ(held("p00"), p(0).claim(MemberState::Alive, 10));
    EXPECT_TRUE(rig.changes.empty());
    for (const Said& said : passed_on(p(0))) {
        EXPECT_NE(said.claim.state, MemberState::Suspect);
    }
}

TEST_P(SuspectRecords, AreNotClearedByTheSameIncarnation) {
    accuse(2);
    for (std::uint32_t incarnation = 0; incarnation <= 2; ++incarnation) {
        rig.hear_gossip(p(1), {alive(p(0), incarnation)});
        rig.hear_sync(p(1), {alive(p(0), incarnation)});
        EXPECT_EQ(rig.state_of("p00"), MemberState::Suspect) << incarnation;
    }
}

TEST_P(SuspectRecords, AreClearedByAGreaterIncarnationWithoutAnArrival) {
    accuse(2);
    rig.forget_past();
    rig.hear_gossip(p(1), {alive(p(0), 3)});

    EXPECT_EQ(held("p00"), p(0).claim(MemberState::Alive, 3));
    EXPECT_EQ(rig.engine.find("p00")->since, rig.now);
    ASSERT_EQ(rig.changes.size(), 1U);
    EXPECT_FALSE(rig.changes.front().is_new);
    rig.run_for(5s);
    EXPECT_FALSE(passed_on(p(0)).empty());
}

TEST_P(SuspectRecords, GiveWayToALaterSuspicionAndNotToAnEarlier) {
    accuse(2);
    accuse(1);
    EXPECT_EQ(held("p00").incarnation, 2U);
    accuse(4);
    EXPECT_EQ(held("p00"), p(0).claim(MemberState::Suspect, 4));
}

TEST_P(SuspectRecords, GiveWayToADeathOfTheSameIncarnation) {
    accuse(2);
    rig.hear_gossip(p(1), {death_of(p(0), 1)});
    EXPECT_EQ(rig.state_of("p00"), MemberState::Suspect);
    rig.hear_gossip(p(1), {death_of(p(0), 2)});
    EXPECT_EQ(rig.state_of("p00"), MemberState::Dead);
}

TEST_P(SuspectRecords, DoNotReopenADeathOfTheSameIncarnation) {
    p(0).answers = false;
    rig.hear_gossip(p(1), {death_of(p(0), 2)});
    for (std::uint32_t incarnation = 0; incarnation <= 2; ++incarnation) {
        accuse(incarnation);
        EXPECT_EQ(rig.state_of("p00"), MemberState::Dead) << incarnation;
    }
}

TEST_P(SuspectRecords, OfTheUnknownAddNobody) {
    Peer& x = rig.add_stranger("x");
    rig.hear_gossip(p(1), {suspect(x, "p01")});
    rig.run_for(5s);

    EXPECT_FALSE(rig.knows("x"));
    EXPECT_TRUE(rig.changes.empty());
    EXPECT_TRUE(rig.said_of("x").empty());
}

// A table may show us somebody whom others suspect: it is taken in as it is, and its time runs.
TEST_P(SuspectRecords, OfTheUnknownWithProfileAreTakenInAsSuspects) {
    Peer& x = rig.add_stranger("x");
    x.answers = false;
    rig.hear_sync(p(1), {with_profile(suspect(x, "p02"), x)});

    EXPECT_EQ(rig.state_of("x"), MemberState::Suspect);
    rig.run_for(60s);
    EXPECT_EQ(rig.state_of("x"), MemberState::Dead);
}

TEST_P(SuspectRecords, CountAsMembersAndAsSuspects) {
    accuse(0);
    const EngineStatus status = rig.engine.status(rig.now);
    EXPECT_EQ(status.alive, 6U);
    EXPECT_EQ(status.suspect, 1U);
    EXPECT_EQ(status.dead, 0U);
    rig.hear_gossip(p(1), {alive(p(0), 1)});
    EXPECT_EQ(rig.engine.status(rig.now).suspect, 0U);
    EXPECT_EQ(rig.engine.status(rig.now).alive, 7U);
}

TEST_P(SuspectRecords, StayInTheRing) {
    const std::uint64_t ring = rig.engine.status(rig.now).ring_digest;
    accuse(0);
    EXPECT_EQ(rig.engine.status(rig.now).ring_digest, ring);
    rig.hear_gossip(p(1), {death_of(p(0))});
    EXPECT_NE(rig.engine.status(rig.now).ring_digest, ring);
}

}  // namespace
}  // namespace memberd::tests
