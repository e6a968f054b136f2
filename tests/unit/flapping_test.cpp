// A member that was removed returns when it is answered, and later if it was removed before.
#include <map>
#include <string>
#include <string_view>
#include <vector>

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

    // The first removal, and the round trips that let it return.
    void be_removed_and_return() {
        const std::uint32_t before = incarnation();
        hear_of_own_death();
        EXPECT_EQ(incarnation(), before) << "the answers are on their way";
        rig.run_for(kAnswers);
        EXPECT_EQ(incarnation(), before + 1);
    }

    void silence(std::size_t count) {
        for (std::size_t i = 0; i < 8; ++i) {
            rig.peer("p0" + std::to_string(i)).answers = i >= count;
        }
    }

    std::uint32_t last_ping_to(std::string_view name) {
        const auto pings = rig.all_sent<Ping>(&rig.peer(name));
        EXPECT_FALSE(pings.empty());
        return pings.empty() ? 0 : pings.back()->body<Ping>().sequence;
    }

    std::uint64_t answers_of(std::string_view name) {
        return rig.engine.observation(rig.now, name)->answers;
    }

    void stand_still(Duration length) {
        rig.now += length;
        rig.engine.resumed(rig.now, length, rig.out);
        rig.collect();
    }

    static constexpr Duration kAnswers = 20ms;
    EngineRig rig;
};

TEST_F(Flapping, ReturnsAtOnceTheFirstTime) {
    be_removed_and_return();
    EXPECT_EQ(rig.engine.status(rig.now).held_for, 0s);
    EXPECT_EQ(rig.noticed(NoticeKind::HeldBack), nullptr);
    EXPECT_EQ(rig.noticed(NoticeKind::DoubtBegan), nullptr);
}

TEST_F(Flapping, ReturnsOnTheAnswersOfThreeInFour) {
    silence(2);
    be_removed_and_return();
}

TEST_F(Flapping, StaysAwayUntilEnoughAnswer) {
    silence(3);
    hear_of_own_death();
    rig.run_for(1s);
    EXPECT_EQ(incarnation(), 0U);
    EXPECT_NE(rig.engine.status(rig.now).doubt.find("removed"), std::string::npos);
    EXPECT_GT(rig.engine.status(rig.now).held_for, 0s);
    EXPECT_LE(rig.engine.status(rig.now).held_for, 1s);
    EXPECT_EQ(rig.noticed(NoticeKind::HeldBack), nullptr) << "it may have been chance";
    hear_of_own_death();  // Told again.
    rig.run_for(1100ms);
    EXPECT_EQ(incarnation(), 0U);
    ASSERT_NE(rig.noticed(NoticeKind::HeldBack), nullptr);
    EXPECT_EQ(rig.noticed(NoticeKind::HeldBack)->number, 4000U);
    const auto evidence = rig.engine.flight_recorder().about("self");
    ASSERT_EQ(evidence.size(), 1U);
    EXPECT_EQ(evidence[0].kind, EvidenceKind::HeldBack);
    silence(2);
    rig.run_for(3s);
    EXPECT_EQ(incarnation(), 0U) << "the next try is due after 4 s";
    rig.run_for(1s);
    EXPECT_EQ(incarnation(), 1U);
    EXPECT_EQ(rig.engine.status(rig.now).held_for, 0s);
    EXPECT_TRUE(rig.engine.status(rig.now).doubt.empty());
}

TEST_F(Flapping, TriesAfterTwoFourEightAndSixteenSecondsAndThenDemandsHalf) {
    silence(4);
    hear_of_own_death();
    rig.run_for(46s - 1ms);  // 2, 4, 8, 16, 16.
    EXPECT_EQ(incarnation(), 0U);
    rig.run_for(1ms + kAnswers);
    EXPECT_EQ(incarnation(), 1U);
}

TEST_F(Flapping, CountsNoAnswerThatIsLaterThanTheOthers) {
    for (int i = 0; i < 3; ++i) {
        rig.peer("p0" + std::to_string(i)).delay = 400ms;
    }
    hear_of_own_death();
    rig.run_for(1s);
    EXPECT_EQ(incarnation(), 0U);
}

TEST_F(Flapping, CountsSlowAnswersWhereAllAreSlow) {
    for (int i = 0; i < 8; ++i) {
        rig.peer("p0" + std::to_string(i)).delay = i < 3 ? 700ms : 400ms;
    }
    hear_of_own_death();
    rig.run_for(800ms);
    EXPECT_EQ(incarnation(), 1U);
}

TEST_F(Flapping, CountsNoAnswerOfAnotherRun) {
    for (int i = 0; i < 8; ++i) {
        rig.peer("p0" + std::to_string(i)).profile.instance += i == 3 ? 0 : 1;
    }
    hear_of_own_death();
    rig.run_for(1s);
    EXPECT_EQ(incarnation(), 0U);
}

