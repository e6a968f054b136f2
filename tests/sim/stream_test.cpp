// Streams: TCP-like connections between simulated processes.
#include <algorithm>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chaos/sim/network.hpp"
#include "tests/sim/support/wire_rig.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

void cut(WireRig& rig, ProcessId from, ProcessId to) {
    Override layer;
    layer.cut = true;
    rig.network.topology().set_pair(from, to, layer);
}

void set_loss(WireRig& rig, double loss) {
    Conditions conditions = rig.network.topology().defaults();
    conditions.loss = loss;
    rig.network.topology().set_default(conditions);
}

// A connection from 0 to 1 that has been answered.
void connect(WireRig& rig) {
    rig.answers = true;
    rig.send(0, 1, 1000);
    rig.run_for(100ms);
    rig.seen.clear();
}

TEST(Streams, OpenWithAHandshakeAndSayThatTheyAreUpWithTheFirstAnswer) {
    WireRig rig(Carrying::Stream);
    rig.answers = true;
    rig.send(0, 1, 1);

    rig.run_for(1s);

    ASSERT_EQ(rig.seen.size(), 2U);
    EXPECT_EQ(rig.seen[0].at, Instant(1000s) + 7ms) << "TCP's round trip, two of ZMTP, one way";
    EXPECT_EQ(rig.seen[1].link, LinkState::Up);
    EXPECT_EQ(rig.network.counters().connections, 1U);
}

TEST(Streams, KeepTheOrderUnderLossAndLoseNothing) {
    WireRig rig(Carrying::Stream);
    connect(rig);
    set_loss(rig, 0.05);
    std::vector<std::uint32_t> expected(1000);
    std::iota(expected.begin(), expected.end(), 0);
    for (const std::uint32_t number : expected) {
        rig.send(0, 1, number);
        rig.run_for(50ms);
    }
    rig.run_for(2s);

    EXPECT_EQ(rig.numbers(1), expected);
    EXPECT_GT(rig.network.counters().retransmissions, 30U);
    EXPECT_EQ(rig.network.counters().connections, 1U);
}

TEST(Streams, SendALostSegmentAgainWhenItsTimerFires) {
    WireRig rig(Carrying::Stream);
    connect(rig);
    cut(rig, 0, 1);
    rig.send(0, 1, 1);
    rig.run_for(10ms);
    rig.network.topology().clear();

    rig.run_for(180ms);
    EXPECT_THAT(rig.numbers(1), IsEmpty());

    rig.run_for(30ms);
    EXPECT_THAT(rig.numbers(1), ElementsAre(1));
}

TEST(Streams, SendALostSegmentAgainWhenALaterOneHasArrived) {
    WireRig rig(Carrying::Stream);
    connect(rig);
    cut(rig, 0, 1);
    rig.send(0, 1, 1);
    rig.run_for(10ms);
    rig.network.topology().clear();
    rig.send(0, 1, 2);

    rig.run_for(2ms);
    EXPECT_THAT(rig.numbers(1), IsEmpty()) << "the second waits behind the gap";

    rig.run_for(2ms);
    EXPECT_THAT(rig.numbers(1), ElementsAre(1, 2));
}

TEST(Streams, DeliverWhatWasSentDuringACutWithTheNextRetransmission) {
    WireRig rig(Carrying::Stream);
    connect(rig);
    const Instant began = rig.now;
    cut(rig, 0, 1);
    rig.send(0, 1, 1);
    rig.run_for(500ms);
    rig.send(0, 1, 2);
    rig.run_for(500ms);
    rig.network.topology().clear();

    rig.run_for(2s);

    EXPECT_THAT(rig.numbers(1), ElementsAre(1, 2));
    EXPECT_GE(rig.seen.front().at, began + 1600ms) << "a probe, then 200 ms, 400 ms and 800 ms";
    EXPECT_LT(rig.seen.front().at, began + 1750ms);
}

