// Mode memberd: being a helper, evidence of others, slots, random contacts, and doubt of oneself.
#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/support/engine_rig.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

class Evidence : public ::testing::Test {
  protected:
    void start(int others) {
        rig = std::make_unique<EngineRig>();
        rig->add_many(others);
        rig->run_for(30s);
        rig->forget_past();
    }

    Peer& p(int i) { return rig->peer((i < 10 ? "p0" : "p") + std::to_string(i)); }

    PingReq about(const Peer& subject, std::uint32_t sequence, std::uint32_t age_ms = 300) {
        return {sequence, subject.profile.name, subject.profile.instance, age_ms};
    }

    // A peer that the engine neither observes nor has pinged.
    Peer& no_subject() {
        const auto subjects = rig->engine.subjects();
        for (int i = 0;; ++i) {
            if (std::find(subjects.begin(), subjects.end(), p(i).profile.name) == subjects.end() &&
                rig->count<Ping>(&p(i)) == 0 &&
                !rig->engine.observation(rig->now, p(i).profile.name)) {
                return p(i);
            }
        }
    }

    std::unique_ptr<EngineRig> rig;
};

// --- Helpers ---

TEST_F(Evidence, AHelperPingsASubjectThatItNeverPingedBefore) {
    start(40);
    Peer& x = no_subject();
    rig->hear_ping_req(p(1), about(x, 5), 99);
    EXPECT_EQ(rig->count<Ping>(&x), 1U);
    rig->run_for(2ms);
    const auto said = rig->all_sent<Alive>();
    ASSERT_EQ(said.size(), 1U);
    EXPECT_EQ(said.front()->reply_to, 99U);
    EXPECT_EQ(said.front()->body<Alive>().sequence, 5U);
    EXPECT_EQ(said.front()->body<Alive>().age_ms, 1U);
}

TEST_F(Evidence, AHelperWithoutAnAnswerSaysSoAtItsTimeoutAndAliveWhenOneComes) {
    start(8);
    p(0).answers = false;
    rig->run_for(100ms);
    rig->forget_past();
    const Instant asked = rig->now;
    rig->hear_ping_req(p(1), about(p(0), 5), 99);
    ASSERT_EQ(rig->count<Ping>(&p(0)), 1U);
    rig->run_for(1s);
    const auto nacks = rig->all_sent<Nack>();
    ASSERT_EQ(nacks.size(), 1U);
    EXPECT_EQ(nacks.front()->at, asked + 300ms);
    EXPECT_EQ(nacks.front()->body<Nack>().sequence, 5U);
    rig->hear_ack(p(0), rig->all_sent<Ping>(&p(0)).back()->body<Ping>().sequence);
    EXPECT_EQ(rig->count<Alive>(), 1U);
}

