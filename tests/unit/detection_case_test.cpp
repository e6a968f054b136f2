// A case of mode memberd from the first missed ping to its end, with exact virtual times.
#include <gtest/gtest.h>

#include "detector/phi.hpp"
#include "tests/unit/support/engine_rig.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

class Case : public ::testing::Test {
  protected:
    // Nine others: with few members everybody observes everybody.
    Case() { start(8); }

    void start(int others) {
        rig = std::make_unique<EngineRig>();
        rig->add_many(others);
        rig->run_for(30s);
        x().answers = false;
        rig->forget_past();
    }

    Peer& x() { return rig->peer("p00"); }

    Peer& other(int i) { return rig->peer("p0" + std::to_string(i)); }

    // The first ping that x does not answer.
    Instant first_miss() {
        const std::size_t before = rig->count<Ping>(&x());
        while (rig->count<Ping>(&x()) == before) {
            rig->step(rig->now + 20s);
        }
        return rig->all_sent<Ping>(&x())[before]->at;
    }

    void first_ping_to_x() {
        while (rig->count<Ping>(&x()) == 0) {
            rig->step(rig->now + 1s);
        }
    }

    // Lets the others accuse x every half second, as `count` of them do, until `end`.
    void run_accused_by(int count, Instant end, Duration age = 3s) {
        while (rig->now < end) {
            for (int i = 1; i <= count; ++i) {
                rig->hear_suspicion(other(i), {&x()}, age);
            }
            rig->run_for(std::min<Duration>(500ms, end - rig->now));
        }
    }

    std::unique_ptr<EngineRig> rig;
};

TEST_F(Case, OpensAtTheTimeoutWithAFreshPingAndFourHelpers) {
    const Instant t = first_miss();
    rig->run_for(299ms);
    EXPECT_EQ(rig->count<PingReq>(), 0U);
    rig->run_for(1ms);
    const auto asked = rig->all_sent<PingReq>();
    ASSERT_EQ(asked.size(), 4U);
    for (const Sent* each : asked) {
        EXPECT_EQ(each->at, t + 300ms);
        const auto body = each->body<PingReq>();
        EXPECT_EQ(body.subject, "p00");
        EXPECT_EQ(body.subject_instance, x().profile.instance);
        EXPECT_EQ(body.age_ms, 300U);
        EXPECT_NE(each->to, x().profile.endpoint);
    }
    const auto pings = rig->all_sent<Ping>(&x());
    ASSERT_EQ(pings.size(), 2U);
    EXPECT_TRUE(pings[1]->fresh);
    EXPECT_EQ(pings[1]->at, t + 300ms);
}

TEST_F(Case, PingsAgainEvery300MillisecondsOnTheSameNewConnection) {
    const Instant t = first_miss();
    rig->run_for(1700ms);
    // The first repetition comes soon: by then it is known whether others answer.
    const std::vector<Duration> expected{0ms, 300ms, 375ms, 675ms, 975ms, 1275ms, 1575ms};
    const auto pings = rig->all_sent<Ping>(&x());
    ASSERT_EQ(pings.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(pings[i]->at, t + expected[i]);
        EXPECT_EQ(pings[i]->fresh, i == 1);
    }
}

TEST_F(Case, KeepsAConnectionForThreeIntervalsWhereNobodyAnswersQuickly) {
    for (int i = 1; i < 8; ++i) {
        other(i).answers = false;
    }
    const Instant t = first_miss();
    rig->run_for(1700ms);
    int fresh = 0;
    for (const Sent* ping : rig->all_sent<Ping>(&x())) {
        fresh += ping->fresh ? 1 : 0;
        EXPECT_TRUE(!ping->fresh || ping->at >= t + 900ms) << (ping->at - t).count();
    }
    EXPECT_EQ(fresh, 1);
}

// Blocked, cut off or alone: what it asks and says then would only come late, and all at once.
TEST_F(Case, OfWhomNobodyAnswersSaysNothingAndAsksFew) {
    for (int i = 1; i < 8; ++i) {
        other(i).answers = false;
    }
    first_miss();
    rig->run_for(2400ms);
    EXPECT_TRUE(rig->engine.status(rig->now).doubt.empty()) << "it will doubt, not yet";
    EXPECT_EQ(rig->state_of("p00"), MemberState::Suspect) << "to itself";
    EXPECT_EQ(rig->count<Suspicion>(), 0U);
    EXPECT_GT(rig->count<PingReq>(), 0U);
    EXPECT_LE(rig->count<PingReq>(), 16U) << "four a second, twice where they say nothing";
}