// Whoever answered is not declared dead for want of an answer.
TEST_F(Flapping, TheAnswersAreNewsToDetectionAlsoWhenTheyComeAfterTheReturn) {
    rig.peer("p00").delay = 400ms;
    rig.peer("p05").delay = 400ms;
    const auto answers = [&] {
        std::map<std::string, std::uint64_t> counts;
        for (const std::string_view name : rig.engine.subjects()) {
            counts[std::string(name)] = answers_of(name);
        }
        return counts;
    };
    const auto before = answers();
    ASSERT_EQ(before.size(), 8U);
    be_removed_and_return();
    rig.run_for(380ms);
    const auto after = answers();
    for (const auto& [name, count] : before) {
        EXPECT_GT(after.at(name), count) << name;
    }
}

TEST_F(Flapping, AnAnswerFromAnEarlierTryCountsForDetectionAlone) {
    silence(3);
    hear_of_own_death();
    rig.run_for(2s);  // The second try.
    const std::uint32_t sequence = last_ping_to("p00");
    rig.run_for(4s + kAnswers);  // The third: five of the six that are needed have answered.
    const std::uint64_t known = answers_of("p00");
    rig.hear_ack(rig.peer("p00"), sequence);
    EXPECT_EQ(incarnation(), 0U);
    EXPECT_EQ(answers_of("p00"), known + 1);
}

TEST_F(Flapping, AnAnswerToAPingOfBeforeItStayedAwayIsNoRoundTrip) {
    silence(3);
    hear_of_own_death();
    const std::uint32_t sequence = last_ping_to("p00");
    rig.run_for(1s);
    ASSERT_FALSE(rig.engine.status(rig.now).doubt.empty());
    const std::uint64_t known = answers_of("p00");
    rig.hear_ack(rig.peer("p00"), sequence);
    EXPECT_EQ(answers_of("p00"), known);
}

TEST_F(Flapping, AnswersToPingsOfBeforeAPauseOfThisProcessAreNotHeeded) {
    silence(8);
    hear_of_own_death();
    std::map<std::string, std::uint32_t> sequences;
    for (int i = 0; i < 8; ++i) {
        const std::string name = "p0" + std::to_string(i);
        sequences[name] = last_ping_to(name);
    }
    stand_still(9s);
    const std::uint64_t known = answers_of("p00");
    for (const auto& [name, sequence] : sequences) {
        rig.hear_ack(rig.peer(name), sequence);
    }
    EXPECT_EQ(incarnation(), 0U) << "all would be in time, as late as each other";
    EXPECT_EQ(answers_of("p00"), known);
}

TEST_F(Flapping, TriesAnewAtOnceAfterAPauseOfThisProcess) {
    silence(8);
    hear_of_own_death();
    rig.run_for(7s);  // Three tries; the next is due in 7 s.
    silence(0);
    stand_still(1s);
    rig.run_for(kAnswers);
    EXPECT_EQ(incarnation(), 1U);
}

// Nobody is left, or nobody hears us: then to stay away helps nobody.
TEST_F(Flapping, EndsWhereNobodyAnswersForSoLongThatOwnEvidenceDecides) {
    silence(8);
    hear_of_own_death();
    rig.run_for(30s);
    EXPECT_EQ(rig.state_of("p00"), MemberState::Alive);
    EXPECT_EQ(incarnation(), 0U);
    rig.run_for(60s);  // Doubt from silence ends after 10 s x log2 of 9.
    for (int i = 0; i < 8; ++i) {
        EXPECT_EQ(rig.state_of("p0" + std::to_string(i)), MemberState::Dead) << i;
    }
    EXPECT_EQ(incarnation(), 1U);
    EXPECT_EQ(rig.engine.status(rig.now).held_for, 0s);
}

TEST_F(Flapping, CountsTheWindowFromTheReturnHoweverLateItIs) {
    silence(3);
    hear_of_own_death();
    rig.run_for(20s);
    silence(0);
    rig.run_for(20s);
    ASSERT_EQ(incarnation(), 1U);
    rig.run_for(9min + 45s);
    hear_of_own_death();
    EXPECT_EQ(rig.engine.status(rig.now).held_for, 60s);
}

TEST_F(Flapping, EndsWithANewGeneration) {
    be_removed_and_return();
    hear_of_own_death();
    ASSERT_EQ(rig.engine.status(rig.now).held_for, 60s);
    Said other = about_self(MemberState::Dead, 0);
    other.claim.instance += 1;
    other.claim.generation += 1;
    rig.hear_gossip(rig.peer("p03"), {other});
    EXPECT_EQ(rig.engine.self().claim.generation, 12U);
    EXPECT_EQ(rig.engine.status(rig.now).held_for, 0s);
}