TEST_F(Evidence, AHelperThatHoldsALaterAnswerSaysSoAtOnce) {
    start(8);
    rig->hear_ping_req(p(1), about(p(0), 5, 20'000), 99);
    EXPECT_EQ(rig->count<Alive>(), 1U);
    rig->hear_ping_req(p(1), about(p(0), 6, 0), 99);
    EXPECT_EQ(rig->count<Alive>(), 1U);
}

TEST_F(Evidence, AHelperKnowsNothingOfStrangersAndOtherRuns) {
    start(8);
    Peer other_run = p(0);
    other_run.profile.instance = 0x999;
    rig->hear_ping_req(p(1), about(other_run, 5), 99);
    rig->hear_ping_req(p(1), about(rig->add_stranger("nobody"), 6), 98);
    EXPECT_EQ(rig->count<Nack>(), 2U);
    EXPECT_EQ(rig->count<Alive>(), 0U);
}

TEST_F(Evidence, AHelperPingsAllItsSubjectsAtMostEveryFiveSeconds) {
    start(40);
    Peer& x = no_subject();
    rig->hear_ping_req(p(1), about(x, 5), 99);
    const std::size_t burst = rig->count<Ping>();
    EXPECT_GE(burst, 5U);
    rig->hear_ping_req(p(2), about(x, 6), 99);
    EXPECT_EQ(rig->count<Ping>(), burst);
}

// --- Suspicions of others ---

TEST_F(Evidence, ASuspicionIsShownUntilItEndsAndTheSubjectIsPinged) {
    start(40);
    Peer& x = no_subject();
    x.answers = false;
    const Instant heard = rig->now;
    rig->hear_suspicion(p(1), {&x}, 2s);
    EXPECT_EQ(rig->state_of(x.profile.name), MemberState::Suspect);
    EXPECT_EQ(rig->count<Ping>(&x), 1U);
    const std::uint64_t digest = rig->engine.status(rig->now).view_digest;
    rig->run_for(1200ms);
    EXPECT_EQ(rig->state_of(x.profile.name), MemberState::Suspect);
    rig->run_for(2ms);
    EXPECT_EQ(rig->state_of(x.profile.name), MemberState::Alive);
    EXPECT_EQ(rig->time_of(x.profile.name, MemberState::Alive), heard + 1201ms);
    EXPECT_EQ(rig->engine.status(rig->now).view_digest, digest);
}

TEST_F(Evidence, ASuspicionThatIsRepeatedStaysAndEndsAfterTheLast) {
    start(40);
    Peer& x = no_subject();
    x.answers = false;
    rig->hear_suspicion(p(1), {&x}, 2s);
    rig->run_for(500ms);
    rig->hear_suspicion(p(1), {&x}, 2500ms);
    rig->run_for(1200ms);
    EXPECT_EQ(rig->state_of(x.profile.name), MemberState::Suspect);
}

TEST_F(Evidence, ASuspicionIsAnsweredWithALaterProofOfLife) {
    start(8);
    rig->hear_suspicion(p(1), {&p(0)}, 20s, 44);
    ASSERT_EQ(rig->count<Alive>(), 1U);
    EXPECT_EQ(rig->sent.back().reply_to, 44U);
    EXPECT_EQ(rig->sent.back().body<Alive>().sequence, 0U);
    EXPECT_EQ(rig->state_of("p00"), MemberState::Alive);
}

TEST_F(Evidence, ASuspicionOfAnotherRunOfOneselfOrByAStrangerCountsForNothing) {
    start(8);
    Peer other_run = p(0);
    other_run.profile.instance = 0x999;
    rig->hear_suspicion(p(1), {&other_run}, 2s);
    rig->hear_suspicion(p(0), {&p(0)}, 2s);
    Peer& stranger = rig->add_stranger("nobody");
    rig->hear_suspicion(stranger, {&p(0)}, 0s);
    EXPECT_EQ(rig->state_of("p00"), MemberState::Alive);
}

TEST_F(Evidence, ManySuspicionsDoNotPileUp) {
    start(40);
    for (int i = 0; i < 40; ++i) {
        p(i).answers = false;
    }
    for (int i = 0; i < 100'000; ++i) {
        rig->hear_suspicion(p(i % 40), {&p((i + 1) % 40), &p((i + 7) % 40)}, 0s);
        rig->sent.clear();
    }
    // Whatever they left behind is due and gone soon.
    int events = 0;
    const Instant end = rig->now + 1300ms;
    while (rig->step(end)) {
        ++events;
    }
    EXPECT_LE(events, 3000);
}

TEST_F(Evidence, StrangersThatOthersAskAboutDoNotStopTheWatchOverSubjects) {
    start(300);
    for (int i = 0; i < 300; ++i) {
        p(i).answers = false;
        rig->hear_ping_req(p((i + 1) % 300), about(p(i), 5, 0), 99);
    }
    for (int i = 0; i < 300; ++i) {
        p(i).answers = true;
    }
    // A subject dies and another takes its place.
    const std::string dead_name(rig->engine.subjects().front());
    rig->hear_gossip(p(1), {dead(rig->peer(dead_name), {"p02", "p03"})});
    rig->forget_past();
    rig->run_for(20s);
    for (const std::string_view name : rig->engine.subjects()) {
        EXPECT_GE(rig->count<Ping>(&rig->peer(name)), 1U) << name;
    }
}

TEST_F(Evidence, ASubjectThatDiedAndCameBackInOneMessageIsStillWatched) {
    start(8);
    rig->hear_gossip(p(1), {dead(p(0), {"p02", "p03"}), alive(p(0), 1)});
    ASSERT_EQ(rig->state_of("p00"), MemberState::Alive);
    rig->forget_past();
    rig->run_for(20s);
    EXPECT_GE(rig->count<Ping>(&p(0)), 2U);
}

// --- The schedule ---

TEST_F(Evidence, EverySubjectIsPingedOnceInAsManyPeriodsAsThereAreSubjects) {
    start(8);
    rig->run_for(80s);
    for (int i = 0; i < 8; ++i) {
        EXPECT_GE(rig->count<Ping>(&p(i)), 9U) << i;
        EXPECT_LE(rig->count<Ping>(&p(i)), 11U) << i;
    }
}

TEST_F(Evidence, TheAdviceOfTheSubjectIsFollowed) {
    start(8);
    p(0).next_slot_ms = 3000;
    rig->run_for(9s);
    rig->forget_past();
    rig->run_for(30s);
    EXPECT_GE(rig->count<Ping>(&p(0)), 9U);
    EXPECT_LE(rig->count<Ping>(&p(0)), 11U);
}

// Played back: eight observers that keep to the slots of their acks come evenly spread.
TEST_F(Evidence, TheSlotsOfItsAcksSpreadItsObserversEvenly) {
    start(8);
    std::map<int, Instant> next;
    for (int i = 0; i < 8; ++i) {
        next[i] = rig->now + 10ms * i;
    }
    std::vector<Instant> pings;
    const Instant end = rig->now + 80s;
    while (rig->now < end) {
        const auto first = std::min_element(next.begin(), next.end(),
                                            [](auto& a, auto& b) { return a.second < b.second; });
        rig->run_for(first->second - rig->now);
        rig->hear_ping(p(first->first), 1, 700);
        pings.push_back(rig->now);
        const auto wait = rig->all_sent<Ack>().back()->body<Ack>().next_slot_ms;
        EXPECT_GT(wait, 0U);
        EXPECT_LE(wait, 9000U);
        next[first->first] = rig->now + std::chrono::milliseconds(wait);
    }
    for (std::size_t i = pings.size() - 32; i < pings.size(); ++i) {
        EXPECT_NEAR(milliseconds(pings[i] - pings[i - 1]), 1000, 20);
    }
    Peer& stranger = rig->add_stranger("nobody");
    rig->hear_ping(stranger, 1, 700);
    EXPECT_EQ(rig->all_sent<Ack>().back()->body<Ack>().next_slot_ms, 0U);
}

// Members that start at one moment must not be pinged at one moment ever after.
TEST_F(Evidence, TheSlotsOfMembersThatStartTogetherAreApart) {
    std::set<std::uint32_t> phases;
    for (std::uint64_t instance = 1; instance <= 40; ++instance) {
        RigOptions options;
        options.self.instance = instance;
        EngineRig one(options);
        one.add_many(4);
        one.hear_ping(one.peer("p00"), 1, 700);
        phases.insert(one.all_sent<Ack>().back()->body<Ack>().next_slot_ms % 1000 / 100);
    }
    EXPECT_GE(phases.size(), 8U);
}

TEST_F(Evidence, RandomContactsVisitEverybodyThatIsNoSubject) {
    start(40);
    rig->run_for(700s);  // One round, begun somewhere in the one before.
    std::size_t visited = 0;
    for (int i = 0; i < 40; ++i) {
        visited += rig->count<Ping>(&p(i)) > 0 ? 1 : 0;
    }
    EXPECT_EQ(visited, 40U);
    EXPECT_LE(rig->count<Ping>(), 700U + 70U + 10U);
}

TEST_F(Evidence, AProbeForACallerTellsItsRoundTripOrThatNobodyAnswered) {
    start(8);
    EXPECT_FALSE(rig->engine.probe(rig->now, "nobody", 1, rig->out));
    EXPECT_FALSE(rig->engine.probe(rig->now, "self", 1, rig->out));
    p(0).delay = 7ms;
    EXPECT_TRUE(rig->engine.probe(rig->now, "p00", 11, rig->out));
    rig->collect();
    rig->run_for(100ms);
    ASSERT_EQ(rig->probe_results.size(), 1U);
    EXPECT_TRUE(rig->probe_results[0].answered);
    EXPECT_EQ(rig->probe_results[0].cookie, 11U);
    EXPECT_EQ(rig->probe_results[0].round_trip, 7ms);

    p(0).answers = false;
    rig->engine.probe(rig->now, "p00", 12, rig->out);
    const Sent probe = [&] {
        rig->collect();
        return rig->sent.back();
    }();
    Peer other_run = p(0);
    other_run.profile.instance = 0x999;
    rig->hear_ack(other_run, probe.body<Ping>().sequence);
    rig->run_for(1999ms);
    EXPECT_EQ(rig->probe_results.size(), 1U);
    rig->run_for(1ms);
    ASSERT_EQ(rig->probe_results.size(), 2U);
    EXPECT_FALSE(rig->probe_results[1].answered);
    EXPECT_EQ(rig->probe_results[1].cookie, 12U);
}

// --- Doubt ---

class Doubt : public Evidence {
  protected:
    void silence_all() {
        for (int i = 0; i < 8; ++i) {
            p(i).answers = false;
        }
    }
};

TEST_F(Doubt, BySilenceAccusesNobodyAndEndsWithTheNextAnswer) {
    start(8);
    silence_all();
    rig->run_for(10s);
    EXPECT_NE(rig->noticed(NoticeKind::DoubtBegan), nullptr);
    EXPECT_FALSE(rig->engine.status(rig->now).doubt.empty());
    EXPECT_EQ(rig->engine.counters().deaths, 0U);
    for (int i = 1; i < 8; ++i) {
        rig->hear_suspicion(p(i), {&p(0)}, 6s);
    }
    EXPECT_EQ(rig->state_of("p00"), MemberState::Suspect);
    EXPECT_EQ(rig->engine.counters().deaths, 0U);

    for (int i = 1; i < 8; ++i) {
        p(i).answers = true;
    }
    rig->run_for(2s);
    EXPECT_NE(rig->noticed(NoticeKind::DoubtEnded), nullptr);
    EXPECT_TRUE(rig->engine.status(rig->now).doubt.empty());
    rig->run_for(10s);
    for (int i = 1; i < 8; ++i) {
        EXPECT_EQ(rig->state_of("p0" + std::to_string(i)), MemberState::Alive);
    }
}

TEST_F(Doubt, WhenItEndsHoldsNothingAgainstThoseWithoutACaseEither) {
    start(40);
    for (int i = 0; i < 40; ++i) {
        rig->peer(i < 10 ? "p0" + std::to_string(i) : "p" + std::to_string(i)).answers = false;
    }
    rig->run_for(10s);
    ASSERT_FALSE(rig->engine.status(rig->now).doubt.empty());
    rig->forget_past();
    rig->run_for(4s);
    // Somebody who was asked lately, to see whether anybody answers, and is no subject.
    const std::vector<std::string_view> subjects = rig->engine.subjects();
    Peer* asked = nullptr;
    for (const Sent* ping : rig->all_sent<Ping>()) {
        Peer& peer = rig->peer_at(ping->to);
        if (asked == nullptr &&
            std::find(subjects.begin(), subjects.end(), peer.profile.name) == subjects.end()) {
            asked = &peer;
        }
    }
    ASSERT_NE(asked, nullptr);
    for (int i = 0; i < 40; ++i) {
        Peer& peer = rig->peer(i < 10 ? "p0" + std::to_string(i) : "p" + std::to_string(i));
        peer.answers = &peer != asked;
    }
    rig->run_for(2s);
    ASSERT_TRUE(rig->engine.status(rig->now).doubt.empty());
    for (int round = 0; round < 4; ++round) {
        int accusers = 0;
        for (int i = 0; accusers < 5; ++i) {
            if (&p(i) != asked) {
                rig->hear_suspicion(p(i), {asked}, 6s);
                ++accusers;
            }
        }
        EXPECT_NE(rig->state_of(asked->profile.name), MemberState::Dead);
        rig->run_for(250ms);
    }
    EXPECT_EQ(rig->engine.counters().deaths, 0U);
}

TEST_F(Doubt, BySilenceAsksNoHelpersAndPingsLittle) {
    start(8);
    silence_all();
    rig->run_for(10s);  // All doubt has begun.
    ASSERT_FALSE(rig->engine.status(rig->now).doubt.empty());
    rig->forget_past();
    rig->run_for(12s);
    ASSERT_FALSE(rig->engine.status(rig->now).doubt.empty());
    EXPECT_EQ(rig->count<PingReq>(), 0U);
    EXPECT_EQ(rig->count<Suspicion>(), 0U);
    // One fresh ping a second for all cases together. There is nobody else to ask.
    EXPECT_GE(rig->count<Ping>(), 11U);
    EXPECT_LE(rig->count<Ping>(), 13U);
}

// Whoever is asked about a member that does not answer, and then hears that it lives, may have
// asked nobody else for a while.
TEST_F(Doubt, IsForestalledByAQuestionToSomebodyElse) {
    start(40);
    for (int i = 0; i < 40; ++i) {
        Peer& peer = rig->peer((i < 10 ? "p0" : "p") + std::to_string(i));
        peer.next_slot_ms = 15'000;
        peer.delay = 350ms;  // So what is asked for the first time has 1.7 s to answer.
    }
    rig->run_for(40s);
    const std::vector<std::string_view> subjects = rig->engine.subjects();
    int i = 0;
    while (std::find(subjects.begin(), subjects.end(), p(i).profile.name) != subjects.end()) {
        ++i;
    }
    Peer& gone = p(i);
    gone.answers = false;
    rig->forget_past();
    std::size_t answered = 0;
    for (int round = 0; round < 20; ++round) {
        rig->hear_ping_req(p(i + 1), {9, gone.profile.name, gone.profile.instance, 0}, 701);
        const Instant end = rig->now + 3s;
        while (rig->now < end) {
            rig->run_for(10ms);
            for (; answered < rig->count<Nack>(); ++answered) {
                rig->hear_alive(p(i + 1), {gone.profile.name, gone.profile.instance, 0, 1});
            }
        }
    }
    EXPECT_GE(answered, 10U);
    EXPECT_EQ(rig->noticed(NoticeKind::DoubtBegan), nullptr);
}

TEST_F(Doubt, OfTheLastOneEndsAndItsOwnEvidenceDecides) {
    start(1);
    p(0).answers = false;
    const Instant from = rig->now;
    rig->run_for(11s);
    EXPECT_EQ(rig->state_of("p00"), MemberState::Alive);
    rig->run_for(5s);
    EXPECT_EQ(rig->state_of("p00"), MemberState::Dead);
    EXPECT_NE(rig->noticed(NoticeKind::Minority), nullptr);
    EXPECT_GE(rig->time_of("p00", MemberState::Dead), from + 12500ms);
    EXPECT_LE(rig->time_of("p00", MemberState::Dead), from + 15s);
}

TEST_F(Doubt, AfterAPauseEndsWithTheFirstAnswerAndKillsNobody) {
    start(8);
    rig->now += 30s;
    rig->engine.resumed(rig->now, 30s, rig->out);
    rig->collect();
    EXPECT_FALSE(rig->engine.status(rig->now).doubt.empty());
    rig->run_for(10s);
    EXPECT_TRUE(rig->engine.status(rig->now).doubt.empty());
    EXPECT_EQ(rig->engine.counters().deaths, 0U);
    EXPECT_EQ(rig->engine.counters().suspicions, 0U);
}

// A slow process reads its clock once a turn.
TEST_F(Doubt, APingOfTheInstantOfAnAnsweredOneLeavesNoSilenceWhenItsTimeIsUp) {
    start(2);
    p(0).answers = false;
    const std::size_t before = rig->count<Ping>(&p(0));
    while (rig->count<Ping>(&p(0)) == before) {
        rig->step(rig->now + 20s);
    }
    rig->hear_ack(p(0), rig->all_sent<Ping>(&p(0)).back()->body<Ping>().sequence);
    rig->forget_past();
    rig->engine.resumed(rig->now, 1s, rig->out);
    rig->collect();
    ASSERT_EQ(rig->count<Ping>(&p(0)), 1U);
    rig->run_for(400ms);
    rig->hear_ack(p(0), rig->all_sent<Ping>(&p(0)).front()->body<Ping>().sequence);
    ASSERT_EQ(rig->engine.counters().late_acks, 1U);

    rig->run_for(10s);
    ASSERT_GE(rig->count<Ping>(&p(0)), 2U);
    const Instant first_missed = rig->all_sent<Ping>(&p(0))[1]->at;
    ASSERT_NE(rig->time_of("p00", MemberState::Suspect), kNever);
    EXPECT_GE(rig->time_of("p00", MemberState::Suspect), first_missed + 1800ms);
}

TEST_F(Doubt, ComesWithALateTimerAndNotWithOneThatIsNearlyInTime) {
    for (const bool late : {false, true}) {
        start(8);
        rig->now = rig->engine.next_deadline() + (late ? 500ms : 499ms);
        rig->engine.advance(rig->now, rig->out);
        EXPECT_EQ(rig->engine.status(rig->now).doubt.empty(), !late);
        rig->collect();
    }
}

// After a stall a backlog waits, and timers are late: each answer ends the doubt, and the next
// message begins it anew.
TEST_F(Doubt, OfABacklogIsToldOnce) {
    start(8);
    rig->run_for(200ms);
    for (int i = 0; i < 8; ++i) {
        p(i).answers = false;
    }
    rig->forget_past();
    while (rig->count<Ping>() < 6) {
        ASSERT_TRUE(rig->step(rig->now + 5s));
    }
    // Three late answers among the last nine do not make all answers slow.
    std::vector<std::pair<Endpoint, std::uint32_t>> asked;
    for (const Sent* each : rig->all_sent<Ping>()) {
        if (asked.size() < 3) {
            asked.emplace_back(each->to, each->body<Ping>().sequence);
        }
    }
    rig->notices.clear();
    rig->now = rig->engine.next_deadline() + 1s;
    for (const auto& [to, sequence] : asked) {
        rig->hear_ping(rig->peer_at(to), 1, 700);
        rig->hear_ack(rig->peer_at(to), sequence);
    }
    const auto told = [this](NoticeKind kind) {
        return std::count_if(rig->notices.begin(), rig->notices.end(),
                             [kind](const Notice& notice) { return notice.kind == kind; });
    };
    EXPECT_EQ(told(NoticeKind::DoubtBegan), 1);
    EXPECT_EQ(told(NoticeKind::DoubtEnded), 0);
    for (int i = 0; i < 8; ++i) {
        p(i).answers = true;
    }
    rig->run_for(3s);
    EXPECT_EQ(told(NoticeKind::DoubtBegan), 1);
    EXPECT_EQ(told(NoticeKind::DoubtEnded), 1);
}

// r counts those that answered lately, this member included and the accused not.
TEST_F(Doubt, BreadthFollowsTheSizeOfTheClusterAndWhoAnswers) {
    for (int n = 2; n <= 6; ++n) {
        for (int also_silent = 0; also_silent <= n - 3; ++also_silent) {
            rig = std::make_unique<EngineRig>();
            rig->add_many(n - 1);
            rig->run_for(60s);
            for (int i = 0; i <= also_silent; ++i) {
                p(i).answers = false;
            }
            const int reachable = n - 1 - also_silent;
            const int needed = std::min({4, n - 1, std::max(2, reachable)});
            // All others accuse, as many as there may be less one, until long after the depth.
            for (int accusers = needed - 1; accusers <= needed; ++accusers) {
                const Instant end = rig->now + 20s;
                while (rig->now < end && rig->state_of("p00") != MemberState::Dead) {
                    for (int i = 1; i < accusers; ++i) {
                        rig->hear_suspicion(p(n - 1 - i), {&p(0)}, 8s);
                    }
                    rig->run_for(250ms);
                }
                if (n > 2) {
                    EXPECT_EQ(rig->state_of("p00") == MemberState::Dead, accusers == needed)
                        << "n " << n << " r " << reachable << " accusers " << accusers;
                }
            }
            EXPECT_EQ(rig->state_of("p00"), MemberState::Dead) << n;
        }
    }
}

}  // namespace
}  // namespace memberd::tests