// Among many, others than the silent could be asked about each of them.
TEST_F(Case, OfEightAtOnceOfWhomNobodyAnswersAsksFew) {
    start(60);
    for (int i = 0; i < 60; ++i) {
        rig->peer((i < 10 ? "p0" : "p") + std::to_string(i)).answers = false;
    }
    rig->run_for(4400ms);
    EXPECT_TRUE(rig->engine.status(rig->now).doubt.empty()) << "it will doubt, not yet";
    EXPECT_GE(rig->engine.counters().probes_missed, 8U);
    EXPECT_GT(rig->count<PingReq>(), 0U);
    EXPECT_LE(rig->count<PingReq>(), 12U) << "36 if it asked as it does where it is heard";
}

TEST_F(Case, OfWhomOneAnswersIsSaidToAll) {
    for (int i = 1; i < 7; ++i) {
        other(i).answers = false;
    }
    first_miss();
    rig->run_for(2400ms);
    EXPECT_GE(rig->count<Suspicion>(), 7U);
    EXPECT_GT(rig->count<PingReq>(), 16U);
}

TEST_F(Case, IsLookedAtAgainAtOnceByTheHelperThatReachedTheSubjectLast) {
    const Instant t = first_miss();
    rig->run_for(300ms);
    const Sent* asked = rig->all_sent<PingReq>().back();
    const Peer& helper = rig->peer_at(asked->to);
    rig->hear_alive(helper, {"p00", x().profile.instance, asked->body<PingReq>().sequence, 100});
    rig->forget_past();
    rig->run_until_sent<PingReq>(20s);
    const auto again = rig->all_sent<PingReq>();
    ASSERT_EQ(again.size(), 1U) << (rig->now - t).count();
    EXPECT_EQ(again[0]->to, helper.profile.endpoint);
    // It can't any more: so the others are asked.
    rig->run_for(400ms);
    EXPECT_GE(rig->count<PingReq>(), 5U);
}

TEST_F(Case, TellsAHelperThatFoundNothingOfTheAnswerThatCame) {
    first_miss();
    rig->run_for(300ms);
    const auto asked = rig->all_sent<PingReq>();
    const Peer& first = rig->peer_at(asked[0]->to);
    const Peer& second = rig->peer_at(asked[1]->to);
    const std::uint32_t sequence = asked[0]->body<PingReq>().sequence;
    rig->hear_nack(first, sequence);
    rig->hear_alive(second, {"p00", x().profile.instance, asked[1]->body<PingReq>().sequence, 50});
    const auto told = rig->all_sent<Alive>(&first);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0]->body<Alive>().subject, "p00");
    EXPECT_EQ(rig->count<Alive>(&second), 0U);
}

TEST_F(Case, IsSuspectAfterHalfASecondOfRefusalsAndDeadAfterAWhole) {
    const Instant t = rig->now;
    while (rig->now < t + 990ms) {
        rig->refuse(x());
        for (int i = 1; i < 5; ++i) {
            rig->hear_suspicion(other(i), {&x()}, 500ms);
        }
        rig->run_for(90ms);
    }
    EXPECT_EQ(rig->state_of("p00"), MemberState::Suspect);
    EXPECT_GE(rig->count<Suspicion>(), 1U);
    rig->run_for(20ms);
    EXPECT_EQ(rig->state_of("p00"), MemberState::Dead);
    EXPECT_EQ(rig->time_of("p00", MemberState::Dead), t + 1s);
}

TEST_F(Case, NeedsItsWholeDepthAfterARefusalThatIsNotRepeated) {
    rig->refuse(x());
    const Instant t = rig->now;
    run_accused_by(4, t + 2700ms);
    EXPECT_NE(rig->state_of("p00"), MemberState::Dead);
    run_accused_by(4, t + 4s);
    EXPECT_EQ(rig->state_of("p00"), MemberState::Dead);
}

TEST_F(Case, PingsAllSubjectsOnceWhenItOpens) {
    const Instant t = first_miss();
    rig->run_for(300ms);
    for (int i = 1; i < 8; ++i) {
        // Those that were pinged a moment ago are spared.
        EXPECT_GE(rig->all_sent<Ping>(&other(i)).back()->at, t + 225ms) << i;
    }
}