// As `memsim --off damping` does; the first try must not be followed by the next at the same
// instant.
TEST_F(Flapping, WhereHoldsAreNothingTriesOnceAPeriodAtMost) {
    RigOptions options;
    options.timing.membership.flapping.first = 0s;
    options.timing.membership.flapping.next = 0s;
    EngineRig undamped(options);
    undamped.add_many(8);
    for (int i = 0; i < 8; ++i) {
        undamped.peer("p0" + std::to_string(i)).answers = false;
    }
    Said said = about_self(MemberState::Dead, 0);
    said.accusers = {"p01", "p02"};
    undamped.hear_gossip(undamped.peer("p03"), {said});
    undamped.forget_past();
    undamped.run_for(2500ms);
    EXPECT_GE(undamped.count<Ping>(), 16U);
    EXPECT_LE(undamped.count<Ping>(), 48U) << "two tries, and what it asks its subjects";
}

TEST_F(Flapping, ReturnsAfterAMinuteTheSecondTimeAndAfterTenTheThird) {
    be_removed_and_return();
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
    rig.run_for(1s + kAnswers);
    EXPECT_EQ(incarnation(), 2U);
    EXPECT_EQ(rig.engine.status(rig.now).held_for, 0s);

    rig.run_for(20s);
    hear_of_own_death();
    EXPECT_EQ(rig.engine.status(rig.now).held_for, 10min);
    rig.run_for(10min + kAnswers);
    EXPECT_EQ(incarnation(), 3U);
}

TEST_F(Flapping, AccusesNobodyAndSaysWhyWhileItStaysAway) {
    be_removed_and_return();
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
    be_removed_and_return();
    hear_of_own_death();
    ASSERT_EQ(rig.engine.status(rig.now).held_for, 60s);
    rig.run_for(20s);  // The turns that were set before are over.
    rig.forget_past();
    rig.run_for(32s);
    const std::size_t meanwhile = rig.count<Ping>();
    EXPECT_GE(meanwhile, usual / 8);
    EXPECT_LE(meanwhile, usual / 3);
    rig.run_for(8s + kAnswers);
    ASSERT_EQ(rig.engine.status(rig.now).held_for, 0s);
    rig.forget_past();
    rig.run_for(1s);
    EXPECT_GE(rig.count<Ping>(), rig.engine.subjects().size());
}

// Only we raise our incarnation: whoever names a greater one has not observed that run.
TEST_F(Flapping, RefutesAtOnceWhatNobodyCanHaveObserved) {
    Said said = about_self(MemberState::Dead, 5);
    said.accusers = {"p01", "p02"};
    rig.hear_gossip(rig.peer("p03"), {said});
    EXPECT_EQ(incarnation(), 6U);
}

TEST_F(Flapping, OutdoesTheGreatestDeathThatItHasHeardOf) {
    be_removed_and_return();
    hear_of_own_death();
    Said said = about_self(MemberState::Dead, 5);
    said.accusers = {"p01", "p02"};
    rig.hear_gossip(rig.peer("p03"), {said});
    EXPECT_EQ(incarnation(), 1U);
    rig.run_for(60s + kAnswers);
    EXPECT_EQ(incarnation(), 6U);
}

TEST_F(Flapping, IsNotHeldForLongAgo) {
    be_removed_and_return();
    rig.run_for(10min);
    be_removed_and_return();
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
        round == 0 ? be_removed_and_return() : hear_of_own_death();
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
    be_removed_and_return();
    hear_of_own_death();
    ASSERT_GT(rig.engine.status(rig.now).held_for, 0s);
    rig.forget_past();
    rig.hear_gossip(other, {});
    EXPECT_TRUE(rig.sent.empty()) << "two such members would never come to an end";
}

TEST_F(Flapping, EndsWhenTheMemberHasSomethingNewToSay) {
    be_removed_and_return();
    hear_of_own_death();
    ASSERT_GT(rig.engine.status(rig.now).held_for, 0s);
    Attributes attributes;
    attributes.tags = {{"role", "cache"}};
    ASSERT_TRUE(rig.engine.set_attributes(rig.now, attributes, rig.out));
    rig.collect();
    EXPECT_EQ(incarnation(), 2U);
    EXPECT_EQ(rig.engine.status(rig.now).held_for, 0s);
}

// In a small cluster one of those that are asked may have failed while this member was away.
TEST(FlappingOfFew, ReturnsOnTheAnswerOfOneOfTwoAndOfTwoOfThree) {
    for (const int others : {2, 3}) {
        EngineRig rig;
        rig.add_many(others);
        rig.run_for(30s);
        rig.peer("p00").answers = false;
        Said said = about_self(MemberState::Dead, 0);
        said.accusers = {"p00", "p01"};
        rig.hear_gossip(rig.peer("p01"), {said});
        EXPECT_EQ(rig.engine.self().claim.incarnation, 0U);
        rig.run_for(20ms);
        EXPECT_EQ(rig.engine.self().claim.incarnation, 1U) << others;
    }
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
