// The baselines: SWIM's rounds, helpers and suspicion; Lifeguard's health, confirmations and buddy.
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "detector/suspicion_timer.hpp"
#include "tests/unit/support/engine_rig.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

class Baseline : public ::testing::Test {
  protected:
    void start(Mode mode, int others) {
        RigOptions options;
        options.mode = mode;
        rig = std::make_unique<EngineRig>(options);
        rig->add_many(others);
        rig->run_for(20s);
        rig->forget_past();
    }

    Peer& p(int i) { return rig->peer((i < 10 ? "p0" : "p") + std::to_string(i)); }

    // The next regular ping to a silent p00.
    Instant first_miss() {
        p(0).answers = false;
        while (rig->count<Ping>(&p(0)) == 0) {
            rig->step(rig->now + 60s);
        }
        return rig->now;
    }

    std::unique_ptr<EngineRig> rig;
};

using Swim = Baseline;
using Lifeguard = Baseline;

TEST_F(Swim, ProbesEverybodyInAnyTwoRoundsLessOne) {
    start(Mode::Swim, 12);
    rig->run_for(300s);
    const auto pings = rig->all_sent<Ping>();
    ASSERT_GE(pings.size(), 299U);
    for (std::size_t first = 0; first + 23 <= pings.size(); ++first) {
        std::set<Endpoint> probed;
        for (std::size_t i = first; i < first + 23; ++i) {
            probed.insert(pings[i]->to);
        }
        ASSERT_EQ(probed.size(), 12U) << first;
    }
}

TEST_F(Swim, AsksThreeHelpersAfterTheTimeoutAndSuspectsAtTheEndOfThePeriod) {
    start(Mode::Swim, 12);
    const Instant t = first_miss();
    rig->run_for(499ms);
    EXPECT_EQ(rig->count<PingReq>(), 0U);
    rig->run_for(1ms);
    EXPECT_EQ(rig->count<PingReq>(), 3U);
    for (const Sent* each : rig->all_sent<PingReq>()) {
        EXPECT_NE(each->to, p(0).profile.endpoint);
    }
    rig->run_for(499ms);
    EXPECT_EQ(rig->state_of("p00"), MemberState::Alive);
    rig->run_for(1ms);
    EXPECT_EQ(rig->state_of("p00"), MemberState::Suspect);
    // n = 13: 4 log10 13 T = 4.4557736 s.
    const Duration wait = suspicion_limits(13, 1s, 4, 1, 0).min;
    rig->run_for(wait - 1ms);
    EXPECT_EQ(rig->state_of("p00"), MemberState::Suspect);
    rig->run_for(2ms);
    EXPECT_EQ(rig->time_of("p00", MemberState::Dead), t + 1s + wait);
}

TEST_F(Swim, AHelpersAnswerEndsTheProbe) {
    start(Mode::Swim, 12);
    first_miss();
    rig->run_for(600ms);
    const auto asked = rig->all_sent<PingReq>();
    const Peer& helper = rig->peer_at(asked[0]->to);
    const std::uint32_t sequence = asked[0]->body<PingReq>().sequence;
    rig->hear_alive(helper, {"p00", 0x777, sequence, 10});
    rig->hear_alive(helper, {"p00", p(0).profile.instance, sequence, 10});
    rig->run_for(1s);
    EXPECT_EQ(rig->state_of("p00"), MemberState::Alive);
}

TEST_F(Swim, ASuspectIsSavedOnlyByAHigherIncarnation) {
    start(Mode::Swim, 12);
    first_miss();
    rig->run_for(1s);
    ASSERT_EQ(rig->state_of("p00"), MemberState::Suspect);
    p(0).answers = true;
    rig->hear_gossip(p(1), {alive(p(0))});
    EXPECT_EQ(rig->state_of("p00"), MemberState::Suspect);
    rig->hear_gossip(p(1), {alive(p(0), 1)});
    EXPECT_EQ(rig->state_of("p00"), MemberState::Alive);
    rig->run_for(20s);
    EXPECT_EQ(rig->time_of("p00", MemberState::Dead), kNever);
}

