// What is passed on, how often, in which order and in what size.
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "tests/conformance/support/rule.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

class Dissemination : public Rule {
  protected:
    Dissemination() : Rule(12) {}

    // A stranger with `count` tags of half a kilobyte.
    Peer& bulky_stranger(const std::string& name, int count) {
        Peer& peer = rig.add_stranger(name);
        for (int i = 0; i < count; ++i) {
            peer.profile.tags.emplace_back("t" + std::to_string(100 + i), std::string(500, 'x'));
        }
        return peer;
    }
};

INSTANTIATE_TEST_SUITE_P(Modes, Dissemination, kAllModes, mode_name);

TEST_P(Dissemination, SendsOnlyTheNewestClaimOfAMember) {
    for (std::uint32_t incarnation = 1; incarnation <= 5; ++incarnation) {
        rig.hear_gossip(p(1), {alive(p(0), incarnation)});
    }
    rig.run_for(5s);
    ASSERT_FALSE(passed_on(p(0)).empty());
    for (const Said& said : passed_on(p(0))) {
        EXPECT_EQ(said.claim.incarnation, 5U);
    }
}

TEST_P(Dissemination, TakesInWhatRidesOnAPing) {
    rig.hear_ping(p(1), 5, 6, {alive(p(0), 1), death_of(p(2))});
    EXPECT_EQ(held("p00").incarnation, 1U);
    EXPECT_EQ(rig.state_of("p02"), MemberState::Dead);
}

TEST_P(Dissemination, IsSilentWhereThereIsNoNews) {
    rig.run_for(120s);
    EXPECT_EQ(rig.count<Gossip>(), 0U);
    for (const Sent& each : rig.sent) {
        EXPECT_TRUE(each.updates().empty());
    }
}

TEST_P(Dissemination, EndsAfterAWhile) {
    rig.hear_gossip(p(1), {alive(p(0), 1), left(p(2)), alive(rig.add_stranger("x"))});
    rig.run_for(10s);
    rig.forget_past();
    rig.run_for(60s);
    EXPECT_EQ(rig.count<Gossip>(), 0U);
}

TEST_P(Dissemination, DoesNotPassOnWhatIsStale) {
    rig.hear_gossip(p(1), {alive(p(0), 10)});
    rig.run_for(10s);
    rig.forget_past();
    for (int i = 1; i < 6; ++i) {
        rig.hear_gossip(p(i), {alive(p(0), 3), death_of(p(0), 9), alive(p(0), 10)});
    }
    rig.run_for(10s);
    EXPECT_TRUE(passed_on(p(0)).empty());
}

// In the baselines 4 ceil(log10 14) times in all, in mode memberd once to each of twelve
// neighbours.
TEST_P(Dissemination, OfALeaveThatManyTellIsThatOfOne) {
    for (int i = 0; i < 50; ++i) {
        rig.hear_gossip(p(1 + i % 11), {left(p(0))});
        rig.run_for(200ms);
    }
    std::size_t times = 0;
    for (const Sent& each : rig.sent) {
        for (const Said& said : each.updates()) {
            times += said.name == "p00" && each.reply_to == 0 ? 1 : 0;
        }
    }
    EXPECT_GE(times, 3U);
    EXPECT_LE(times, 12U);
    EXPECT_EQ(changes_of("p00").size(), 1U);
}

// Two leaves of one name reach us in the wrong order, again and again: they die out all the same.
TEST_P(Dissemination, OfTwoLeavesInTheWrongOrderEnds) {
    const Peer again = next_run_of(p(0));
    rig.hear_gossip(p(1), {alive(again)});
    rig.hear_gossip(p(1), {with_profile(left(again), again)});
    rig.run_for(10s);
    rig.forget_past();
    for (int i = 0; i < 20; ++i) {
        rig.hear_gossip(p(1 + i % 11), {left(p(0)), with_profile(left(again), again)});
        rig.run_for(300ms);
    }
    EXPECT_TRUE(passed_on(p(0)).empty());
    EXPECT_EQ(held("p00").generation, again.generation);
}

TEST_P(Dissemination, ServesADeathBeforeAHundredArrivals) {
    for (int i = 0; i < 100; ++i) {
        rig.hear_gossip(p(1), {alive(rig.add_stranger("x" + std::to_string(i)))});
    }
    rig.forget_past();
    rig.hear_gossip(p(1), {death_of(p(0))});
    const Sent* first = rig.run_until_sent<Gossip>(1s);
    ASSERT_NE(first, nullptr);
    ASSERT_FALSE(first->updates().empty());
    EXPECT_EQ(first->updates().front().name, "p00");
}