TEST(Streams, RepeatWhatArrivedWhenItsAcknowledgementIsLost) {
    WireRig rig(Carrying::Stream);
    connect(rig);
    rig.answers = false;
    cut(rig, 1, 0);
    rig.send(0, 1, 1);
    rig.run_for(150ms);
    EXPECT_THAT(rig.numbers(1), ElementsAre(1));
    EXPECT_EQ(rig.network.counters().retransmissions, 0U);

    rig.run_for(1s);

    EXPECT_GE(rig.network.counters().retransmissions, 2U);
    EXPECT_THAT(rig.numbers(1), ElementsAre(1)) << "the receiver knows it already";
}

TEST(Streams, GiveUpAConnectionThatWasNotAnsweredForThreeSeconds) {
    WireRig rig(Carrying::Stream);
    connect(rig);
    cut(rig, 0, 1);
    rig.send(0, 1, 1);
    rig.run_for(3100ms);
    rig.network.topology().clear();
    rig.send(0, 1, 2);

    rig.run_for(5s);

    EXPECT_THAT(rig.numbers(1), ElementsAre(2));
    EXPECT_EQ(rig.network.counters().connections, 2U);
}

TEST(Streams, ThatAreReplacedDropWhatWaits) {
    WireRig rig(Carrying::Stream);
    connect(rig);
    cut(rig, 0, 1);
    rig.send(0, 1, 1);
    rig.run_for(10ms);
    rig.network.topology().clear();
    rig.send(0, 1, 2, true);

    rig.run_for(1s);

    EXPECT_THAT(rig.numbers(1), ElementsAre(2));
}

TEST(Streams, DoNotTakeAnswersForConnectionsThatAreGone) {
    WireRig rig(Carrying::Stream);
    rig.send(0, 1, 1);
    rig.run_for(100ms);
    const ReplyToken token = rig.seen.front().token;
    rig.send(0, 1, 2, true);
    rig.answer(1, token, 3);

    rig.run_for(1s);

    EXPECT_THAT(rig.numbers(0), IsEmpty());
    EXPECT_EQ(rig.network.counters().stale_replies, 1U);
}

TEST(Streams, SayThatAKilledPeerClosedAndThatItsMachineRefuses) {
    WireRig rig(Carrying::Stream);
    connect(rig);
    rig.network.end(rig.now, 1, false);
    rig.run_for(100ms);
    EXPECT_THAT(rig.links(0), ElementsAre(LinkState::Closed, LinkState::Refused))
        << "the transport knocks";

    rig.send(0, 1, 1);
    rig.run_for(100ms);

    EXPECT_THAT(rig.links(0),
                ElementsAre(LinkState::Closed, LinkState::Refused, LinkState::Refused));
    EXPECT_THAT(rig.numbers(1), IsEmpty());
}

TEST(Streams, SayNothingOfAMachineThatIsOff) {
    WireRig rig(Carrying::Stream);
    connect(rig);
    rig.network.end(rig.now, 1, true);
    rig.send(0, 1, 1);
    rig.send(0, 1, 2, true);

    rig.run_for(60s);

    EXPECT_THAT(rig.links(0), IsEmpty());
}

TEST(Streams, ReachAStoppedProcessOnOldConnectionsOnly) {
    WireRig rig(Carrying::Stream);
    connect(rig);
    rig.network.freeze(1);
    rig.send(0, 1, 1);
    rig.send(2, 1, 2);

    rig.run_for(1s);
    EXPECT_THAT(rig.numbers(1), ElementsAre(1));

    rig.network.thaw(rig.now, 1);
    rig.run_for(1s);
    EXPECT_THAT(rig.numbers(1), ElementsAre(1, 2));
}

TEST(Streams, HoldThirtyTwoMessagesForAConnectionThatDoesNotOpen) {
    WireRig rig(Carrying::Stream);
    rig.network.freeze(1);
    for (std::uint32_t i = 0; i < 40; ++i) {
        rig.send(0, 1, i);
    }
    rig.run_for(1s);
    rig.network.thaw(rig.now, 1);

    rig.run_for(1s);

    EXPECT_EQ(rig.numbers(1).size(), 32U);
    EXPECT_EQ(rig.network.counters().queue_full, 8U);
}

