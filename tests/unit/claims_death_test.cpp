// Deaths that others tell of, tombstones, and forgetting.
#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/support/engine_rig.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;
using namespace std::chrono;

class Deaths : public ::testing::Test {
  protected:
    Deaths() {
        rig.add_many(6);
        rig.run_for(1s);
        rig.forget_past();
    }

    Peer& a() { return rig.peer("p00"); }

    Peer& x() { return rig.peer("p01"); }

    std::size_t times_told(std::string_view name) {
        std::size_t count = 0;
        for (const Sent& each : rig.sent) {
            for (const Said& said : each.updates()) {
                count += said.name == name ? 1 : 0;
            }
        }
        return count;
    }

    EngineRig rig;
};

TEST_F(Deaths, RelayedWithTwoLiveAccusersAreBelieved) {
    rig.hear_gossip(a(), {dead(x(), {"p00", "p02"})});
    EXPECT_EQ(rig.state_of("p01"), MemberState::Dead);
    EXPECT_EQ(rig.engine.status(rig.now).dead, 1U);
}

TEST_F(Deaths, RelayedWithTooFewLiveAccusersAreNotAndTheAccusedIsPinged) {
    rig.hear_gossip(a(), {dead(rig.peer("p05"), {"p00", "p02"})});
    const std::vector<std::vector<std::string>> too_few{
        {}, {"p00"}, {"p00", "p05"}, {"p00", "nobody"}, {"p00", "p01"}};
    for (const auto& accusers : too_few) {
        rig.run_for(1s);
        rig.forget_past();
        rig.hear_gossip(a(), {dead(x(), accusers)});
        EXPECT_EQ(rig.state_of("p01"), MemberState::Alive);
        EXPECT_EQ(rig.count<Ping>(&x()), 1U);
    }
    const auto evidence = rig.engine.flight_recorder().about("p01");
    EXPECT_TRUE(std::any_of(evidence.begin(), evidence.end(), [](const EvidenceEntry& e) {
        return e.kind == EvidenceKind::DeathNotBelieved;
    }));
}

// A backlog of pings, sent before it knew, is answered with the news once.
TEST_F(Deaths, AreToldOnceAPeriodToTheDeadThatSpeak) {
    x().answers = false;
    rig.hear_gossip(a(), {dead(x(), {"p00", "p02"})});
    ASSERT_EQ(rig.state_of("p01"), MemberState::Dead);
    rig.run_for(3s);
    rig.forget_past();
    const auto told = [this] {
        const auto acks = rig.all_sent<Ack>();
        return std::count_if(acks.begin(), acks.end(),
                             [](const Sent* ack) { return !ack->updates().empty(); }) +
               std::ssize(rig.all_sent<Gossip>());
    };
    const Instant began = rig.now;
    for (std::uint32_t i = 0; i < 50; ++i) {
        rig.hear_ping(x(), 900 + i, 100 + i);
        rig.run_for(1ms);
    }
    EXPECT_EQ(told(), 1);
    rig.run_for(began + 999ms - rig.now);
    rig.hear_ping(x(), 1000, 200);
    EXPECT_EQ(told(), 1);
    rig.run_for(1ms);
    rig.hear_ping(x(), 1001, 201);
    EXPECT_EQ(told(), 2);
}

TEST_F(Deaths, ThatAreNotBelievedDoNotMakeTheEngineFloodTheAccused) {
    for (int i = 0; i < 10'000; ++i) {
        rig.hear_gossip(a(), {dead(x(), {"p00"})});
    }
    EXPECT_LE(rig.count<Ping>(&x()), 10U);
}

TEST_F(Deaths, ByTheWordOfThreeNeedBothOthers) {
    EngineRig three;
    Peer& p = three.add("p");
    Peer& q = three.add("q");
    three.hear_gossip(p, {dead(q, {"p"})});
    EXPECT_EQ(three.state_of("q"), MemberState::Alive);
    three.hear_gossip(p, {dead(q, {"p", "self"})});
    EXPECT_EQ(three.state_of("q"), MemberState::Dead);
}

