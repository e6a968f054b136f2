// The exchange of tables: what is merged from one, what is said when two differ, and when.
#include <set>

#include <gtest/gtest.h>

#include "tests/conformance/support/rule.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

class TableRules : public Rule {
  protected:
    void hear_summary(const Peer& from, std::uint32_t count, std::uint64_t digest) {
        std::vector<std::uint8_t> items;
        Encoder(items).sync_summary(0, ~std::uint64_t{0}, count, digest);
        std::vector<std::uint8_t> bytes;
        Encoder(bytes).sync(rig.envelope_of(from), 1, items, 0);
        rig.hear(bytes, 9);
    }

    void hear_empty_listing(const Peer& from) {
        std::vector<std::uint8_t> items;
        Encoder(items).sync_listing(0, ~std::uint64_t{0}, 0);
        std::vector<std::uint8_t> bytes;
        Encoder(bytes).sync(rig.envelope_of(from), 1, items, 0);
        rig.hear(bytes, 9);
    }
};

INSTANTIATE_TEST_SUITE_P(Modes, TableRules, kAllModes, mode_name);

TEST_P(TableRules, AreMergedRecordByRecord) {
    Peer& fresh = rig.add_stranger("fresh");
    Peer& gone = rig.add_stranger("gone");
    rig.hear_gossip(p(1), {alive(p(2), 5)});
    rig.forget_past();

    rig.hear_sync(p(1), {alive(p(0), 2), alive(p(2), 3), with_profile(left(p(3)), p(3)),
                         alive(fresh), with_profile(dead(gone, {"p01"}), gone)});

    EXPECT_EQ(held("p00"), p(0).claim(MemberState::Alive, 2));
    EXPECT_EQ(held("p02"), p(2).claim(MemberState::Alive, 5));
    EXPECT_EQ(rig.state_of("p03"), MemberState::Left);
    EXPECT_EQ(held("fresh"), fresh.claim());
    EXPECT_FALSE(rig.knows("gone"));
    ASSERT_EQ(rig.changes.size(), 2U);
    EXPECT_EQ(rig.changes[0].name, "p03");
    EXPECT_EQ(rig.changes[1].name, "fresh");
}

TEST_P(TableRules, DoNotKillAtOnceWhomTheyShowDead) {
    p(0).answers = false;
    rig.hear_sync(p(1), {with_profile(death_of(p(0)), p(0))});
    EXPECT_NE(rig.state_of("p00"), MemberState::Dead);
    rig.hear_gossip(p(0), {alive(p(0), 1)});
    p(0).answers = true;
    rig.run_for(60s);

    EXPECT_EQ(rig.time_of("p00", MemberState::Dead), kNever);
    EXPECT_EQ(held("p00"), p(0).claim(MemberState::Alive, 1));
}

TEST_P(TableRules, KillWhoDoesNotRefuteWhatTheyShow) {
    p(0).answers = false;
    rig.hear_sync(p(1), {with_profile(death_of(p(0)), p(0))});
    rig.run_for(60s);
    EXPECT_EQ(rig.state_of("p00"), MemberState::Dead);
}

TEST_P(TableRules, NeverBringAnOlderProfileBack) {
    p(0).profile.tags = {{"v", "2"}};
    rig.hear_gossip(p(1), {alive(p(0), 2)});
    p(0).profile.tags = {{"v", "1"}};
    rig.hear_sync(p(2), {alive(p(0), 1)});

    EXPECT_EQ(rig.pool.open(rig.engine.find("p00")->profile).tags.front().second, "2");
    const auto told = rig.said_of("p00");
    ASSERT_FALSE(told.empty());
    EXPECT_EQ(told.back().claim.incarnation, 2U);
}

TEST_P(TableRules, BringNewsOfAMemberFromAnybody) {
    p(0).profile.tags = {{"v", "2"}};
    rig.hear_sync(p(2), {alive(p(0), 1)});
    EXPECT_EQ(rig.pool.open(rig.engine.find("p00")->profile).tags.front().second, "2");
}

