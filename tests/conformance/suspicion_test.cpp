// How long a suspect has, and who shortens its time.
#include <memory>

#include <gtest/gtest.h>

#include "detector/suspicion_timer.hpp"
#include "tests/conformance/support/rule.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

// Thirteen members. The accused p00 answers our pings, which ends no suspicion in these modes: so
// we ourselves confirm nothing.
class Suspicions : public Rule {
  protected:
    Suspicions() : Rule(12) {}

    [[nodiscard]] static SuspicionLimits limits() {
        return GetParam() == Mode::Swim ? suspicion_limits(13, 1s, 4, 1, 0)
                                        : suspicion_limits(13, 1s, 4, 6, 3);
    }

    void accuse(const std::string& accuser, std::uint32_t incarnation = 0) {
        Said said = suspect(p(0), accuser);
        said.claim.incarnation = incarnation;
        rig.hear_gossip(p(1), {said});
    }
};

INSTANTIATE_TEST_SUITE_P(Modes, Suspicions, kSuspicionIsClaim, mode_name);

TEST_P(Suspicions, EndInDeathWhenTheirTimeIsOverAndNotBefore) {
    const Instant t = rig.now;
    accuse("p01");
    EXPECT_EQ(rig.engine.find("p00")->since, t);
    rig.run_for(limits().max - 1ms);
    EXPECT_EQ(rig.state_of("p00"), MemberState::Suspect);
    EXPECT_EQ(rig.engine.find("p00")->since, t);
    rig.run_for(1ms);

    EXPECT_EQ(rig.time_of("p00", MemberState::Dead), t + limits().max);
    EXPECT_EQ(rig.engine.find("p00")->since, t + limits().max);
    rig.forget_past();
    rig.run_for(1s);
    ASSERT_FALSE(passed_on(p(0)).empty());
    EXPECT_EQ(passed_on(p(0)).front().claim.state, MemberState::Dead);
}

TEST_P(Suspicions, ThatWereRefutedKillNobodyLater) {
    accuse("p01");
    rig.run_for(1s);
    rig.hear_gossip(p(1), {alive(p(0), 1)});
    rig.run_for(2 * limits().max);

    EXPECT_EQ(rig.state_of("p00"), MemberState::Alive);
}

TEST_P(Suspicions, OfARunThatRestartedKillNobodyLater) {
    accuse("p01");
    rig.run_for(1s);
    p(0) = next_run_of(p(0));
    rig.hear_gossip(p(1), {alive(p(0))});
    rig.run_for(2 * limits().max);

    EXPECT_EQ(held("p00"), p(0).claim());
}

TEST_P(Suspicions, ThatComeAgainAfterARefutationHaveTheirWholeTime) {
    accuse("p01");
    rig.run_for(limits().max - 100ms);
    rig.hear_gossip(p(1), {alive(p(0), 1)});
    const Instant again = rig.now;
    accuse("p01", 1);
    rig.run_for(2 * limits().max);

    EXPECT_EQ(rig.time_of("p00", MemberState::Dead), again + limits().max);
}

// That the first was refuted meanwhile, we have missed.
TEST_P(Suspicions, OfALaterIncarnationHaveTheirWholeTime) {
    accuse("p01");
    rig.run_for(limits().max - 100ms);
    const Instant again = rig.now;
    accuse("p02", 1);
    rig.run_for(2 * limits().max);

    EXPECT_EQ(rig.time_of("p00", MemberState::Dead), again + limits().max);
}

TEST_P(Suspicions, ByTheSameAccuserAgainAreNoNews) {
    const Instant t = rig.now;
    accuse("p01");
    rig.run_for(2s);
    rig.forget_past();
    accuse("p01");
    rig.run_for(1s);

    EXPECT_TRUE(rig.changes.empty());
    EXPECT_EQ(rig.engine.find("p00")->since, t);
    for (const Said& said : passed_on(p(0))) {
        ADD_FAILURE() << to_string(said.claim.state);
    }
    rig.run_for(limits().max);
    EXPECT_EQ(rig.time_of("p00", MemberState::Dead), t + limits().max);
}

// --- Lifeguard's confirmations ---

class Confirmations : public Suspicions {};

INSTANTIATE_TEST_SUITE_P(Modes, Confirmations, ::testing::Values(Mode::Lifeguard), mode_name);

TEST_P(Confirmations, ShortenTheTimeAsTheFormulaSays) {
    for (std::uint32_t count = 0; count <= 3; ++count) {
        const Instant t = rig.now;
        SuspicionTimer expected(t, 1, limits());
        accuse("p01", count);
        for (std::uint32_t i = 0; i < count; ++i) {
            accuse("p0" + std::to_string(2 + i), count);
            ASSERT_TRUE(expected.confirm(2 + i));
        }
        rig.run_for(expected.deadline() - t - 1ms);
        EXPECT_EQ(rig.state_of("p00"), MemberState::Suspect) << count;
        rig.run_for(1ms);
        EXPECT_EQ(rig.state_of("p00"), MemberState::Dead) << count;
        rig.hear_gossip(p(1), {alive(p(0), count + 1)});
    }
}