TEST_F(Case, SuspectsAfter1800MillisecondsAndSaysSoEvery500ToThoseThatAccuseToo) {
    const Instant t = first_miss();
    rig->run_for(1799ms);
    EXPECT_EQ(rig->count<Suspicion>(), 0U);
    EXPECT_EQ(rig->state_of("p00"), MemberState::Alive);
    rig->run_for(1ms);
    EXPECT_EQ(rig->state_of("p00"), MemberState::Suspect);
    EXPECT_EQ(rig->time_of("p00", MemberState::Suspect), t + 1800ms);
    // All hear it the first and every fourth time, and the second, since too few accuse; those that
    // accuse too every time.
    rig->hear_suspicion(other(1), {&x()}, 1800ms);
    rig->hear_suspicion(other(2), {&x()}, 1800ms);
    rig->run_for(1s);
    rig->hear_suspicion(other(2), {&x()}, 2800ms);
    rig->run_for(1s);
    const auto times_heard_by = [this, t](int i) {
        std::vector<Duration> times;
        for (const Sent* sent : rig->all_sent<Suspicion>(&other(i))) {
            times.push_back(sent->at - t);
        }
        return times;
    };
    using Times = std::vector<Duration>;
    EXPECT_EQ(times_heard_by(2), (Times{1800ms, 2300ms, 2800ms, 3300ms, 3800ms}));
    // Its accusation has ended meanwhile.
    EXPECT_EQ(times_heard_by(1), (Times{1800ms, 2300ms, 2800ms, 3800ms}));
    for (int i = 3; i < 8; ++i) {
        EXPECT_EQ(times_heard_by(i), (Times{1800ms, 2300ms, 3800ms})) << i;
    }
    EXPECT_EQ(rig->count<Suspicion>(&x()), 0U);
    EXPECT_TRUE(rig->all_sent<Ping>(&x()).back()->body<Ping>().suspects_you);
    EXPECT_EQ(rig->engine.status(rig->now).suspect, 1U);
}

TEST_F(Case, RepeatsItsSuspicionToThoseAccusersAloneThatObserveTheSubject) {
    rig = std::make_unique<EngineRig>();
    rig->add_many(40);
    rig->run_for(60s);
    Peer& subject = rig->peer(rig->engine.subjects().front());
    subject.answers = false;
    rig->forget_past();
    const Sent* first = rig->run_until_sent<Suspicion>(15s);
    ASSERT_NE(first, nullptr);
    const Instant first_at = first->at;
    for (int i = 0; i < 40; ++i) {
        Peer& accuser = rig->peer((i < 10 ? "p0" : "p") + std::to_string(i));
        if (accuser.profile.name != subject.profile.name) {
            rig->hear_suspicion(accuser, {&subject}, 1800ms);
        }
    }
    rig->forget_past();
    rig->run_for(first_at + 600ms - rig->now);
    const std::size_t heard = rig->count<Suspicion>();
    EXPECT_GE(heard, 3U);
    EXPECT_LE(heard, 8U) << "39 accuse";
}

TEST_F(Case, ReplacesHelpersThatSayNothingUpToAllOthersOrThirtyTwo) {
    first_miss();
    rig->run_for(4s);
    EXPECT_EQ(rig->count<PingReq>(), 7U);

    start(40);
    first_ping_to_x();
    rig->run_for(6s);
    EXPECT_EQ(rig->count<PingReq>(), 32U);
}

TEST_F(Case, AsksFourMoreHelpersWithEveryRepetitionUpToTwelveWhereAllSpeak) {
    start(40);
    first_ping_to_x();
    const Instant end = rig->now + 6s;
    std::size_t heard = 0;
    while (rig->now < end) {
        rig->run_for(10ms);
        const auto asked = rig->all_sent<PingReq>();
        for (; heard < asked.size(); ++heard) {
            rig->hear_nack(rig->peer_at(asked[heard]->to), asked[heard]->body<PingReq>().sequence);
        }
    }
    EXPECT_EQ(heard, 12U);
}

TEST_F(Case, EndsInDeathOnlyWithDepthAndBreadth) {
    const Instant t = first_miss();
    rig->run_for(1500ms);
    run_accused_by(2, t + 9s);
    EXPECT_EQ(rig->state_of("p00"), MemberState::Suspect);
    rig->hear_suspicion(other(3), {&x()}, 3s);
    EXPECT_EQ(rig->state_of("p00"), MemberState::Dead);
}

TEST_F(Case, EndsInDeathAtTheDepthAndNotBefore) {
    const Instant t = first_miss();
    rig->run_for(1500ms);
    run_accused_by(4, t + 2800ms);
    EXPECT_EQ(rig->state_of("p00"), MemberState::Suspect);
    run_accused_by(4, t + 4s);
    EXPECT_EQ(rig->state_of("p00"), MemberState::Dead);
    const Instant at = rig->time_of("p00", MemberState::Dead);
    EXPECT_GT(at, t + 2800ms);
    EXPECT_LT(at, t + 3100ms);
    EXPECT_EQ(rig->engine.counters().deaths, 1U);

    // The accused first.
    bool first = true;
    for (const Sent& each : rig->sent) {
        for (const Said& said : each.updates()) {
            if (said.name == "p00" && said.claim.state == MemberState::Dead) {
                if (first) {
                    EXPECT_EQ(each.to, x().profile.endpoint);
                    EXPECT_EQ(said.accusers.size(), 4U);
                    EXPECT_EQ(said.accusers.front(), "self");
                }
                first = false;
            }
        }
    }
    EXPECT_FALSE(first);
}