TEST_F(Deaths, BySyncWaitForARefutation) {
    x().answers = false;
    rig.hear_sync(a(), {with_profile(dead(x(), {"p00", "p02"}), x())});
    EXPECT_EQ(rig.state_of("p01"), MemberState::Alive);
    rig.run_for(1499ms);
    EXPECT_EQ(rig.state_of("p01"), MemberState::Alive);
    std::size_t told = 0;
    for (const Sent* each : rig.all_sent<Gossip>(&x())) {
        told += each->updates().front().claim.state == MemberState::Dead ? 1 : 0;
    }
    EXPECT_EQ(told, 3U);
    rig.run_for(1ms);
    EXPECT_EQ(rig.state_of("p01"), MemberState::Dead);
}

TEST_F(Deaths, BySyncAreVoidOnceRefuted) {
    rig.hear_sync(a(), {with_profile(dead(x(), {"p00", "p02"}), x())});
    rig.run_for(700ms);
    rig.hear_gossip(x(), {alive(x(), 1)});
    rig.run_for(3s);
    EXPECT_EQ(rig.state_of("p01"), MemberState::Alive);
    EXPECT_EQ(rig.time_of("p01", MemberState::Dead), kNever);
}

TEST_F(Deaths, AreEndedOnlyByGreaterNumbers) {
    rig.hear_gossip(a(), {dead(x(), {"p00", "p02"})});
    rig.hear_gossip(a(), {alive(x())});
    rig.hear_sync(a(), {alive(x())});
    rig.hear_ping(x(), 1, 5);
    EXPECT_EQ(rig.state_of("p01"), MemberState::Dead);
    rig.hear_gossip(a(), {alive(x(), 1)});
    EXPECT_EQ(rig.state_of("p01"), MemberState::Alive);

    rig.hear_gossip(a(), {left(x())});
    EXPECT_EQ(rig.state_of("p01"), MemberState::Left);
    rig.hear_gossip(a(), {alive(x(), 1000)});
    EXPECT_EQ(rig.state_of("p01"), MemberState::Left);
    x().generation = 2;
    x().profile.instance = 0x7777;
    rig.hear_gossip(a(), {alive(x())});
    EXPECT_EQ(rig.state_of("p01"), MemberState::Alive);
}

TEST_F(Deaths, AreToldToTheDeadThatSpeak) {
    rig.hear_gossip(a(), {dead(x(), {"p00", "p02"})});
    rig.run_for(1s);
    rig.forget_past();
    rig.hear_ping(x(), 1, 5);
    const auto acks = rig.all_sent<Ack>();
    ASSERT_EQ(acks.size(), 1U);
    EXPECT_EQ(acks.front()->reply_to, 5U);
    ASSERT_EQ(acks.front()->updates().size(), 1U);
    EXPECT_EQ(acks.front()->updates().front().claim.state, MemberState::Dead);
}

TEST_F(Deaths, OfTheUnknownAreRememberedNotShownAndNotPassedOn) {
    Peer& ghost = rig.add_stranger("ghost");
    const std::uint64_t digest = rig.engine.status(rig.now).view_digest;
    rig.hear_sync(a(), {with_profile(dead(ghost, {"p00", "p02"}, 5), ghost)});
    EXPECT_FALSE(rig.knows("ghost"));
    EXPECT_NE(rig.engine.status(rig.now).view_digest, digest);
    EXPECT_TRUE(rig.changes.empty());

    // Against resurrection: the same numbers bring nobody to life.
    rig.hear_gossip(a(), {alive(ghost)});
    EXPECT_FALSE(rig.knows("ghost"));
    rig.run_for(1s);
    for (int i = 0; i < 6; ++i) {
        for (const Sent* each : rig.all_sent<Gossip>(&rig.peer("p0" + std::to_string(i)))) {
            for (const Said& said : each->updates()) {
                EXPECT_NE(said.name, "ghost");
            }
        }
    }
    rig.hear_gossip(a(), {alive(ghost, 1)});
    EXPECT_EQ(rig.state_of("ghost"), MemberState::Alive);
    ASSERT_EQ(rig.changes.size(), 1U);
    EXPECT_TRUE(rig.changes.front().is_new);
}

TEST_F(Deaths, WithoutProfileOfTheUnknownAreIgnored) {
    Peer& ghost = rig.add_stranger("ghost");
    const std::uint64_t digest = rig.engine.status(rig.now).view_digest;
    rig.hear_gossip(a(), {dead(ghost, {"p00", "p02"})});
    EXPECT_EQ(rig.engine.status(rig.now).view_digest, digest);
}