TEST_P(Confirmations, ByTheFirstAccuserAndByTheSameAgainCountOnce) {
    const Instant t = rig.now;
    accuse("p01");
    SuspicionTimer expected(t, 1, limits());
    ASSERT_TRUE(expected.confirm(2));
    for (int i = 0; i < 5; ++i) {
        accuse("p01");
        accuse("p02");
    }
    rig.run_for(limits().max);

    EXPECT_EQ(rig.time_of("p00", MemberState::Dead), expected.deadline());
}

TEST_P(Confirmations, ByAnotherAccuserAreNewsAndArePassedOn) {
    accuse("p01");
    rig.run_for(2s);
    rig.forget_past();
    accuse("p02");
    rig.run_for(1s);

    ASSERT_FALSE(passed_on(p(0)).empty());
    EXPECT_EQ(passed_on(p(0)).front().accusers, std::vector<std::string>{"p02"});
    EXPECT_TRUE(rig.changes.empty());
}

TEST_P(Confirmations, BeyondTheExpectedNumberAreNoNews) {
    for (const char* accuser : {"p01", "p02", "p03", "p04"}) {
        accuse(accuser);
    }
    rig.run_for(2s);
    rig.forget_past();
    accuse("p06");
    rig.run_for(1s);

    ASSERT_EQ(rig.state_of("p00"), MemberState::Suspect);
    for (const Said& said : passed_on(p(0))) {
        ADD_FAILURE() << said.accusers.front();
    }
}

TEST_P(Confirmations, ThatComeAfterTheShorterTimeEndItAtOnce) {
    accuse("p01");
    rig.run_for(limits().max - 1s);
    for (const char* accuser : {"p02", "p03", "p04"}) {
        accuse(accuser);
    }
    const Instant now = rig.now;
    rig.run_for(0s);

    EXPECT_EQ(rig.time_of("p00", MemberState::Dead), now);
}

TEST_P(Confirmations, AreMadeByOnesOwnMissedProbeToo) {
    p(0).answers = false;
    accuse("p01");
    rig.run_for(15s);

    bool is_said = false;
    for (const Said& said : passed_on(p(0))) {
        is_said |= said.accusers == std::vector<std::string>{"self"};
    }
    EXPECT_TRUE(is_said);
}

class PlainSuspicion : public Suspicions {};

INSTANTIATE_TEST_SUITE_P(Modes, PlainSuspicion, ::testing::Values(Mode::Swim), mode_name);

TEST_P(PlainSuspicion, IsNotShortenedByAnybody) {
    const Instant t = rig.now;
    for (const char* accuser : {"p01", "p02", "p03", "p04", "p05"}) {
        accuse(accuser);
    }
    rig.run_for(limits().max);

    EXPECT_EQ(rig.time_of("p00", MemberState::Dead), t + limits().max);
}

// --- Two members ---

class Pair : public Rule {
  protected:
    Pair() : Rule(1) {}
};

INSTANTIATE_TEST_SUITE_P(Modes, Pair, kSuspicionIsClaim, mode_name);

TEST_P(Pair, HasNobodyToConfirmSoTheWaitIsTheLeast) {
    p(0).answers = false;
    const Sent* ping = rig.run_until_sent<Ping>(2s);
    ASSERT_NE(ping, nullptr);
    const Instant t = ping->at;
    rig.run_for(20s);

    EXPECT_EQ(rig.time_of("p00", MemberState::Suspect), t + 1s);
    EXPECT_EQ(rig.time_of("p00", MemberState::Dead), t + 1s + 4s);
}

// --- Mode memberd: suspicion is evidence ---

class Evidence : public Rule {};

INSTANTIATE_TEST_SUITE_P(Modes, Evidence, ::testing::Values(Mode::Memberd), mode_name);

TEST_P(Evidence, OfAllOthersKillsNobodyWhomWeOurselvesReach) {
    for (int i = 0; i < 120; ++i) {
        for (int k = 1; k < 6; ++k) {
            rig.hear_suspicion(p(k), {&p(0)}, 5s);
        }
        rig.run_for(500ms);
    }
    EXPECT_EQ(rig.time_of("p00", MemberState::Dead), kNever);
}

TEST_P(Evidence, IsNoIncarnationSoItsEndNeedsNone) {
    rig.hear_suspicion(p(1), {&p(0)}, 1ms);
    EXPECT_EQ(rig.state_of("p00"), MemberState::Suspect);
    rig.run_for(2s);

    EXPECT_EQ(held("p00"), p(0).claim());
    EXPECT_EQ(changes_of("p00").size(), 2U);
}

}  // namespace
}  // namespace memberd::tests