TEST_F(Case, CountsNoSuspicionLongerThan1200Milliseconds) {
    const Instant t = first_miss();
    rig->run_for(1600ms);
    for (int i = 1; i <= 4; ++i) {
        rig->hear_suspicion(other(i), {&x()}, 1600ms);
    }
    // Valid until 2.8 s, and the depth is a little more.
    run_accused_by(0, t + 3800ms);
    EXPECT_EQ(rig->state_of("p00"), MemberState::Suspect);
}

TEST_F(Case, CountsNoAccuserTwice) {
    const Instant t = first_miss();
    rig->run_for(3500ms);
    for (int i = 0; i < 20; ++i) {
        rig->hear_suspicion(other(1), {&x()}, 3s);
        rig->hear_suspicion(x(), {&x()}, 3s);
    }
    EXPECT_EQ(rig->state_of("p00"), MemberState::Suspect);
    static_cast<void>(t);
}

// Answers of 1 ms with one of 4 s among them: mean + 4 deviations reach far beyond P, and phi
// further still.
TEST_F(Case, OfASubjectWithAHeavyTailNeedsMoreSilence) {
    x().answers = true;
    x().delay = 1ms;
    rig->run_for(60s);
    x().delay = 1500ms;
    rig->run_for(10s);
    x().delay = 1ms;
    rig->run_for(60s);
    x().answers = false;
    rig->forget_past();
    ASSERT_EQ(rig->state_of("p00"), MemberState::Alive);

    const Instant t = first_miss();
    run_accused_by(5, t + 8s);
    const Instant at = rig->time_of("p00", MemberState::Dead);
    EXPECT_GE(at, t + 5s);
    EXPECT_LE(at, t + 6s);
}

// What it has been seen to survive opens no case, and a suspicion leaves the helpers their time.
TEST_F(Case, OfASubjectThatOftenPausesOpensLater) {
    x().answers = true;
    for (int i = 0; i < 12; ++i) {
        x().delay = i % 2 == 0 ? 1900ms : 1ms;
        rig->run_for(8s);
    }
    x().answers = false;
    rig->forget_past();
    const Instant t = first_miss();
    rig->run_for(8s);
    const auto asked = rig->all_sent<PingReq>();
    const auto said = rig->all_sent<Suspicion>();
    ASSERT_FALSE(asked.empty());
    ASSERT_FALSE(said.empty());
    EXPECT_GT(asked.front()->at, t + 1s);
    EXPECT_LE(asked.front()->at, t + 2s);
    EXPECT_EQ(said.front()->at, asked.front()->at + 800ms);
}

TEST_F(Case, OfASubjectThatPhiAloneExplainsWaitsForPhi) {
    x().answers = true;
    for (int i = 0; i < 40; ++i) {
        x().delay = i % 8 == 7 ? 750ms : 1ms;
        rig->run_for(8s);
    }
    rig->run_for(2s);
    x().answers = false;
    ASSERT_EQ(rig->state_of("p00"), MemberState::Alive);
    const auto observed = rig->engine.observation(rig->now, "p00");
    ASSERT_TRUE(observed);
    rig->forget_past();
    const Instant t = first_miss();
    run_accused_by(5, t + 8s);
    const Instant at = rig->time_of("p00", MemberState::Dead);
    ASSERT_NE(at, kNever);
    double phi_at_death = 0;
    for (const EvidenceEntry& entry : rig->engine.flight_recorder().about("p00")) {
        if (entry.kind == EvidenceKind::DeclaredDead) {
            phi_at_death = entry.phi;
        }
    }
    EXPECT_GE(phi_at_death, 8.0);
    // Mean and four deviations would be content with less.
    EXPECT_GT(at, t + 4800ms);
    EXPECT_LT(at, t + 6s);
}

// --- Ends without a death ---

