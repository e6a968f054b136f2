// Among many members: who hears a suspicion and how often, and who is asked before a death.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/support/engine_rig.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

constexpr int kOthers = 40;
constexpr std::size_t kRings = 8;

class CaseAmongMany : public ::testing::Test {
  protected:
    CaseAmongMany() {
        rig.add_many(kOthers);
        rig.run_for(60s);
        const std::vector<std::string_view> subjects = rig.engine.subjects();
        x = &rig.peer(subjects[0]);
        y = &rig.peer(subjects[1]);
    }

    // Each question about `subject` that is new is answered: nobody there.
    void answer_in_vain(const Peer& subject, Duration length) {
        const Instant end = rig.now + length;
        while (rig.now < end) {
            rig.run_for(std::min<Duration>(10ms, end - rig.now));
            const auto asked = rig.all_sent<PingReq>();
            for (; answered_ < asked.size(); ++answered_) {
                if (asked[answered_]->body<PingReq>().subject == subject.profile.name) {
                    rig.hear_nack(rig.peer_at(asked[answered_]->to),
                                  asked[answered_]->body<PingReq>().sequence);
                }
            }
        }
    }

    // As answer_in_vain(), but so many of the first that are asked say nothing.
    void answer_in_vain_but(std::size_t silent, const Peer& subject, Duration length) {
        answered_ = 0;
        while (rig.count<PingReq>() == 0) {
            ASSERT_TRUE(rig.step(rig.now + 20s));
        }
        ASSERT_GE(rig.count<PingReq>(), silent);
        answered_ = silent;
        answer_in_vain(subject, length);
    }

    std::set<std::string> asked_about(const Peer& subject) {
        std::set<std::string> names;
        for (const Sent* each : rig.all_sent<PingReq>()) {
            if (each->body<PingReq>().subject == subject.profile.name) {
                names.insert(rig.peer_at(each->to).profile.name);
            }
        }
        return names;
    }

    std::set<std::string> told_between(Instant from, Instant until) {
        std::set<std::string> names;
        for (const Sent* each : rig.all_sent<Suspicion>()) {
            if (each->at >= from && each->at < until) {
                names.insert(rig.peer_at(each->to).profile.name);
            }
        }
        return names;
    }

    // `count` members that are neither x nor y.
    std::vector<Peer*> accusers(int count) {
        std::vector<Peer*> chosen;
        for (int i = 0; static_cast<int>(chosen.size()) < count; ++i) {
            Peer& peer = rig.peer((i < 10 ? "p0" : "p") + std::to_string(i));
            if (&peer != x && &peer != y) {
                chosen.push_back(&peer);
            }
        }
        return chosen;
    }

    // Both fall silent; until x is suspect, and then until just before its depth.
    void fall_silent_until_depth_is_near() {
        x->answers = false;
        y->answers = false;
        rig.forget_past();
        while (rig.state_of(x->profile.name) != MemberState::Suspect) {
            ASSERT_TRUE(rig.step(rig.now + 20s));
        }
        suspect_at = rig.time_of(x->profile.name, MemberState::Suspect);
        accuse(suspect_at + 950ms);
    }

    // Four others accuse x all the while.
    void accuse(Instant until) {
        while (rig.now < until) {
            for (const Peer* each : accusers(4)) {
                rig.hear_suspicion(*each, {x}, 3s);
            }
            rig.run_for(std::min<Duration>(50ms, until - rig.now));
        }
    }

    // A helper that was asked about y and not about x.
    const Sent* question_about_y_alone() {
        const std::set<std::string> helpers_of_x = asked_about(*x);
        for (const Sent* each : rig.all_sent<PingReq>()) {
            if (each->body<PingReq>().subject == y->profile.name &&
                !helpers_of_x.contains(rig.peer_at(each->to).profile.name)) {
                return each;
            }
        }
        return nullptr;
    }

    // Just before the depth of x a helper that was not asked about it reaches y.
    const Peer* reach_y_alone() {
        fall_silent_until_depth_is_near();
        const Sent* asked = question_about_y_alone();
        if (asked == nullptr) {
            return nullptr;
        }
        const Peer& relay = rig.peer_at(asked->to);
        rig.hear_alive(relay,
                       {y->profile.name, y->profile.instance, asked->body<PingReq>().sequence, 1});
        return &relay;
    }

    EngineRig rig;
    Peer* x = nullptr;
    Peer* y = nullptr;
    Instant suspect_at;

  private:
    std::size_t answered_ = 0;
};

TEST_F(CaseAmongMany, TellsObserversFirstAndHelpersTooWhereFewAccuse) {
    x->answers = false;
    rig.forget_past();
    while (rig.count<Suspicion>() == 0) {
        answer_in_vain(*x, 10ms);
        ASSERT_LT(rig.now, kRigStart + 5min);
    }
    const Instant first = rig.all_sent<Suspicion>().front()->at;
    const std::set<std::string> helpers = asked_about(*x);
    answer_in_vain(*x, 600ms);
    const std::set<std::string> at_first = told_between(first, first + 400ms);
    const std::set<std::string> then = told_between(first + 400ms, first + 700ms);
    EXPECT_LE(at_first.size(), kRings) << "its observers";
    std::size_t helpers_told = 0;
    for (const std::string& helper : helpers) {
        helpers_told += then.contains(helper) ? 1 : 0;
    }
    EXPECT_EQ(helpers_told, helpers.size());
    for (const std::string& name : at_first) {
        EXPECT_TRUE(then.contains(name)) << name;
    }
}

