// Mode memberd: a subject that leaves most probes unanswered, though others prove its life.
#include <gtest/gtest.h>

#include "detector/answer_record.hpp"
#include "tests/unit/support/engine_rig.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kMissed = AnswerRecord::kMissedMin;

class AnswerShareCase : public ::testing::Test {
  protected:
    AnswerShareCase() {
        rig.add_many(8);
        rig.run_for(30s);
        x().answers = false;
        rig.forget_past();
    }

    Peer& x() { return rig.peer("p00"); }

    Peer& other(int i) { return rig.peer("p0" + std::to_string(i)); }

    // x answers nobody here, and every half second somebody else has had an answer. As many say
    // that it answers too little.
    void run_proven(Duration length, int accusers = 0) {
        const Instant end = rig.now + length;
        while (rig.now < end) {
            rig.run_for(500ms);
            rig.hear_alive(other(7), {"p00", x().profile.instance, 0, 20});
            for (int i = 1; i <= accusers; ++i) {
                rig.hear_suspicion(other(i), {&x()}, 0s, 79, kMissed);
            }
        }
    }

    // Suspicions that count misses.
    [[nodiscard]] std::vector<SuspicionEntry> shares_said() const {
        std::vector<SuspicionEntry> found;
        for (const Sent* sent : rig.all_sent<Suspicion>()) {
            SuspicionEntry entry;
            ListCursor<SuspicionEntry> cursor(sent->body<Suspicion>().entries);
            while (cursor.next(entry)) {
                if (entry.missed > 0) {
                    found.push_back(entry);
                }
            }
        }
        return found;
    }

    [[nodiscard]] bool is_dead() { return rig.state_of("p00") == MemberState::Dead; }

    EngineRig rig;
};

TEST_F(AnswerShareCase, IsAccusedThoughItsLifeIsProven) {
    run_proven(40s);
    const auto said = shares_said();
    ASSERT_FALSE(said.empty());
    for (const SuspicionEntry& entry : said) {
        EXPECT_EQ(entry.subject, "p00");
        EXPECT_GE(entry.missed, kMissed);
        EXPECT_LE(entry.missed, AnswerRecord::kLength);
    }
    EXPECT_FALSE(is_dead());
    std::size_t recorded = 0;
    for (const EvidenceEntry& entry : rig.engine.flight_recorder().about("p00")) {
        if (entry.kind == EvidenceKind::AnswersTooLittle) {
            ++recorded;
            EXPECT_GE(entry.misses, kMissed);
            EXPECT_EQ(entry.phi, 0.0);
        }
    }
    EXPECT_GT(recorded, 0U);
}

TEST_F(AnswerShareCase, IsProbedTwiceASecondForAWhileAndThenAsBefore) {
    run_proven(60s);
    const auto pings = rig.all_sent<Ping>(&x());
    ASSERT_FALSE(pings.empty());
    // A look of five depths, from the second miss on; the pause after it is far longer.
    std::size_t in_look = 0;
    std::size_t later = 0;
    for (const Sent* ping : pings) {
        in_look += ping->at < pings.front()->at + 20s ? 1U : 0U;
        later += ping->at >= pings.front()->at + 30s ? 1U : 0U;
    }
    EXPECT_GE(in_look, 30U);
    EXPECT_LE(later, 60U);
}

TEST_F(AnswerShareCase, IsDeadWhenFourSaySo) {
    run_proven(40s, 3);
    EXPECT_TRUE(is_dead());
}

TEST_F(AnswerShareCase, IsNotDeadWhenThreeSaySo) {
    run_proven(40s, 2);
    EXPECT_FALSE(shares_said().empty());
    EXPECT_FALSE(is_dead());
}

TEST_F(AnswerShareCase, IsNotDeadWhereOthersHaveCountedNothingButWereSilentlyMissed) {
    const Instant end = rig.now + 40s;
    while (rig.now < end) {
        run_proven(500ms, 2);
        for (int i = 3; i <= 6; ++i) {
            rig.hear_suspicion(other(i), {&x()}, 0s);
        }
    }
    EXPECT_FALSE(shares_said().empty());
    EXPECT_FALSE(is_dead());
}

TEST_F(AnswerShareCase, IsNotDeadWhereAnotherObserverIsAnswered) {
    const Instant end = rig.now + 40s;
    while (rig.now < end) {
        run_proven(2s, 6);
        rig.hear_alive(other(7), {"p00", x().profile.instance, 0, 20, 6});
    }
    EXPECT_FALSE(is_dead());
}

TEST_F(AnswerShareCase, IsContradictedByWhoIsAnsweredAfterSixProbes) {
    x().answers = true;
    rig.run_for(10s);
    rig.forget_past();
    const Instant told = rig.now;
    rig.hear_suspicion(other(1), {&x()}, 0s, 79, kMissed);
    rig.run_for(4s);
    const auto said = rig.all_sent<Alive>(&other(1));
    ASSERT_EQ(said.size(), 1U);
    EXPECT_GE(said[0]->body<Alive>().answered, 6U);
    EXPECT_GE(said[0]->at, told + 2s);
    EXPECT_EQ(rig.count<Suspicion>(), 0U);
}

TEST_F(AnswerShareCase, IsNotDeadByTheWordOfOthersAlone) {
    x().answers = true;
    run_proven(40s, 7);
    EXPECT_TRUE(shares_said().empty());
    EXPECT_FALSE(is_dead());
}

TEST_F(AnswerShareCase, SaysNothingWhereMostOthersMissProbesToo) {
    for (int i = 1; i <= 5; ++i) {
        other(i).loss = 0.6;
    }
    run_proven(60s, 0);
    EXPECT_TRUE(shares_said().empty());
}

TEST_F(AnswerShareCase, IsForgottenWhenItAnswersAgain) {
    run_proven(12s);
    x().answers = true;
    rig.run_for(5s);
    rig.forget_past();
    run_proven(40s, 7);
    EXPECT_TRUE(shares_said().empty());
    EXPECT_FALSE(is_dead());
}

TEST_F(AnswerShareCase, IsShownAsSuspectUntilItHasAnsweredTwice) {
    const Instant limit = rig.now + 60s;
    while (shares_said().empty() && rig.now < limit) {
        run_proven(500ms);
    }
    ASSERT_EQ(rig.state_of("p00"), MemberState::Suspect);
    x().answers = true;
    rig.run_for(300ms);
    EXPECT_EQ(rig.state_of("p00"), MemberState::Suspect);
    rig.run_for(800ms);  // Two probes later, though ten of the last twelve were missed.
    EXPECT_EQ(rig.state_of("p00"), MemberState::Alive);
}

TEST_F(AnswerShareCase, CountsNothingThatWasAskedBeforeThisProcessStoodStill) {
    run_proven(5s);
    rig.forget_past();
    for (int i = 0; i < 20; ++i) {
        run_proven(1s);
        rig.run_for(10ms);  // Answers that are on their way.
        rig.now += 600ms;
        rig.engine.resumed(rig.now, 600ms, rig.out);
        rig.collect();
    }
    EXPECT_TRUE(shares_said().empty());
}

}  // namespace
}  // namespace memberd::tests
