// Going: by oneself, of others, and by the hand of an operator.
#include <set>

#include <gtest/gtest.h>

#include "tests/conformance/support/rule.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

class LeaveRules : public Rule {
  protected:
    void leave() {
        rig.engine.leave(rig.now, rig.out);
        rig.collect();
    }
};

INSTANTIATE_TEST_SUITE_P(Modes, LeaveRules, kAllModes, mode_name);

TEST_P(LeaveRules, IsToldAtOnceAndToNobodyTwice) {
    leave();
    std::set<Endpoint> told;
    for (const Sent* each : rig.all_sent<Leave>()) {
        EXPECT_TRUE(told.insert(each->to).second);
        ASSERT_EQ(each->updates().size(), 1U);
        EXPECT_EQ(each->updates().front().name, "self");
        EXPECT_EQ(each->updates().front().claim, (Claim{0xabc, 10, 0, MemberState::Left}));
    }
    EXPECT_EQ(told.size(), 6U);
}

TEST_P(LeaveRules, IsNotToldToTheGone) {
    rig.hear_gossip(p(1), {death_of(p(0)), left(p(2))});
    rig.forget_past();
    leave();
    EXPECT_EQ(rig.count<Leave>(), 4U);
    EXPECT_EQ(rig.count<Leave>(&p(0)), 0U);
    EXPECT_EQ(rig.count<Leave>(&p(2)), 0U);
}

TEST_P(LeaveRules, TwiceIsOnce) {
    leave();
    leave();
    EXPECT_EQ(rig.count<Leave>(), 6U);
    rig.run_for(5s);
    EXPECT_TRUE(rig.engine.stopped());
    std::size_t ends = 0;
    for (const Notice& notice : rig.notices) {
        ends += notice.kind == NoticeKind::LeaveAcknowledged ? 1 : 0;
    }
    EXPECT_EQ(ends, 1U);
    leave();
    EXPECT_TRUE(rig.engine.stopped());
}

TEST_P(LeaveRules, IsNotUndoneByARefutation) {
    leave();
    for (const MemberState state : {MemberState::Suspect, MemberState::Dead, MemberState::Left}) {
        rig.hear_gossip(p(1), {about_self(state, 0)});
        EXPECT_EQ(rig.engine.self().claim, (Claim{0xabc, 10, 0, MemberState::Left}));
    }
    EXPECT_EQ(rig.engine.counters().refutations, 0U);
}

TEST_P(LeaveRules, EndsProbing) {
    leave();
    rig.forget_past();
    rig.run_for(1900ms);
    EXPECT_FALSE(rig.engine.stopped());
    EXPECT_EQ(rig.count<Ping>(), 0U);
}

TEST_P(LeaveRules, IsFollowedBySilence) {
    leave();
    rig.run_for(3s);
    ASSERT_TRUE(rig.engine.stopped());
    rig.forget_past();
    rig.hear_ping(p(1), 5, 6);
    rig.hear_gossip(p(1), {death_of(p(0))});
    EXPECT_TRUE(rig.sent.empty());
    EXPECT_TRUE(rig.changes.empty());
    EXPECT_EQ(rig.engine.next_deadline(), kNever);
}

TEST_P(LeaveRules, OfAnotherIsOneEventAndNoFailure) {
    p(0).answers = false;
    rig.hear_gossip(p(0), {left(p(0))});
    rig.run_for(60s);
    const auto changes = changes_of("p00");
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes.front().claim.state, MemberState::Left);
    EXPECT_EQ(changes.front().previous, MemberState::Alive);
}

TEST_P(LeaveRules, OfAnotherEndsAllContactWithIt) {
    p(0).answers = false;
    rig.hear_gossip(p(1), {left(p(0))});
    rig.run_for(1s);
    rig.forget_past();
    rig.run_for(120s);
    for (const Sent& each : rig.sent) {
        EXPECT_NE(each.to, p(0).profile.endpoint);
    }
}

TEST_P(LeaveRules, OfASuspectIsALeave) {
    make_a_suspect_of_p00();
    rig.hear_gossip(p(2), {left(p(0))});
    rig.run_for(60s);
    EXPECT_EQ(rig.state_of("p00"), MemberState::Left);
    EXPECT_EQ(rig.time_of("p00", MemberState::Dead), kNever);
}

// --- By hand ---

TEST_P(LeaveRules, ByHandIsForTheDeadOnly) {
    rig.hear_gossip(p(1), {left(p(2))});
    rig.forget_past();
    for (const char* name : {"p00", "self", "p02", "nobody", ""}) {
        EXPECT_FALSE(rig.engine.forget(rig.now, name, rig.out)) << name;
    }
    rig.collect();
    EXPECT_TRUE(rig.changes.empty());
    EXPECT_EQ(rig.state_of("p00"), MemberState::Alive);
}

TEST_P(LeaveRules, ByHandTakesTheDeadOutOfSightAndIsPassedOn) {
    p(0).answers = false;
    rig.hear_gossip(p(1), {death_of(p(0))});
    rig.run_for(10s);
    rig.forget_past();
    EXPECT_TRUE(rig.engine.forget(rig.now, "p00", rig.out));
    rig.collect();

    EXPECT_FALSE(rig.knows("p00"));
    ASSERT_EQ(rig.changes.size(), 1U);
    EXPECT_EQ(rig.changes.front().kind, ChangeKind::Forgotten);
    rig.run_for(60s);
    EXPECT_EQ(rig.count<Ping>(&p(0)), 0U);
    ASSERT_FALSE(passed_on(p(0)).empty());
    EXPECT_EQ(passed_on(p(0)).front().claim.state, MemberState::Left);
}

TEST_P(LeaveRules, ByHandElsewhereTakesTheDeadOutOfSightHere) {
    rig.hear_gossip(p(1), {death_of(p(0))});
    rig.hear_gossip(p(1), {left(p(0))});
    EXPECT_FALSE(rig.knows("p00"));
    rig.hear_gossip(p(1), {alive(next_run_of(p(0)))});
    EXPECT_EQ(rig.state_of("p00"), MemberState::Alive);
}

}  // namespace
}  // namespace memberd::tests
