// A member that is removed again and again holds itself back.
#include <gtest/gtest.h>

#include "tests/unit/support/engine_rig.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

class Flapping : public ::testing::Test {
  protected:
    Flapping() {
        rig.add_many(8);
        rig.run_for(30s);
    }

    std::uint32_t incarnation() { return rig.engine.self().claim.incarnation; }

    // Two of the others have declared us dead, as we are.
    void hear_of_own_death(std::vector<std::string> accusers = {"p01", "p02"}) {
        Said said = about_self(MemberState::Dead, incarnation());
        said.accusers = std::move(accusers);
        rig.hear_gossip(rig.peer("p03"), {said});
    }

    EngineRig rig;
};

TEST_F(Flapping, ReturnsAtOnceTheFirstTime) {
    hear_of_own_death();
    EXPECT_EQ(incarnation(), 1U);
    EXPECT_EQ(rig.engine.status(rig.now).held_for, 0s);
}

TEST_F(Flapping, ReturnsAfterAMinuteTheSecondTimeAndAfterTenTheThird) {
    hear_of_own_death();
    rig.run_for(40s);
    hear_of_own_death();
    EXPECT_EQ(incarnation(), 1U);
    EXPECT_EQ(rig.engine.status(rig.now).held_for, 60s);
    const Notice* held = rig.noticed(NoticeKind::HeldBack);
    ASSERT_NE(held, nullptr);
    EXPECT_EQ(held->number, 60'000U);
    const auto evidence = rig.engine.flight_recorder().about("self");
    ASSERT_EQ(evidence.size(), 1U);
    EXPECT_EQ(evidence[0].kind, EvidenceKind::HeldBack);
    EXPECT_EQ(evidence[0].age, 60s);
    EXPECT_EQ(evidence[0].other, "p03");

    rig.run_for(59s);
    hear_of_own_death();  // Told again: the same death.
    EXPECT_EQ(incarnation(), 1U);
    rig.run_for(1s);
    EXPECT_EQ(incarnation(), 2U);
    EXPECT_EQ(rig.engine.status(rig.now).held_for, 0s);

    rig.run_for(20s);
    hear_of_own_death();
    EXPECT_EQ(rig.engine.status(rig.now).held_for, 10min);
    rig.run_for(10min);
    EXPECT_EQ(incarnation(), 3U);
}

TEST_F(Flapping, AccusesNobodyAndSaysWhyWhileItStaysAway) {
    hear_of_own_death();
    rig.run_for(40s);
    hear_of_own_death();
    ASSERT_GT(rig.engine.status(rig.now).held_for, 0s);
    EXPECT_NE(rig.engine.status(rig.now).doubt.find("removed"), std::string::npos);
    rig.peer("p07").answers = false;
    rig.forget_past();
    rig.run_for(50s);
    for (int i = 1; i <= 5; ++i) {
        rig.hear_suspicion(rig.peer("p0" + std::to_string(i)), {&rig.peer("p07")}, 9s);
    }
    rig.run_for(200ms);
    EXPECT_EQ(rig.count<Suspicion>(), 0U);
    EXPECT_EQ(rig.count<PingReq>(), 0U);
    EXPECT_EQ(rig.engine.counters().deaths, 0U);
    EXPECT_LE(rig.count<Ping>(&rig.peer("p07")), 9U) << "no more than its turns";

    rig.run_for(30s);  // It is back, and looks anew.
    EXPECT_TRUE(rig.engine.status(rig.now).doubt.empty());
    EXPECT_GT(rig.count<Suspicion>(), 0U);
}

TEST_F(Flapping, PingsAFourthAsOftenMeanwhileAndAllSubjectsSoonAfterwards) {
    rig.forget_past();
    rig.run_for(32s);
    const std::size_t usual = rig.count<Ping>();
    hear_of_own_death();
    hear_of_own_death();
    ASSERT_EQ(rig.engine.status(rig.now).held_for, 60s);
    rig.run_for(20s);  // The turns that were set before are over.
    rig.forget_past();
    rig.run_for(32s);
    const std::size_t meanwhile = rig.count<Ping>();
    EXPECT_GE(meanwhile, usual / 8);
    EXPECT_LE(meanwhile, usual / 3);
    rig.run_for(8s);
    ASSERT_EQ(rig.engine.status(rig.now).held_for, 0s);
    rig.forget_past();
    rig.run_for(1s);
    EXPECT_GE(rig.count<Ping>(), rig.engine.subjects().size());
}

TEST_F(Flapping, OutdoesTheGreatestDeathThatItHasHeardOf) {
    hear_of_own_death();
    hear_of_own_death();
    Said said = about_self(MemberState::Dead, 5);
    said.accusers = {"p01", "p02"};
    rig.hear_gossip(rig.peer("p03"), {said});
    EXPECT_EQ(incarnation(), 1U);
    rig.run_for(60s);
    EXPECT_EQ(incarnation(), 6U);
}

TEST_F(Flapping, IsNotHeldForLongAgo) {
    hear_of_own_death();
    rig.run_for(10min);
    hear_of_own_death();
    EXPECT_EQ(incarnation(), 2U);
}

TEST_F(Flapping, IsNotHeldOnTheWordOfOne) {
    hear_of_own_death({"p01"});
    hear_of_own_death({"p01"});
    EXPECT_EQ(incarnation(), 2U);
}

TEST_F(Flapping, IsNotHeldWhereItWasOnTheGreaterSideOfACut) {
    // Those who accuse were dead to us until a moment ago: they sat on the other side.
    for (std::uint32_t round = 0; round < 3; ++round) {
        for (const char* name : {"p01", "p02"}) {
            Peer& peer = rig.peer(name);
            rig.hear_gossip(rig.peer("p03"), {dead(peer, {"p04", "p05"})});
            ASSERT_EQ(rig.state_of(name), MemberState::Dead);
            ++peer.incarnation;
            rig.hear_gossip(rig.peer("p03"), {with_profile(alive(peer), peer)});
            ASSERT_EQ(rig.state_of(name), MemberState::Alive);
        }
        hear_of_own_death();
        EXPECT_EQ(incarnation(), round + 1);
    }
}

TEST_F(Flapping, IsHeldWhereItWasAloneOnTheOtherSide) {
    for (std::uint32_t round = 0; round < 2; ++round) {
        for (int i = 0; i < 8; ++i) {
            rig.peer("p0" + std::to_string(i)).answers = false;
        }
        rig.run_for(60s);
        for (int i = 0; i < 8; ++i) {
            ASSERT_EQ(rig.state_of("p0" + std::to_string(i)), MemberState::Dead);
        }
        for (int i = 0; i < 8; ++i) {
            Peer& peer = rig.peer("p0" + std::to_string(i));
            peer.answers = true;
            ++peer.incarnation;
            rig.hear_gossip(peer, {with_profile(alive(peer), peer)});
        }
        EXPECT_EQ(rig.engine.status(rig.now).held_for, 0s);
        hear_of_own_death();
    }
    EXPECT_EQ(incarnation(), 1U);
    EXPECT_EQ(rig.engine.status(rig.now).held_for, 60s);
}

TEST_F(Flapping, TellsNobodyOfTheDeathThatIsHeldBackItself) {
    Peer& other = rig.peer("p07");
    rig.hear_gossip(rig.peer("p03"), {dead(other, {"p04", "p05"})});
    rig.forget_past();
    rig.hear_gossip(other, {});
    EXPECT_EQ(rig.sent.size(), 1U) << "who speaks and is dead to us must hear it";
    hear_of_own_death();
    hear_of_own_death();
    ASSERT_GT(rig.engine.status(rig.now).held_for, 0s);
    rig.forget_past();
    rig.hear_gossip(other, {});
    EXPECT_TRUE(rig.sent.empty()) << "two such members would never come to an end";
}

TEST_F(Flapping, EndsWhenTheMemberHasSomethingNewToSay) {
    hear_of_own_death();
    hear_of_own_death();
    ASSERT_GT(rig.engine.status(rig.now).held_for, 0s);
    Attributes attributes;
    attributes.tags = {{"role", "cache"}};
    ASSERT_TRUE(rig.engine.set_attributes(rig.now, attributes, rig.out));
    rig.collect();
    EXPECT_EQ(incarnation(), 2U);
    EXPECT_EQ(rig.engine.status(rig.now).held_for, 0s);
}

TEST(FlappingBaselines, AreNeverHeld) {
    for (const Mode mode : {Mode::Swim, Mode::Lifeguard}) {
        EngineRig rig({.mode = mode});
        rig.add_many(8);
        rig.run_for(30s);
        for (std::uint32_t round = 0; round < 4; ++round) {
            Said said = about_self(MemberState::Dead, round);
            said.accusers = {"p01", "p02"};
            rig.hear_gossip(rig.peer("p03"), {said});
            EXPECT_EQ(rig.engine.self().claim.incarnation, round + 1);
        }
    }
}

}  // namespace
}  // namespace memberd::tests