TEST_F(Swim, RefutesASuspicionOfItself) {
    start(Mode::Swim, 12);
    Said said;
    said.name = "self";
    said.claim = {0xabc, 10, 0, MemberState::Suspect};
    said.accusers = {"p01"};
    rig->hear_gossip(p(1), {said});
    EXPECT_EQ(rig->engine.self().claim, (Claim{0xabc, 10, 1, MemberState::Alive}));
}

TEST_F(Swim, ADeathByTableIsASuspicionAndOneByGossipADeath) {
    start(Mode::Swim, 12);
    rig->hear_sync(p(1), {with_profile(dead(p(0), {"p02"}), p(0))});
    EXPECT_EQ(rig->state_of("p00"), MemberState::Suspect);
    rig->hear_gossip(p(1), {dead(p(3), {"p02"})});
    EXPECT_EQ(rig->state_of("p03"), MemberState::Dead);
}

TEST_F(Swim, PassesAChangeOnAsOftenAsItsLimit) {
    start(Mode::Swim, 12);
    Peer& fresh = rig->add_stranger("fresh");
    rig->hear_gossip(p(1), {alive(fresh)});
    rig->run_for(20s);
    std::size_t times = 0;
    for (const Sent& each : rig->sent) {
        for (const Said& said : each.updates()) {
            times += said.name == "fresh" ? 1 : 0;
        }
    }
    // 4 ceil(log10(14 + 1)).
    EXPECT_EQ(times, 8U);
}

TEST_F(Swim, NeverSendsAProbeThatIsTooLongToBeOne) {
    for (const Mode mode : {Mode::Swim, Mode::Lifeguard}) {
        start(mode, 12);
        Peer& fresh = rig->add_stranger("fresh");
        for (int tag = 0; tag < 10; ++tag) {
            fresh.profile.tags.emplace_back("tag" + std::to_string(tag), std::string(500, 'x'));
        }
        rig->hear_gossip(p(1), {alive(fresh)});
        for (int i = 0; i < 100; ++i) {
            rig->hear_ping(p(1), 1, 9);
            rig->run_for(50ms);
        }
        std::size_t times = 0;
        for (const Sent& each : rig->sent) {
            times += each.updates().size();  // Throws where a receiver would drop it.
        }
        EXPECT_GE(times, 8U);
    }
}

TEST_F(Swim, HelpsAndStaysReadyToHelpHoweverManyAsked) {
    start(Mode::Swim, 12);
    p(0).answers = false;
    for (std::uint32_t i = 0; i < 3000; ++i) {
        rig->hear_ping_req(p(1), {i + 1, "p00", p(0).profile.instance, 0}, 9);
    }
    EXPECT_LE(rig->count<Ping>(&p(0)), 1100U);
    rig->run_for(3s);
    rig->forget_past();
    p(0).answers = true;
    rig->hear_ping_req(p(1), {9999, "p00", p(0).profile.instance, 0}, 9);
    rig->run_for(10ms);
    ASSERT_EQ(rig->count<Alive>(), 1U);
    EXPECT_EQ(rig->all_sent<Alive>().front()->body<Alive>().sequence, 9999U);
}

// --- Lifeguard ---

TEST_F(Lifeguard, ConfirmationsShortenTheSuspicion) {
    for (int confirmations = 0; confirmations <= 3; ++confirmations) {
        start(Mode::Lifeguard, 12);
        rig->hear_gossip(p(1), {suspect(p(0), "p01")});
        p(0).answers = false;
        const Instant t = rig->now;
        const SuspicionLimits limits = suspicion_limits(13, 1s, 4, 6, 3);
        SuspicionTimer expected(t, 1, limits);
        for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(confirmations); ++i) {
            const std::string accuser = "p0" + std::to_string(2 + i);
            rig->hear_gossip(p(2), {suspect(p(0), accuser)});
            rig->hear_gossip(p(2), {suspect(p(0), accuser)});
            EXPECT_TRUE(expected.confirm(2 + i));
        }
        // Our own probe may confirm it too: with one or none of others that is not all of three.
        if (confirmations == 3) {
            rig->run_for(expected.deadline() - t);
            EXPECT_EQ(rig->time_of("p00", MemberState::Dead), expected.deadline());
        } else if (confirmations < 2) {
            rig->run_for(limits.min);
            EXPECT_EQ(rig->state_of("p00"), MemberState::Suspect);
        }
    }
}