TEST(Streams, CannotBeOpenedBehindAOneWayCut) {
    WireRig rig(Carrying::Stream);
    cut(rig, 1, 0);
    rig.send(0, 1, 1);

    rig.run_for(2s);

    EXPECT_THAT(rig.numbers(1), IsEmpty());
}

TEST(Streams, OfAnOldRunAreResetByTheNewOne) {
    WireRig rig(Carrying::Stream);
    connect(rig);
    rig.network.end(rig.now, 1, true);
    rig.network.listen(1, 2, 1);
    rig.send(0, 1, 1);

    rig.run_for(1s);

    EXPECT_THAT(rig.numbers(1), IsEmpty());
    EXPECT_THAT(rig.links(0), Contains(LinkState::Closed));

    rig.send(0, 1, 2);
    rig.run_for(1s);
    EXPECT_THAT(rig.numbers(1), ElementsAre(2));
}

TEST(Streams, SayThatAKilledPeerClosedAlsoWhenMostIsLost) {
    std::uint32_t closed = 0;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        WireRig rig(Carrying::Stream, seed);
        connect(rig);
        set_loss(rig, 0.6);
        rig.network.end(rig.now, 1, false);
        rig.run_for(60s);
        const auto links = rig.links(0);
        closed += std::count(links.begin(), links.end(), LinkState::Closed) == 1 ? 1U : 0U;
    }

    EXPECT_GE(closed, 48U) << "nine attempts of 40 %";
    EXPECT_LE(closed, 50U);
}

TEST(Streams, AreRefusedByTheSecondKnockWhereTheFirstIsLost) {
    WireRig rig(Carrying::Stream);
    rig.network.end(rig.now, 1, false);
    set_loss(rig, 1.0);
    rig.send(0, 1, 1);
    rig.run_for(500ms);
    set_loss(rig, 0.0);
    EXPECT_THAT(rig.links(0), IsEmpty());

    rig.run_for(600ms);

    EXPECT_THAT(rig.links(0), ElementsAre(LinkState::Refused));
}

TEST(Streams, LoseFullSegmentsInABlackHoleAndCarrySmallOnes) {
    WireRig rig(Carrying::Stream);
    connect(rig);
    Override narrow;
    narrow.mtu_bytes = 1400;
    rig.network.topology().set_egress(0, narrow);
    rig.send(0, 1, 1);
    rig.run_for(1s);
    EXPECT_THAT(rig.numbers(1), ElementsAre(1));

    const std::vector<std::uint8_t> page(8000, 0);
    rig.network.request(rig.now, 0, endpoint_of(1), page, false);
    rig.run_for(2s);

    EXPECT_THAT(rig.numbers(1), ElementsAre(1));
    EXPECT_GT(rig.network.counters().oversized, 2U);
}

TEST(Streams, HoldEverythingOnACloggedWayAndDeliverItLater) {
    WireRig rig(Carrying::Stream);
    connect(rig);
    const Instant until = rig.now + 2s;
    Override clog;
    clog.clogged_until = until;
    rig.network.topology().set_pair(0, 1, clog);
    rig.send(0, 1, 1);
    rig.run_for(1s);
    rig.send(0, 1, 2);
    rig.run_for(900ms);
    EXPECT_THAT(rig.numbers(1), IsEmpty());

    rig.run_for(2s);

    EXPECT_THAT(rig.numbers(1), ElementsAre(1, 2));
    EXPECT_GE(rig.seen.front().at, until);
}

