// One name, two holders.
#include <gtest/gtest.h>

#include "tests/conformance/support/rule.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

class NameRules : public Rule {
  protected:
    // Another process with p00's name and generation, elsewhere.
    Peer twin() {
        Peer other = p(0);
        other.profile.instance = 0x9999;
        other.profile.endpoint = endpoint_at(9999);
        other.profile.tags = {{"who", "twin"}};
        return other;
    }
};

INSTANTIATE_TEST_SUITE_P(Modes, NameRules, kAllModes, mode_name);

TEST_P(NameRules, AConflictChangesNothingAndIsCounted) {
    const Peer other = twin();
    const std::uint64_t digest = rig.engine.status(rig.now).view_digest;
    rig.hear_gossip(p(1), {alive(other, 5)});
    rig.hear_gossip(p(1), {death_of(other, 5)});
    rig.hear_sync(p(1), {with_profile(left(other), other)});
    rig.run_for(5s);

    EXPECT_EQ(held("p00"), p(0).claim());
    EXPECT_EQ(rig.pool.open(rig.engine.find("p00")->profile), p(0).profile);
    EXPECT_EQ(rig.engine.status(rig.now).view_digest, digest);
    EXPECT_TRUE(rig.changes.empty());
    EXPECT_EQ(rig.engine.counters().conflicts, 3U);
    // Told to the two that may live, and to nobody else.
    for (const Sent* each : rig.all_sent<Gossip>()) {
        EXPECT_TRUE(each->to == p(0).profile.endpoint || each->to == other.profile.endpoint);
    }
}

TEST_P(NameRules, AConflictWithTheDeadBringsNobodyBack) {
    p(0).answers = false;
    rig.hear_gossip(p(1), {death_of(p(0))});
    rig.hear_gossip(p(1), {alive(twin(), 5)});
    EXPECT_EQ(rig.state_of("p00"), MemberState::Dead);
}

TEST_P(NameRules, TheNameOfTheDeadIsFreeForTheNextGenerationElsewhere) {
    rig.hear_gossip(p(1), {death_of(p(0))});
    Peer next = twin();
    next.generation = 2;
    rig.hear_gossip(p(1), {alive(next)});
    EXPECT_EQ(held("p00"), next.claim());
    EXPECT_EQ(rig.pool.open(rig.engine.find("p00")->profile), next.profile);
}

TEST_P(NameRules, TheNameOfWhoLeftIsFreeForTheNextGenerationElsewhere) {
    rig.hear_gossip(p(1), {left(p(0))});
    Peer next = twin();
    next.generation = 2;
    rig.hear_gossip(p(1), {alive(next)});
    EXPECT_EQ(held("p00"), next.claim());
    EXPECT_EQ(rig.pool.open(rig.engine.find("p00")->profile), next.profile);
}

// At the same address nobody else can live: the next run takes the name there at once.
TEST_P(NameRules, TheNameOfALivingMemberIsAskedForAtItsAddressBeforeANewcomerElsewhereGetsIt) {
    Peer& next = rig.add_stranger("p00");
    next.generation = 2;
    rig.hear_join(next, 9);
    EXPECT_EQ(rig.count<Welcome>(), 0U);
    ASSERT_EQ(rig.count<Refuse>(), 1U);
    EXPECT_EQ(rig.all_sent<Refuse>().front()->body<Refuse>().code, RefuseCode::NameBeingChecked);
    EXPECT_EQ(rig.count<Ping>(&p(0)), 1U);
    rig.run_for(100ms);
    rig.hear_join(next, 10);
    EXPECT_EQ(rig.all_sent<Refuse>().back()->body<Refuse>().code, RefuseCode::NameTaken);
    EXPECT_EQ(held("p00"), p(0).claim());
    EXPECT_NE(rig.noticed(NoticeKind::StrangerRefused), nullptr);
}

// A process was renamed, or its address was given to another: whoever answers there now is not p00.
TEST_P(NameRules, WhoeverTookAnAddressOverDoesNotKeepTheNameBeforeAlive) {
    p(0).answers = false;
    Peer& heir = rig.add_stranger("heir");
    heir.profile.endpoint = p(0).profile.endpoint;
    rig.hear_gossip(heir, {alive(heir)});
    for (int i = 0; i < 200; ++i) {
        if (GetParam() == Mode::Memberd) {
            for (int k = 1; k < 5; ++k) {
                rig.hear_suspicion(p(k), {&p(0)}, 1s);
            }
        }
        rig.run_for(400ms);
    }
    EXPECT_EQ(rig.state_of("p00"), MemberState::Dead);
    EXPECT_EQ(rig.state_of("heir"), MemberState::Alive);
    EXPECT_EQ(changes_of("heir").size(), 1U);
}

TEST_P(NameRules, OnesOwnNameIsNotGivenAway) {
    Peer& thief = rig.add_stranger("self");
    thief.generation = 99;
    rig.hear_join(thief, 9);
    EXPECT_EQ(rig.count<Welcome>(), 0U);
    EXPECT_EQ(rig.all_sent<Refuse>().back()->body<Refuse>().code, RefuseCode::NameTaken);
    EXPECT_EQ(rig.engine.self().claim, (Claim{0xabc, 10, 0, MemberState::Alive}));
}

}  // namespace
}  // namespace memberd::tests
