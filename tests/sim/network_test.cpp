#include "chaos/sim/network.hpp"

#include <algorithm>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/support/wire_rig.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Conditions plain() {
    Conditions conditions;
    conditions.delay = 1ms;
    conditions.jitter_kind = Jitter::None;
    return conditions;
}

TEST(Datagrams, ArriveAfterTheDelayAndAreAnsweredByToken) {
    WireRig rig(Carrying::Datagram);
    rig.answers = true;
    rig.send(0, 1, 42);

    rig.run_for(1s);

    ASSERT_EQ(rig.seen.size(), 2U);
    EXPECT_EQ(rig.seen[0].at, Instant(1000s) + 1ms);
    EXPECT_NE(rig.seen[0].token, 0U);
    EXPECT_EQ(rig.seen[1].to, 0U);
    EXPECT_EQ(rig.seen[1].at, Instant(1000s) + 2ms);
    EXPECT_EQ(rig.seen[1].token, 0U);
}

TEST(Datagrams, AreLostAsOftenAsTheConditionsSay) {
    WireRig rig(Carrying::Datagram);
    Conditions lossy = plain();
    lossy.loss = 0.3;
    rig.network.topology().set_default(lossy);
    for (std::uint32_t i = 0; i < 10000; ++i) {
        rig.send(0, 1, i);
    }

    rig.run_for(1s);

    EXPECT_GT(rig.seen.size(), 6800U);
    EXPECT_LT(rig.seen.size(), 7200U);
}

TEST(Datagrams, OfOnePairMeetTheSameChanceWhateverOthersDo) {
    const auto survivors = [](bool others_talk) {
        WireRig rig(Carrying::Datagram, 9);
        Conditions lossy = plain();
        lossy.loss = 0.5;
        rig.network.topology().set_default(lossy);
        for (std::uint32_t i = 0; i < 200; ++i) {
            rig.send(0, 1, i);
            if (others_talk) {
                rig.send(2, 1, 1000 + i);
                rig.send(1, 0, 1000 + i);
            }
        }
        rig.run_for(1s);
        std::vector<std::uint32_t> numbers = rig.numbers(1);
        numbers.erase(std::remove_if(numbers.begin(), numbers.end(),
                                     [](std::uint32_t number) { return number >= 1000; }),
                      numbers.end());
        return numbers;
    };

    EXPECT_EQ(survivors(false), survivors(true));
}

TEST(Datagrams, AreDuplicatedReorderedAndCorruptedAsTheConditionsSay) {
    WireRig rig(Carrying::Datagram);
    Conditions bad = plain();
    bad.duplicate = 0.1;
    bad.reorder = 0.25;
    bad.corrupt = 0.05;
    rig.network.topology().set_default(bad);
    for (std::uint32_t i = 0; i < 10000; ++i) {
        rig.send(0, 1, i);
        rig.run_for(1ms);
    }
    rig.run_for(1s);

    const NetworkCounters& counters = rig.network.counters();
    EXPECT_NEAR(static_cast<double>(counters.duplicated), 1000.0, 120.0);
    EXPECT_NEAR(static_cast<double>(counters.corrupted), 500.0, 90.0);
    const std::vector<std::uint32_t> numbers = rig.numbers(1);
    EXPECT_FALSE(std::is_sorted(numbers.begin(), numbers.end()));
}

TEST(Datagrams, FallInBurstsOfTheGivenShare) {
    WireRig rig(Carrying::Datagram, 3);
    Conditions bursty = plain();
    bursty.burst_good_mean = 900ms;
    bursty.burst_bad_mean = 100ms;
    rig.network.topology().set_default(bursty);
    std::uint32_t sent = 0;
    for (; sent < 100'000; ++sent) {
        rig.send(0, 1, sent);
        rig.run_for(10ms);
    }

    const double lost = 1.0 - static_cast<double>(rig.seen.size()) / static_cast<double>(sent);
    EXPECT_NEAR(lost, 0.1, 0.02);
    const std::vector<std::uint32_t> numbers = rig.numbers(1);
    std::size_t gaps = 0;
    for (std::size_t i = 1; i < numbers.size(); ++i) {
        gaps += numbers[i] != numbers[i - 1] + 1 ? 1U : 0U;
    }
    // Ten messages a burst on average: far fewer gaps than losses.
    EXPECT_LT(static_cast<double>(gaps) * 5.0, lost * static_cast<double>(sent));
}

TEST(Datagrams, WaitBeforeABottleneckAndAreDroppedWhenItsQueueIsFull) {
    WireRig rig(Carrying::Datagram);
    Conditions narrow = plain();
    narrow.bytes_per_second = 9200;  // 100 messages with their headers
    narrow.queue_bytes = 920;
    rig.network.topology().set_default(narrow);
    for (std::uint32_t i = 0; i < 50; ++i) {
        rig.send(0, 1, i);
    }

    rig.run_for(1s);

    EXPECT_EQ(rig.seen.size(), 10U);
    EXPECT_EQ(rig.seen.back().at, Instant(1000s) + 101ms);
}

TEST(Datagrams, ToAnAddressThatWasTakenOverReachTheNewOwner) {
    WireRig rig(Carrying::Datagram);
    rig.network.end(rig.now, 1, false);
    rig.network.listen(4, 1, 1);
    rig.send(0, 1, 5);

    rig.run_for(1s);

    EXPECT_THAT(rig.numbers(4), ElementsAre(5));
}