TEST_F(CaseAmongMany, TellsTheAccusersAloneTheSecondTimeWhereTheyAreEnough) {
    x->answers = false;
    rig.forget_past();
    const Sent* first = rig.run_until_sent<Suspicion>(20s);
    ASSERT_NE(first, nullptr);
    const Instant at = first->at;
    for (const Peer* each : accusers(4)) {
        rig.hear_suspicion(*each, {x}, 1800ms);
    }
    rig.run_for(600ms);
    const std::set<std::string> then = told_between(at + 400ms, at + 700ms);
    EXPECT_LE(then.size(), 4U);
}

// Or no two of those who accuse a member for long would ever know of each other.
TEST_F(CaseAmongMany, RepeatsItsSuspicionWithinItsValidityHoweverLongItLasts) {
    x->answers = false;
    rig.forget_past();
    const Sent* first = rig.run_until_sent<Suspicion>(20s);
    ASSERT_NE(first, nullptr);
    const Peer& observer = rig.peer_at(first->to);
    rig.run_for(15s);
    rig.forget_past();
    const Instant end = rig.now + 20s;
    while (rig.now < end) {
        rig.hear_suspicion(observer, {x}, 15s);
        rig.run_for(250ms);
    }
    std::vector<Instant> times;
    for (const Sent* each : rig.all_sent<Suspicion>(&observer)) {
        if (times.empty() || each->at > times.back()) {
            times.push_back(each->at);
        }
    }
    ASSERT_GE(times.size(), 10U);
    for (std::size_t i = 1; i < times.size(); ++i) {
        EXPECT_LT(times[i] - times[i - 1], timing_of(TimingProfile::Lan).suspicion_validity);
    }
}

TEST_F(CaseAmongMany, AsksOneMoreMemberWhenItSuspects) {
    x->answers = false;
    rig.forget_past();
    while (rig.state_of(x->profile.name) != MemberState::Suspect) {
        answer_in_vain(*x, 10ms);
        ASSERT_LT(rig.now, kRigStart + 5min);
    }
    const Instant suspected = rig.time_of(x->profile.name, MemberState::Suspect);
    std::set<std::string> before;
    std::set<std::string> at_once;
    for (const Sent* each : rig.all_sent<PingReq>()) {
        auto& names = each->at < suspected ? before : at_once;
        names.insert(rig.peer_at(each->to).profile.name);
    }
    EXPECT_EQ(before.size(), 4U);
    ASSERT_EQ(at_once.size(), 1U);
    EXPECT_FALSE(before.contains(*at_once.begin()));
    const auto told = told_between(suspected, suspected + 1ms);
    EXPECT_FALSE(told.contains(*at_once.begin())) << "its observers are told; this is none";
}

TEST_F(CaseAmongMany, AsksNobodyInThePlaceOfOneSilentHelper) {
    x->answers = false;
    rig.forget_past();
    answer_in_vain_but(1, *x, 1s);
    EXPECT_EQ(asked_about(*x).size(), 4U);
}

TEST_F(CaseAmongMany, AsksOthersWhereHalfOfTheHelpersAreSilent) {
    x->answers = false;
    rig.forget_past();
    answer_in_vain_but(2, *x, 1s);
    EXPECT_GE(asked_about(*x).size(), 6U);
}

TEST_F(CaseAmongMany, AsksWhoReachedSomebodyElseMeanwhileBeforeADeath) {
    const Peer* relay = reach_y_alone();
    ASSERT_NE(relay, nullptr);
    accuse(suspect_at + 1150ms);
    EXPECT_EQ(rig.state_of(x->profile.name), MemberState::Suspect);
    EXPECT_TRUE(asked_about(*x).contains(relay->profile.name));

    const auto questions = rig.all_sent<PingReq>(relay);
    rig.hear_alive(*relay, {x->profile.name, x->profile.instance,
                            questions.back()->body<PingReq>().sequence, 1});
    accuse(suspect_at + 2s);
    EXPECT_NE(rig.state_of(x->profile.name), MemberState::Dead);
    EXPECT_EQ(rig.engine.counters().deaths, 0U);
}

TEST_F(CaseAmongMany, WaitsForThemNoLongerThanAnAnswerTakes) {
    const Peer* relay = reach_y_alone();
    ASSERT_NE(relay, nullptr);
    accuse(suspect_at + 2s);
    ASSERT_EQ(rig.state_of(x->profile.name), MemberState::Dead);
    const Instant at = rig.time_of(x->profile.name, MemberState::Dead);
    EXPECT_GE(at, suspect_at + 1150ms);
    EXPECT_LE(at, suspect_at + 1700ms);
}

}  // namespace
}  // namespace memberd::tests
