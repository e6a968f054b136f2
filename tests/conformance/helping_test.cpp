// Pinging on behalf of others, and which of the helpers' words count.
#include <gtest/gtest.h>

#include "tests/conformance/support/rule.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

class Helping : public Rule {
  protected:
    PingReq about(const Peer& subject, std::uint32_t sequence = 5) {
        return {sequence, subject.profile.name, subject.profile.instance, 1};
    }
};

INSTANTIATE_TEST_SUITE_P(Modes, Helping, kAllModes, mode_name);

TEST_P(Helping, PingsTheSubjectAndPassesItsAnswerOnWithTheAskersSequence) {
    p(0).delay = 50ms;
    rig.run_for(100ms);
    rig.forget_past();
    rig.hear_ping_req(p(1), about(p(0)), 9);
    EXPECT_EQ(rig.count<Ping>(&p(0)), 1U);
    EXPECT_EQ(rig.count<memberd::Alive>(), 0U);
    const Sent* told = rig.run_until_sent<memberd::Alive>(300ms);

    ASSERT_NE(told, nullptr);
    EXPECT_EQ(told->reply_to, 9U);
    EXPECT_EQ(told->body<memberd::Alive>().sequence, 5U);
    EXPECT_EQ(told->body<memberd::Alive>().subject, "p00");
    EXPECT_EQ(told->body<memberd::Alive>().subject_instance, p(0).profile.instance);
}

TEST_P(Helping, NeverSpeaksForASubjectThatDidNotAnswer) {
    p(0).answers = false;
    rig.hear_ping_req(p(1), about(p(0)), 9);
    rig.run_for(1s);
    EXPECT_EQ(rig.count<memberd::Alive>(), 0U);
}

TEST_P(Helping, DoesNotTakeTheAnswerOfAnotherRunForTheSubjects) {
    p(0).answers = false;
    rig.hear_ping_req(p(1), about(p(0)), 9);
    ASSERT_EQ(rig.count<Ping>(&p(0)), 1U);
    rig.hear_ack(next_run_of(p(0)), rig.all_sent<Ping>(&p(0)).front()->body<Ping>().sequence);
    EXPECT_EQ(rig.count<memberd::Alive>(), 0U);
}

TEST_P(Helping, AnswersEachOfManyAskersWithItsOwnSequence) {
    p(0).delay = 50ms;
    rig.run_for(100ms);
    rig.forget_past();
    rig.hear_ping_req(p(1), about(p(0), 5), 9);
    rig.hear_ping_req(p(2), about(p(0), 6), 10);
    rig.run_for(300ms);

    std::vector<std::pair<ReplyToken, std::uint32_t>> told;
    for (const Sent* each : rig.all_sent<memberd::Alive>()) {
        told.emplace_back(each->reply_to, each->body<memberd::Alive>().sequence);
    }
    std::sort(told.begin(), told.end());
    EXPECT_EQ(told, (std::vector<std::pair<ReplyToken, std::uint32_t>>{{9, 5}, {10, 6}}));
}

TEST_P(Helping, IsRefusedToWhoeverAsksAboutTheHelperItself) {
    rig.hear_ping_req(p(1), {5, "self", 0xabc, 1}, 9);
    rig.run_for(1s);

    for (const Sent& each : rig.sent) {
        EXPECT_NE(each.to, endpoint_at(7000));
    }
    EXPECT_TRUE(rig.changes.empty());
}

TEST_P(Helping, IsNotPossibleForAnotherRunOrAStranger) {
    rig.hear_ping_req(p(1), about(next_run_of(p(0))), 9);
    rig.hear_ping_req(p(1), about(rig.add_stranger("x")), 9);
    EXPECT_EQ(rig.count<Ping>(), 0U);
    EXPECT_FALSE(rig.knows("x"));
}

// --- Nacks ---

class Nacking : public Helping {};

INSTANTIATE_TEST_SUITE_P(Modes,
                         Nacking,
                         ::testing::Values(Mode::Lifeguard, Mode::Memberd),
                         mode_name);