TEST(Streams, CostAsManyRoundTripsAsTheWindowNeedsToOpen) {
    WireRig rig(Carrying::Stream);
    connect(rig);
    const Instant sent = rig.now;
    const std::vector<std::uint8_t> ten(std::size_t{10} * 1448, 0);
    rig.network.request(rig.now, 0, endpoint_of(1), ten, false);
    rig.run_for(100ms);
    EXPECT_EQ(rig.seen.at(0).at, sent + 1ms);

    const Instant sent_again = rig.now;
    rig.seen.clear();
    const std::vector<std::uint8_t> forty(std::size_t{40} * 1448, 0);
    rig.network.request(rig.now, 0, endpoint_of(1), forty, false);
    rig.run_for(100ms);
    EXPECT_EQ(rig.seen.at(0).at, sent_again + 5ms) << "10, 20 and 10 segments";
}

TEST(Streams, StopAtTheBuffersOfAStoppedPeerAndGoOnWhenItReads) {
    StreamRules rules = memberd_stream(32);
    rules.receive_buffer_bytes = 640;
    WireRig rig(Carrying::Stream, 1, rules);
    connect(rig);
    rig.network.freeze(1);
    for (std::uint32_t i = 0; i < 30; ++i) {
        rig.send(0, 1, i);
        rig.run_for(10ms);
    }
    EXPECT_EQ(rig.numbers(1).size(), 10U);

    rig.network.thaw(rig.now, 1);
    rig.run_for(100ms);

    EXPECT_EQ(rig.numbers(1).size(), 30U);
}

TEST(Streams, BeyondTheirNumberReplaceTheLeastRecentlyUsed) {
    WireRig rig(Carrying::Stream, 1, memberd_stream(2));
    rig.answers = true;
    rig.send(0, 1, 1);
    rig.run_for(3s);
    rig.send(0, 2, 2);
    rig.run_for(1s);
    rig.send(0, 3, 3);
    rig.run_for(1s);
    EXPECT_EQ(rig.network.connection_count(0), 2U);
    EXPECT_EQ(rig.network.counters().evicted, 1U);

    rig.send(0, 2, 4);
    rig.run_for(1s);
    EXPECT_EQ(rig.network.counters().connections, 3U) << "the second is still open";

    rig.send(0, 1, 5);
    rig.run_for(1s);
    EXPECT_EQ(rig.network.counters().connections, 4U) << "the first had to go";
}

TEST(Streams, OfLibzmqsDefaultsDeliverEverythingHoweverLongItTakes) {
    WireRig rig(Carrying::Stream, 1, zmq_defaults());
    connect(rig);
    cut(rig, 0, 1);
    for (std::uint32_t i = 0; i < 100; ++i) {
        rig.send(0, 1, i);
        rig.run_for(200ms);
    }
    rig.network.topology().clear();
    rig.run_for(30s);

    EXPECT_EQ(rig.numbers(1).size(), 100U);
    EXPECT_EQ(rig.network.counters().connections, 1U);
}

TEST(Streams, WithHeartbeatsOpenAnotherConnectionAndKeepWhatLibzmqHolds) {
    WireRig rig(Carrying::Stream, 1, zmq_with_heartbeats());
    connect(rig);
    cut(rig, 0, 1);
    for (std::uint32_t i = 0; i < 100; ++i) {
        rig.send(0, 1, i);
        rig.run_for(200ms);
    }
    rig.network.topology().clear();
    rig.run_for(30s);

    const std::vector<std::uint32_t> numbers = rig.numbers(1);
    EXPECT_LE(numbers.size(), 90U) << "two to three seconds were lost in the kernel";
    EXPECT_GE(numbers.size(), 85U);
    EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
    EXPECT_GT(rig.network.counters().connections, 1U);
}

TEST(Streams, ReleaseEveryPacketInTheEnd) {
    WireRig rig(Carrying::Stream);
    rig.answers = true;
    set_loss(rig, 0.3);
    for (std::uint32_t i = 0; i < 500; ++i) {
        rig.send(i % 4, (i + 1) % 4, i, i % 7 == 0);
        rig.run_for(20ms);
    }
    set_loss(rig, 0.0);

    rig.run_for(200s);

    EXPECT_TRUE(rig.events.empty());
    EXPECT_EQ(rig.packets.in_use(), 0U);
}

}  // namespace
}  // namespace memberd::sim
