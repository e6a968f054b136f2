// The next run of a name: what it takes over from the one before, and what that one still does.
#include <gtest/gtest.h>

#include "tests/conformance/support/rule.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

class RestartRules : public Rule {
  protected:
    [[nodiscard]] Profile profile(std::string_view name) const {
        return rig.pool.open(rig.engine.find(name)->profile);
    }
};

INSTANTIATE_TEST_SUITE_P(Modes, RestartRules, kAllModes, mode_name);

// Without generations the old tags would win by their greater incarnation, for ever.
TEST_P(RestartRules, TheNewRunsTagsReplaceTheOldOnesThoughItsIncarnationIsLower) {
    p(0).profile.tags = {{"role", "old"}};
    rig.hear_gossip(p(1), {alive(p(0), 7)});
    Peer again = next_run_of(p(0));
    again.profile.tags = {{"role", "new"}};
    rig.hear_gossip(p(1), {alive(again)});
    rig.hear_gossip(p(1), {alive(p(0), 9)});

    EXPECT_EQ(profile("p00").tags, again.profile.tags);
    EXPECT_EQ(held("p00").incarnation, 0U);
}

TEST_P(RestartRules, OfTheDeadIsOneReturn) {
    rig.hear_gossip(p(1), {death_of(p(0))});
    rig.forget_past();
    rig.hear_gossip(p(1), {alive(next_run_of(p(0)))});

    ASSERT_EQ(rig.changes.size(), 1U);
    EXPECT_EQ(rig.changes.front().kind, ChangeKind::State);
    EXPECT_EQ(rig.changes.front().previous, MemberState::Dead);
    EXPECT_FALSE(rig.changes.front().is_new);
}

TEST_P(RestartRules, OfOneThatLeftMayBringOtherTagsAndAnotherAddress) {
    rig.hear_gossip(p(1), {left(p(0))});
    rig.forget_past();
    Peer again = next_run_of(p(0));
    again.profile.tags = {{"role", "other"}};
    again.profile.endpoint = endpoint_at(9999);
    rig.hear_gossip(p(1), {alive(again)});

    EXPECT_EQ(profile("p00"), again.profile);
    ASSERT_EQ(rig.changes.size(), 1U);
    EXPECT_EQ(rig.changes.front().previous, MemberState::Left);
}

TEST_P(RestartRules, AtAnotherAddressIsPingedThereAndNoLongerAtTheOld) {
    const Endpoint old = p(0).profile.endpoint;
    p(0) = next_run_of(p(0));
    p(0).profile.endpoint = endpoint_at(9999);
    rig.hear_gossip(p(1), {alive(p(0))});
    rig.forget_past();
    rig.run_for(60s);

    EXPECT_GE(rig.count<Ping>(&p(0)), 1U);
    for (const Sent& each : rig.sent) {
        EXPECT_NE(each.to, old);
    }
    EXPECT_TRUE(rig.changes.empty());
}

TEST_P(RestartRules, TheOldRunIsAnsweredButNoEvidenceOfLifeAndHearsOfTheNewOne) {
    const Peer old = p(0);
    p(0) = next_run_of(p(0));
    rig.hear_gossip(p(1), {alive(p(0))});
    rig.run_for(1s);
    rig.forget_past();
    rig.hear_ping(old, 5, 66);

    EXPECT_EQ(rig.count<Ack>(), 1U);
    ASSERT_EQ(rig.count<Sync>(), 1U);
    EXPECT_EQ(rig.all_sent<Sync>().front()->reply_to, 66U);
    EXPECT_EQ(held("p00"), p(0).claim());
}

TEST_P(RestartRules, WhatTheOldRunSaysOfOthersStandsByItsOwnNumbers) {
    const Peer old = p(0);
    p(0) = next_run_of(p(0));
    rig.hear_gossip(p(1), {alive(p(0))});
    rig.hear_gossip(p(2), {alive(p(3), 5)});
    rig.hear_gossip(old, {alive(p(2), 1), alive(p(3), 4)});

    EXPECT_EQ(held("p02").incarnation, 1U);
    EXPECT_EQ(held("p03").incarnation, 5U);
}

TEST_P(RestartRules, OfASuspectStartsWithACleanRecord) {
    make_a_suspect_of_p00();
    p(0) = next_run_of(p(0));
    p(0).answers = true;
    rig.hear_gossip(p(1), {alive(p(0))});
    EXPECT_EQ(rig.state_of("p00"), MemberState::Alive);
    rig.run_for(60s);
    EXPECT_EQ(held("p00"), p(0).claim());
    EXPECT_EQ(changes_of("p00").back().claim.state, MemberState::Alive);
}

}  // namespace
}  // namespace memberd::tests