TEST(Datagrams, AnswersDoNotReachTheNextRunOfTheAsker) {
    WireRig rig(Carrying::Datagram);
    rig.send(0, 1, 5);
    rig.run_for(1s);
    const ReplyToken token = rig.seen.front().token;
    rig.network.end(rig.now, 0, false);
    rig.network.listen(0, 2, 0);
    rig.answer(1, token, 6);

    rig.run_for(1s);

    EXPECT_THAT(rig.numbers(0), IsEmpty());
}

TEST(Datagrams, AboveTheMtuVanishAndSmallerOnesPass) {
    WireRig rig(Carrying::Datagram);
    Override narrow;
    narrow.mtu_bytes = 91;  // a message takes 64 bytes and headers of 28
    rig.network.topology().set_egress(0, narrow);
    rig.send(0, 1, 1);
    narrow.mtu_bytes = 92;
    rig.run_for(1s);
    rig.network.topology().set_egress(0, narrow);
    rig.send(0, 1, 2);

    rig.run_for(1s);

    EXPECT_THAT(rig.numbers(1), ElementsAre(2));
    EXPECT_EQ(rig.network.counters().oversized, 1U);
}

TEST(Datagrams, OnACloggedWayAreHeldAndArriveAfterIt) {
    WireRig rig(Carrying::Datagram);
    Override clog;
    clog.clogged_until = rig.now + 5s;
    rig.network.topology().set_pair(0, 1, clog);
    rig.send(0, 1, 1);
    rig.send(2, 1, 2);
    rig.run_for(4s);
    EXPECT_THAT(rig.numbers(1), ElementsAre(2));

    rig.run_for(2s);

    EXPECT_THAT(rig.numbers(1), ElementsAre(2, 1));
}

TEST(Messages, OfAKindThatIsTakenOutNeverArriveAndOthersDo) {
    for (const Carrying carrying : {Carrying::Datagram, Carrying::Stream}) {
        WireRig rig(carrying);
        Override filter;
        filter.dropped_types = type_bit(MessageType::Ack) | type_bit(MessageType::Gossip);
        rig.network.topology().set_ingress(1, filter);
        const auto send = [&](MessageType type) {
            const std::uint8_t bytes[64] = {0x93, 1, static_cast<std::uint8_t>(type)};
            rig.network.request(rig.now, 0, endpoint_of(1), bytes, false);
        };
        send(MessageType::Ack);
        send(MessageType::Ping);
        send(MessageType::Gossip);

        rig.run_for(1s);

        EXPECT_EQ(rig.numbers(1).size(), 1U);
        EXPECT_EQ(rig.network.counters().filtered, 2U);
    }
}

TEST(Messages, OfAKindAreTakenOutOfAnswersToo) {
    WireRig rig(Carrying::Stream);
    rig.send(0, 1, 1);
    rig.run_for(100ms);
    Override filter;
    filter.dropped_types = type_bit(MessageType::Ack);
    rig.network.topology().set_egress(1, filter);
    for (const MessageType type : {MessageType::Ack, MessageType::Nack}) {
        const std::uint8_t bytes[64] = {0x93, 1, static_cast<std::uint8_t>(type)};
        rig.network.reply(rig.now, 1, rig.seen.front().token, bytes);
    }

    rig.run_for(1s);

    EXPECT_EQ(rig.numbers(0).size(), 1U);
    EXPECT_EQ(rig.network.counters().filtered, 1U);
}

TEST(Conditions, OfAPairComeFromDefaultZonesMembersAndPairInThisOrder) {
    Topology topology;
    topology.set_default(plain());
    topology.set_zone(1, 7);
    Override zones;
    zones.delay = 40ms;
    zones.loss = 0.1;
    topology.set_zone_pair(0, 7, zones);
    Override member;
    member.loss = 0.5;
    topology.set_ingress(1, member);
    Override pair;
    pair.delay = 2ms;
    topology.set_pair(0, 1, pair);

    EXPECT_EQ(topology.resolve(0, 1).delay, 2ms);
    EXPECT_EQ(topology.resolve(2, 1).delay, 40ms);
    EXPECT_EQ(topology.resolve(1, 2).delay, 1ms);
    EXPECT_DOUBLE_EQ(topology.resolve(2, 1).loss, 0.55);
}

TEST(Conditions, FiltersAndClogsOfSeveralLayersAddUp) {
    Topology topology;
    Override acks;
    acks.dropped_types = type_bit(MessageType::Ack);
    acks.clogged_until = Instant(5s);
    topology.set_egress(0, acks);
    Override pings;
    pings.dropped_types = type_bit(MessageType::Ping);
    pings.clogged_until = Instant(3s);
    topology.set_pair(0, 1, pings);

    const Conditions both = topology.resolve(0, 1);

    EXPECT_EQ(both.dropped_types, type_bit(MessageType::Ack) | type_bit(MessageType::Ping));
    EXPECT_EQ(both.clogged_until, Instant(5s));
    EXPECT_EQ(topology.resolve(0, 2).dropped_types, type_bit(MessageType::Ack));
    EXPECT_EQ(topology.resolve(2, 1).dropped_types, 0U);
}

TEST(Conditions, GroupsCannotReachOneAnotherUntilTheyAreCleared) {
    Topology topology;
    topology.set_group(1, 1);

    EXPECT_TRUE(topology.is_cut(0, 1));
    EXPECT_FALSE(topology.is_cut(0, 2));

    topology.clear();

    EXPECT_FALSE(topology.is_cut(0, 1));
    EXPECT_TRUE(topology.is_uniform());
}

}  // namespace
}  // namespace memberd::sim