TEST_P(Dissemination, KeepsProbesShortAndOtherMessagesWithinTheirLimit) {
    for (int i = 0; i < 30; ++i) {
        rig.hear_gossip(p(1), {alive(bulky_stranger("x" + std::to_string(i), i % 15))});
        rig.hear_ping(p(1), 5, 6);
    }
    rig.run_for(30s);
    for (const Sent& each : rig.sent) {
        EXPECT_LE(each.bytes.size(), each.is<Ping>() || each.is<Ack>() || each.is<PingReq>()
                                         ? kProbeBytesMax
                                         : kMessageBytesMax);
    }
}

TEST_P(Dissemination, PassesOnWhatFitsNoProbeAndWhatStandsBehindIt) {
    Peer& large = bulky_stranger("large", 15);
    Peer& small = bulky_stranger("small", 0);
    rig.hear_gossip(p(1), {alive(large)});
    rig.hear_gossip(p(1), {alive(small)});
    rig.run_for(5s);
    EXPECT_FALSE(passed_on(large).empty());
    EXPECT_FALSE(passed_on(small).empty());
}

TEST_P(Dissemination, GoesToTheLivingOnly) {
    p(10).answers = false;
    rig.hear_gossip(p(1), {left(p(11)), death_of(p(10))});
    rig.run_for(10s);
    rig.forget_past();
    for (std::uint32_t i = 1; i < 20; ++i) {
        rig.hear_gossip(p(1), {alive(p(0), i)});
        rig.run_for(1s);
    }
    EXPECT_EQ(rig.count<Gossip>(&p(11)), 0U);
    EXPECT_EQ(rig.count<Gossip>(&p(10)), 0U);
    std::set<Endpoint> receivers;
    for (const Sent* each : rig.all_sent<Gossip>()) {
        receivers.insert(each->to);
    }
    if (GetParam() == Mode::Memberd) {
        for (const std::string_view subject : rig.engine.subjects()) {
            EXPECT_TRUE(receivers.contains(rig.peer(subject).profile.endpoint)) << subject;
        }
    } else {
        EXPECT_GE(receivers.size(), 6U);
    }
}

// --- By piggyback and rounds ---

class Piggyback : public Dissemination {};

INSTANTIATE_TEST_SUITE_P(Modes, Piggyback, kSuspicionIsClaim, mode_name);

TEST_P(Piggyback, RidesOnAnswersAndOnPings) {
    rig.hear_gossip(p(1), {alive(p(0), 1)});
    rig.hear_ping(p(1), 5, 6);
    ASSERT_EQ(rig.count<Ack>(), 1U);
    EXPECT_EQ(rig.all_sent<Ack>().front()->updates().size(), 1U);
    // Gossip rounds would use up what a ping is to carry.
    for (std::uint32_t i = 2; rig.count<Ping>() == 0; ++i) {
        rig.hear_gossip(p(1), {alive(p(0), i)});
        rig.run_for(50ms);
    }
    EXPECT_EQ(rig.all_sent<Ping>().front()->updates().size(), 1U);
}

TEST_P(Piggyback, GoesToThreeDistinctMembersARound) {
    for (std::uint32_t i = 1; i < 100; ++i) {
        rig.hear_gossip(p(1), {alive(p(0), i)});
        rig.run_for(100ms);
    }
    std::map<Instant, std::set<Endpoint>> rounds;
    std::size_t sent = 0;
    for (const Sent* each : rig.all_sent<Gossip>()) {
        if (each->reply_to == 0) {
            rounds[each->at].insert(each->to);
            ++sent;
        }
    }
    EXPECT_GE(rounds.size(), 45U);
    EXPECT_LE(rounds.size(), 51U);
    EXPECT_EQ(sent, rounds.size() * 3);
    for (const auto& [at, to] : rounds) {
        EXPECT_EQ(to.size(), 3U);
    }
}

TEST_P(Piggyback, CountsAnewWhenAMembersNewsIsReplaced) {
    rig.hear_gossip(p(1), {alive(p(0), 1)});
    while (passed_on(p(0)).size() < 5) {
        rig.step(rig.now + 1s);
    }
    rig.forget_past();
    rig.hear_gossip(p(1), {alive(p(0), 2)});
    rig.run_for(10s);
    EXPECT_EQ(rig.said_of("p00").size(), 8U);
}

// 4 ceil(log10(n + 1)): the step is where n + 1 passes ten.
TEST_P(Piggyback, IsSentAsOftenAsTheSizeOfTheClusterSays) {
    for (const auto& [others, times] :
         {std::pair(1, 4U), std::pair(8, 4U), std::pair(9, 8U), std::pair(30, 8U)}) {
        RigOptions options;
        options.mode = GetParam();
        EngineRig sized(options);
        sized.add_many(others);
        sized.hear_gossip(sized.peer("p00"), {alive(sized.peer("p00"), 1)}, 0);
        sized.run_for(20s);
        EXPECT_EQ(sized.said_of("p00").size(), times) << others;
    }
}

}  // namespace
}  // namespace memberd::tests