TEST_F(Case, IsClosedByAnAnswerToALaterPing) {
    first_miss();
    rig->run_for(2s);
    ASSERT_EQ(rig->state_of("p00"), MemberState::Suspect);
    rig->hear_ack(x(), rig->all_sent<Ping>(&x()).back()->body<Ping>().sequence);
    EXPECT_EQ(rig->state_of("p00"), MemberState::Alive);
    x().answers = true;
    rig->forget_past();
    rig->run_for(500ms);
    EXPECT_EQ(rig->count<PingReq>(), 0U);
    EXPECT_EQ(rig->count<Suspicion>(), 0U);
}

TEST_F(Case, IsNotClosedByAnAnswerOfAnotherInstanceNorByAnUnknownSequence) {
    first_miss();
    rig->run_for(2s);
    const std::uint32_t sequence = rig->all_sent<Ping>(&x()).back()->body<Ping>().sequence;
    Peer impostor = x();
    impostor.profile.instance = 0x777;
    rig->hear_ack(impostor, sequence);
    rig->hear_ack(x(), sequence + 100'000);
    rig->hear_ack(other(1), sequence);
    EXPECT_EQ(rig->state_of("p00"), MemberState::Suspect);
    EXPECT_GE(rig->engine.counters().late_acks, 2U);
}

TEST_F(Case, IsClosedByAHelperThatHasALaterAnswer) {
    const Instant t = first_miss();
    rig->run_for(2s);
    const auto asked = rig->all_sent<PingReq>();
    const std::uint32_t sequence = asked.front()->body<PingReq>().sequence;
    // An answer to a ping of before our own is no news.
    rig->hear_alive(other(1), {"p00", x().profile.instance, sequence, 2100});
    EXPECT_EQ(rig->state_of("p00"), MemberState::Suspect);
    rig->hear_alive(other(1), {"p00", 0x777, sequence, 100});
    EXPECT_EQ(rig->state_of("p00"), MemberState::Suspect);
    rig->hear_alive(other(1), {"p00", x().profile.instance, sequence, 100});
    EXPECT_EQ(rig->state_of("p00"), MemberState::Alive);
    static_cast<void>(t);
}

TEST_F(Case, WaitsForAMemberThatAnnouncedARestartAndNoLonger) {
    Said announced = alive(x(), 1);
    x().profile.restarting = true;
    announced.profile = bytes_of(x().profile);
    rig->hear_gossip(other(1), {announced});
    const Instant from = rig->now;
    run_accused_by(0, from + 29s);
    EXPECT_EQ(rig->state_of("p00"), MemberState::Alive);
    EXPECT_EQ(rig->count<Suspicion>(), 0U);
    run_accused_by(5, from + 45s);
    EXPECT_EQ(rig->state_of("p00"), MemberState::Dead);
}

TEST_F(Case, ThatIsOpenIsClosedByAnAnnouncedRestart) {
    first_miss();
    rig->run_for(1s);
    Said announced = alive(x(), 1);
    x().profile.restarting = true;
    announced.profile = bytes_of(x().profile);
    rig->hear_gossip(x(), {announced});
    run_accused_by(5, rig->now + 10s);
    EXPECT_NE(rig->state_of("p00"), MemberState::Dead);
}

TEST_F(Case, AgainstARunThatRestartedIsOver) {
    first_miss();
    rig->run_for(2s);
    ASSERT_EQ(rig->state_of("p00"), MemberState::Suspect);
    x().generation = 2;
    x().profile.instance = 0x4242;
    x().answers = true;
    rig->hear_gossip(other(1), {alive(x())});
    EXPECT_EQ(rig->state_of("p00"), MemberState::Alive);
    rig->run_for(20s);
    EXPECT_EQ(rig->state_of("p00"), MemberState::Alive);
    EXPECT_GT(rig->count<Ping>(&x()), 0U);
}

// --- Lost pings must not wear the detector out ---

TEST_F(Case, ComesAsSoonAfterTenThousandLostPingsAsAfterNone) {
    x().answers = true;
    // Every third answer is lost; the next one excuses it.
    for (int k = 0; k < 8; ++k) {
        other(k).loss = 1.0 / 3;
    }
    for (int i = 0; i < 1500; ++i) {
        rig->run_for(10s);
        rig->forget_past();
    }
    EXPECT_GT(rig->engine.counters().probes_missed, 6000U);
    for (int k = 0; k < 8; ++k) {
        other(k).loss = 0;
    }
    rig->run_for(20s);
    for (int k = 0; k < 8; ++k) {
        EXPECT_EQ(rig->state_of("p0" + std::to_string(k)), MemberState::Alive);
    }
    rig->forget_past();
    rig->run_for(16s);
    EXPECT_GE(rig->count<Ping>(&x()), 2U);
    EXPECT_GE(rig->count<Ping>(&other(1)), 2U);
}

}  // namespace
}  // namespace memberd::tests