// The far future in two steps: nobody answers over hours of virtual time, so peers are asked
// little.
void pass(EngineRig& rig, Duration length) {
    rig.now += length;
    rig.engine.resumed(rig.now, length, rig.out);
    rig.engine.advance(rig.now, rig.out);
    rig.collect();
    rig.run_for(21s);
}

TEST_F(Deaths, AreForgottenAfterTheirWindowAndLeavesAfterTheirs) {
    rig.hear_gossip(a(), {dead(x(), {"p00", "p02"}), left(rig.peer("p03"))});
    const auto digest = [&] { return rig.engine.status(rig.now).view_digest; };
    std::uint64_t before = digest();

    pass(rig, 1h - 30s);
    EXPECT_EQ(digest(), before);
    pass(rig, 30s);
    EXPECT_NE(digest(), before);
    EXPECT_TRUE(rig.knows("p03"));
    pass(rig, 2min);
    EXPECT_FALSE(rig.knows("p03"));
    EXPECT_TRUE(rig.knows("p01"));

    before = digest();
    pass(rig, 70h);
    EXPECT_EQ(digest(), before);
    pass(rig, 1h);
    EXPECT_NE(digest(), before);
    pass(rig, 2min);
    EXPECT_FALSE(rig.knows("p01"));
    EXPECT_EQ(rig.changes.back().kind, ChangeKind::Forgotten);
}

TEST_F(Deaths, OlderThanTheWindowAreNotLearned) {
    Peer& ghost = rig.add_stranger("ghost");
    const std::uint64_t digest = rig.engine.status(rig.now).view_digest;
    rig.hear_sync(a(), {with_profile(dead(ghost, {}, 72 * 3600 + 1), ghost)});
    EXPECT_EQ(rig.engine.status(rig.now).view_digest, digest);
    rig.hear_sync(a(), {with_profile(left(ghost, 3601), ghost)});
    EXPECT_EQ(rig.engine.status(rig.now).view_digest, digest);
    rig.hear_sync(a(), {with_profile(left(ghost, 3500), ghost)});
    EXPECT_NE(rig.engine.status(rig.now).view_digest, digest);
}

TEST_F(Deaths, AreRememberedUpTo256) {
    for (int i = 0; i < 400; ++i) {
        Peer& ghost = rig.add_stranger("ghost" + std::to_string(i));
        rig.hear_sync(a(),
                      {with_profile(dead(ghost, {}, static_cast<std::uint32_t>(1000 + i)), ghost)});
    }
    rig.run_for(21s);
    EXPECT_EQ(rig.engine.status(rig.now).dead, 256U);
    // The oldest go first.
    const std::uint64_t digest = rig.engine.status(rig.now).view_digest;
    Peer& kept = rig.peer("ghost100");
    rig.hear_gossip(a(), {alive(kept)});
    EXPECT_FALSE(rig.knows("ghost100"));
    EXPECT_EQ(rig.engine.status(rig.now).view_digest, digest);
    rig.hear_gossip(a(), {alive(rig.peer("ghost399"))});
    EXPECT_TRUE(rig.knows("ghost399"));
}

TEST_F(Deaths, CanBeForgottenByHandEverywhere) {
    EXPECT_FALSE(rig.engine.forget(rig.now, "p01", rig.out));
    EXPECT_FALSE(rig.engine.forget(rig.now, "nobody", rig.out));
    rig.collect();
    rig.hear_gossip(a(), {dead(x(), {"p00", "p02"})});
    rig.run_for(1s);
    rig.forget_past();
    EXPECT_TRUE(rig.engine.forget(rig.now, "p01", rig.out));
    rig.collect();

    EXPECT_FALSE(rig.knows("p01"));
    ASSERT_EQ(rig.changes.size(), 1U);
    EXPECT_EQ(rig.changes.front().kind, ChangeKind::Forgotten);
    rig.run_for(20ms);
    EXPECT_EQ(times_told("p01"), 5U);

    // What another forgot of a dead member is forgotten here.
    EngineRig other;
    other.add_many(6);
    other.hear_gossip(other.peer("p00"), {dead(other.peer("p01"), {"p00", "p02"})});
    other.hear_gossip(other.peer("p00"), {left(other.peer("p01"))});
    EXPECT_FALSE(other.knows("p01"));
}

}  // namespace
}  // namespace memberd::tests
