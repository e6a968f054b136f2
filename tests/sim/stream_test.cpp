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
    EXPECT_EQ(rig.seen[0].at, Instant(1000s) + 5ms);
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

TEST(Streams, DelayEverythingBehindALostSegment) {
    WireRig rig(Carrying::Stream);
    connect(rig);
    cut(rig, 0, 1);
    rig.send(0, 1, 1);
    rig.run_for(10ms);
    rig.network.topology().clear();
    rig.send(0, 1, 2);

    rig.run_for(100ms);
    EXPECT_THAT(rig.numbers(1), IsEmpty());

    rig.run_for(200ms);
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
    EXPECT_GE(rig.seen.front().at, began + 1400ms) << "200 ms, 400 ms and 800 ms have passed";
    EXPECT_LT(rig.seen.front().at, began + 1500ms);
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
    EXPECT_THAT(rig.links(0), ElementsAre(LinkState::Closed));

    rig.send(0, 1, 1);
    rig.run_for(100ms);

    EXPECT_THAT(rig.links(0), ElementsAre(LinkState::Closed, LinkState::Refused));
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