TEST_P(Nacking, TellsTheAskerThatTheHelperLivesThoughTheSubjectIsSilent) {
    p(0).answers = false;
    rig.hear_ping_req(p(1), about(p(0)), 9);
    const Sent* nack = rig.run_until_sent<Nack>(1s);

    ASSERT_NE(nack, nullptr);
    EXPECT_EQ(nack->reply_to, 9U);
    EXPECT_EQ(nack->body<Nack>().sequence, 5U);
    EXPECT_EQ(rig.count<Nack>(), 1U);
}

TEST_P(Nacking, DoesNotHappenWhereTheSubjectAnswers) {
    rig.hear_ping_req(p(1), about(p(0)), 9);
    rig.run_for(2s);
    EXPECT_EQ(rig.count<Nack>(), 0U);
}

class NoNacking : public Helping {};

INSTANTIATE_TEST_SUITE_P(Modes, NoNacking, ::testing::Values(Mode::Swim), mode_name);

TEST_P(NoNacking, IsPlainSwim) {
    p(0).answers = false;
    rig.hear_ping_req(p(1), about(p(0)), 9);
    rig.run_for(2s);
    EXPECT_EQ(rig.count<Nack>(), 0U);
}

// --- As the asker, in the modes of the baselines ---

class Asking : public Rule {
  protected:
    Asking() : Rule(12) {}

    // A probe of a silent p00 whose helpers have been asked; how they are asked.
    PingReq ask() {
        p(0).answers = false;
        const Sent* asked = rig.run_until_sent<PingReq>(60s);
        EXPECT_NE(asked, nullptr);
        return asked == nullptr ? PingReq{} : asked->body<PingReq>();
    }

    [[nodiscard]] bool is_asked(const Peer& peer) const { return rig.count<PingReq>(&peer) > 0; }

    // One of those that were asked, or were not.
    Peer& one_that(bool asked) {
        for (int i = 1; i < 12; ++i) {
            if (is_asked(p(i)) == asked) {
                return p(i);
            }
        }
        throw std::runtime_error("nobody");
    }

    memberd::Alive answer_to(const PingReq& asked) {
        return {"p00", p(0).profile.instance, asked.sequence, 10};
    }
};

INSTANTIATE_TEST_SUITE_P(Modes, Asking, kSuspicionIsClaim, mode_name);

TEST_P(Asking, IsAnsweredByOneHelpersProof) {
    const PingReq asked = ask();
    rig.hear_alive(one_that(true), answer_to(asked));
    rig.run_for(1s);
    EXPECT_EQ(rig.state_of("p00"), MemberState::Alive);
    EXPECT_EQ(rig.engine.status(rig.now).local_health, 0);
}

TEST_P(Asking, IsNotAnsweredByWhoeverWasNotAsked) {
    const PingReq asked = ask();
    rig.hear_alive(one_that(false), answer_to(asked));
    rig.hear_alive(rig.add_stranger("x"), answer_to(asked));
    rig.run_for(1s);
    EXPECT_EQ(rig.state_of("p00"), MemberState::Suspect);
}

TEST_P(Asking, IsNotAnsweredByProofOfAnotherQuestionOrRun) {
    const PingReq asked = ask();
    memberd::Alive wrong = answer_to(asked);
    ++wrong.sequence;
    rig.hear_alive(one_that(true), wrong);
    wrong = answer_to(asked);
    ++wrong.subject_instance;
    rig.hear_alive(one_that(true), wrong);
    rig.run_for(1s);
    EXPECT_EQ(rig.state_of("p00"), MemberState::Suspect);
}

TEST_P(Asking, IsAnsweredByTheSubjectItselfUntilThePeriodEnds) {
    const PingReq asked = ask();
    rig.run_for(400ms);
    rig.hear_ack(p(0), asked.sequence);
    rig.run_for(5s);
    EXPECT_EQ(rig.time_of("p00", MemberState::Suspect), kNever);
}

TEST_P(Asking, IsNotAnsweredByTheSubjectAfterThat) {
    const PingReq asked = ask();
    rig.run_for(600ms);
    ASSERT_EQ(rig.state_of("p00"), MemberState::Suspect);
    const std::uint64_t late = rig.engine.counters().late_acks;
    rig.hear_ack(p(0), asked.sequence);
    EXPECT_EQ(rig.state_of("p00"), MemberState::Suspect);
    EXPECT_EQ(rig.engine.counters().late_acks, late + 1);
}

}  // namespace
}  // namespace memberd::tests