TEST_P(TableRules, ThatAreEqualGiveNothingToSay) {
    hear_summary(p(1), 7, rig.engine.status(rig.now).view_digest);
    EXPECT_TRUE(rig.sent.empty());
    hear_summary(p(1), 7, rig.engine.status(rig.now).view_digest + 1);
    EXPECT_EQ(rig.sent.size(), 1U);
}

TEST_P(TableRules, ThatDifferInLengthAloneDiffer) {
    hear_summary(p(1), 8, rig.engine.status(rig.now).view_digest);
    EXPECT_EQ(rig.sent.size(), 1U);
}

TEST_P(TableRules, AreGivenWholeToWhoHoldsNothingTheGoneIncluded) {
    rig.hear_gossip(p(1), {death_of(p(0)), left(p(2))});
    rig.forget_past();
    hear_empty_listing(p(1));

    ASSERT_EQ(rig.count<Sync>(), 1U);
    const auto told = rig.all_sent<Sync>().front()->updates();
    std::multiset<MemberState> states;
    for (const Said& said : told) {
        states.insert(said.claim.state);
        EXPECT_FALSE(said.profile.empty());
    }
    EXPECT_EQ(told.size(), 7U);
    EXPECT_EQ(states.count(MemberState::Dead), 1U);
    EXPECT_EQ(states.count(MemberState::Left), 1U);
}

TEST_P(TableRules, SayHowLongAgoADeathWasSoThatAllForgetItAtOneTime) {
    p(0).answers = false;
    rig.hear_gossip(p(1), {dead(p(0), {"p04", "p05"}, 100)});
    rig.run_for(20s);
    rig.forget_past();
    hear_empty_listing(p(1));
    const auto told = rig.said_of("p00");
    ASSERT_FALSE(told.empty());
    EXPECT_EQ(told.back().age_s, 120U);
}

// --- Deaths in tables ---

class BaselineTables : public TableRules {};

INSTANTIATE_TEST_SUITE_P(Modes, BaselineTables, kSuspicionIsClaim, mode_name);

TEST_P(BaselineTables, MakeASuspectOfWhomTheyShowDead) {
    rig.hear_sync(p(1), {with_profile(death_of(p(0)), p(0))});
    EXPECT_EQ(held("p00"), p(0).claim(MemberState::Suspect));
}

TEST_P(BaselineTables, MakeASuspectOfWhomTheyShowSuspect) {
    rig.hear_sync(p(1), {with_profile(suspect(p(0), "p02"), p(0))});
    EXPECT_EQ(held("p00"), p(0).claim(MemberState::Suspect));
}

TEST_P(BaselineTables, AreComparedWithARandomMemberEveryHalfMinute) {
    rig.hear_gossip(p(1), {left(p(5))});
    rig.run_for(30s);
    rig.forget_past();
    rig.run_for(600s);

    std::set<Endpoint> partners;
    std::size_t started = 0;
    for (const Sent* each : rig.all_sent<Sync>()) {
        if (each->reply_to == 0) {
            partners.insert(each->to);
            ++started;
        }
    }
    EXPECT_EQ(started, 20U);
    EXPECT_EQ(partners.size(), 5U);
    EXPECT_EQ(partners.count(p(5).profile.endpoint), 0U);
}

class MemberdTables : public TableRules {};

INSTANTIATE_TEST_SUITE_P(Modes, MemberdTables, ::testing::Values(Mode::Memberd), mode_name);

TEST_P(MemberdTables, LetTheAccusedAnswerThreeTimesBeforeItIsDead) {
    p(0).answers = false;
    const Instant t = rig.now;
    rig.hear_sync(p(1), {with_profile(death_of(p(0)), p(0))});
    rig.run_for(1499ms);
    EXPECT_NE(rig.state_of("p00"), MemberState::Dead);
    EXPECT_EQ(rig.said_of("p00", &p(0)).size(), 3U);
    rig.run_for(1ms);
    EXPECT_EQ(rig.time_of("p00", MemberState::Dead), t + 1500ms);
}

}  // namespace
}  // namespace memberd::tests
