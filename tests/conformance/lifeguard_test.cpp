// Lifeguard's local health: what worsens it, what heals it, what it slows; and the buddy system.
#include <gtest/gtest.h>

#include "tests/conformance/support/rule.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

class LocalHealthRules : public Rule {
  protected:
    LocalHealthRules() : Rule(12) {}

    [[nodiscard]] int score() const { return rig.engine.status(rig.now).local_health; }

    // A probe of a silent p00 whose three helpers have been asked.
    std::vector<Sent> ask() {
        p(0).answers = false;
        EXPECT_NE(rig.run_until_sent<PingReq>(60s), nullptr);
        std::vector<Sent> asked;
        for (const Sent* each : rig.all_sent<PingReq>()) {
            asked.push_back(*each);
        }
        return asked;
    }

    void worsen(int times) {
        for (int i = 0; i < times; ++i) {
            rig.hear_gossip(
                p(1), {about_self(MemberState::Suspect, rig.engine.self().claim.incarnation)});
        }
    }
};

INSTANTIATE_TEST_SUITE_P(Modes, LocalHealthRules, ::testing::Values(Mode::Lifeguard), mode_name);

TEST_P(LocalHealthRules, EachMissingNackWorsensItByOne) {
    for (const int missing : {0, 1, 2, 3}) {
        ASSERT_EQ(score(), 0) << missing;
        rig.forget_past();
        const auto asked = ask();
        ASSERT_EQ(asked.size(), 3U);
        for (int i = missing; i < 3; ++i) {
            const Sent& each = asked[static_cast<std::size_t>(i)];
            rig.hear_nack(rig.peer_at(each.to), each.body<PingReq>().sequence);
        }
        rig.run_for(500ms);
        EXPECT_EQ(score(), missing);
        p(0).answers = true;
        rig.hear_gossip(p(1), {alive(p(0), held("p00").incarnation + 1)});
        rig.run_for(30s);
    }
}

TEST_P(LocalHealthRules, ANackOfOneHelperCountsOnce) {
    const auto asked = ask();
    ASSERT_EQ(asked.size(), 3U);
    for (int i = 0; i < 5; ++i) {
        rig.hear_nack(rig.peer_at(asked[0].to), asked[0].body<PingReq>().sequence);
    }
    rig.run_for(500ms);
    EXPECT_EQ(score(), 2);
}

TEST_P(LocalHealthRules, ANackOfWhoWasNotAskedCountsNothing) {
    const auto asked = ask();
    for (int i = 0; i < 12; ++i) {
        if (rig.count<PingReq>(&p(i)) == 0) {
            rig.hear_nack(p(i), asked[0].body<PingReq>().sequence);
        }
    }
    rig.run_for(500ms);
    EXPECT_EQ(score(), 3);
}

TEST_P(LocalHealthRules, ANackIsNoProofOfLife) {
    const auto asked = ask();
    for (const Sent& each : asked) {
        rig.hear_nack(rig.peer_at(each.to), each.body<PingReq>().sequence);
    }
    rig.run_for(600ms);
    EXPECT_EQ(rig.state_of("p00"), MemberState::Suspect);
}

TEST_P(LocalHealthRules, RefutingASuspicionWorsensIt) {
    rig.hear_gossip(p(1), {about_self(MemberState::Suspect, 0)});
    EXPECT_EQ(score(), 1);
}

TEST_P(LocalHealthRules, RefutingADeathWorsensIt) {
    rig.hear_gossip(p(1), {about_self(MemberState::Dead, 0)});
    EXPECT_EQ(score(), 1);
}

TEST_P(LocalHealthRules, AnAccusationOfAnEarlierIncarnationDoesNot) {
    rig.hear_gossip(p(1), {about_self(MemberState::Suspect, 0)});
    rig.hear_gossip(p(1), {about_self(MemberState::Suspect, 0)});
    rig.hear_gossip(p(1), {about_self(MemberState::Dead, 0)});
    EXPECT_EQ(score(), 1);
}

TEST_P(LocalHealthRules, EachAnsweredProbeHealsItByOneDownToZero) {
    worsen(3);
    ASSERT_EQ(score(), 3);
    int last = 3;
    for (int i = 0; i < 400 && last > 0; ++i) {
        rig.run_for(50ms);
        EXPECT_GE(score(), last - 1);
        last = std::min(last, score());
    }
    EXPECT_EQ(last, 0);
    rig.run_for(10s);
    EXPECT_EQ(score(), 0);
}

TEST_P(LocalHealthRules, ItEndsAtEight) {
    worsen(20);
    EXPECT_EQ(score(), 8);
}

// With score s the period and the patience with an answer are s + 1 times as long.
TEST_P(LocalHealthRules, ItSlowsProbesAndTheirTimeout) {
    for (int i = 0; i < 12; ++i) {
        p(i).answers = false;
    }
    worsen(3);
    rig.forget_past();
    const Sent* ping = rig.run_until_sent<Ping>(5s);
    ASSERT_NE(ping, nullptr);
    const Instant t = ping->at;
    rig.run_for(1999ms);
    EXPECT_EQ(rig.count<PingReq>(), 0U);
    rig.run_for(1ms);
    EXPECT_EQ(rig.count<PingReq>(), 3U);
    const Sent* next = rig.run_until_sent<Ping>(10s);
    ASSERT_NE(next, nullptr);
    EXPECT_EQ(next->at, t + 4s);
}

TEST_P(LocalHealthRules, ASuspectHearsOfItInEveryPingUntilItIsOver) {
    rig.hear_gossip(p(1), {suspect(p(0), "p01")});
    rig.run_for(26s);
    ASSERT_GE(rig.count<Ping>(&p(0)), 1U);
    for (const Sent* each : rig.all_sent<Ping>(&p(0))) {
        bool is_told = false;
        for (const Said& said : each->updates()) {
            is_told |= said.name == "p00" && said.claim.state == MemberState::Suspect;
        }
        EXPECT_TRUE(is_told || rig.time_of("p00", MemberState::Dead) <= each->at);
    }
}

class LonelyHealth : public Rule {
  protected:
    LonelyHealth() : Rule(1) {}
};

INSTANTIATE_TEST_SUITE_P(Modes, LonelyHealth, ::testing::Values(Mode::Lifeguard), mode_name);

TEST_P(LonelyHealth, WorsensWithTheMissItselfWhereNobodyCanSayNack) {
    p(0).answers = false;
    ASSERT_NE(rig.run_until_sent<Ping>(2s), nullptr);
    rig.run_for(1s);
    EXPECT_EQ(rig.engine.status(rig.now).local_health, 1);
}

class PlainHealth : public Rule {
  protected:
    PlainHealth() : Rule(12) {}
};

INSTANTIATE_TEST_SUITE_P(Modes, PlainHealth, ::testing::Values(Mode::Swim), mode_name);

TEST_P(PlainHealth, IsNotKeptInPlainSwimWhichTellsSuspectsNothingSpecial) {
    p(0).answers = false;
    rig.hear_gossip(p(1), {about_self(MemberState::Suspect, 0)});
    rig.run_for(30s);
    EXPECT_EQ(rig.engine.status(rig.now).local_health, 0);
}

}  // namespace
}  // namespace memberd::tests