TEST_F(Lifeguard, AnAccuserThatNobodyKnowsConfirmsNothing) {
    start(Mode::Lifeguard, 12);
    p(0).answers = false;
    rig->hear_gossip(p(1), {suspect(p(0), "p01")});
    for (const char* stranger : {"x", "y", "z"}) {
        rig->hear_gossip(p(1), {suspect(p(0), stranger)});
    }
    // Our own probe may be one confirmation, not three.
    rig->run_for(suspicion_limits(13, 1s, 4, 6, 3).min);
    EXPECT_EQ(rig->state_of("p00"), MemberState::Suspect);
}

TEST_F(Lifeguard, MissingNacksWorsenTheLocalHealthAndHeardOnesDoNot) {
    for (const int nacks : {0, 1, 3}) {
        start(Mode::Lifeguard, 12);
        ASSERT_EQ(rig->engine.status(rig->now).local_health, 0);
        first_miss();
        rig->run_for(600ms);
        const auto asked = rig->all_sent<PingReq>();
        ASSERT_EQ(asked.size(), 3U);
        for (int i = 0; i < nacks; ++i) {
            const Sent& each = *asked[static_cast<std::size_t>(i)];
            rig->hear_nack(rig->peer_at(each.to), each.body<PingReq>().sequence);
        }
        rig->run_for(400ms);
        EXPECT_EQ(rig->engine.status(rig->now).local_health, 3 - nacks);
    }
}

TEST_F(Lifeguard, LocalHealthStretchesPeriodAndTimeoutAndHealsWithAnswers) {
    start(Mode::Lifeguard, 12);
    first_miss();
    rig->run_for(1s);
    ASSERT_EQ(rig->engine.status(rig->now).local_health, 3);
    p(0).answers = true;
    rig->hear_gossip(p(1), {alive(p(0), 1)});
    rig->forget_past();
    rig->run_for(3900ms);
    EXPECT_LE(rig->count<Ping>(), 1U);
    rig->run_for(20s);
    EXPECT_EQ(rig->engine.status(rig->now).local_health, 0);
}

TEST_F(Lifeguard, ARefutationOfOurOwnWorsensTheLocalHealth) {
    start(Mode::Lifeguard, 12);
    rig->hear_gossip(p(1), {about_self(MemberState::Suspect, 0)});
    EXPECT_EQ(rig->engine.status(rig->now).local_health, 1);
}

TEST_F(Lifeguard, ASuspectHearsOfItWithTheVeryNextPing) {
    start(Mode::Lifeguard, 12);
    rig->hear_gossip(p(1), {suspect(p(0), "p01")});
    rig->run_for(25s);
    ASSERT_GE(rig->count<Ping>(&p(0)), 1U);
    for (const Sent* each : rig->all_sent<Ping>(&p(0))) {
        if (rig->time_of("p00", MemberState::Dead) < each->at) {
            continue;
        }
        bool is_told = false;
        for (const Said& said : each->updates()) {
            is_told |= said.name == "p00" && said.claim.state == MemberState::Suspect;
        }
        EXPECT_TRUE(is_told);
    }
}

TEST_F(Lifeguard, AHelperSaysNackShortlyBeforeTheAskersPatienceEnds) {
    start(Mode::Lifeguard, 12);
    p(0).answers = false;
    const Instant t = rig->now;
    rig->hear_ping_req(p(1), {5, "p00", p(0).profile.instance, 0}, 9);
    rig->run_for(500ms);
    const auto nacks = rig->all_sent<Nack>();
    ASSERT_EQ(nacks.size(), 1U);
    EXPECT_EQ(nacks.front()->at, t + 400ms);
    EXPECT_EQ(nacks.front()->body<Nack>().sequence, 5U);
    EXPECT_EQ(nacks.front()->reply_to, 9U);
}

}  // namespace
}  // namespace memberd::tests
