#include "gossip/zmq_connections.hpp"

#include <gtest/gtest.h>

#include "gossip/zmq_fd_guard.hpp"
#include "tests/unit/support/start.hpp"

namespace memberd {
namespace {

using namespace std::chrono_literals;

Endpoint peer(std::uint16_t port) {
    Endpoint endpoint = *parse_endpoint("10.0.0.1:1");
    endpoint.port = port;
    return endpoint;
}

ConnectionTable table_of(std::size_t connections_max) {
    return ConnectionTable({connections_max, 60s, 3s});
}

TEST(ConnectionTable, NeverUsesAnIdTwice) {
    ConnectionTable table = table_of(4);
    const auto first = table.add(kStart, peer(1)).id;
    table.remove(peer(1));
    const auto second = table.add(kStart, peer(1)).id;

    EXPECT_NE(first, second);
    EXPECT_EQ(table.find(first), nullptr);
    EXPECT_EQ(table.find(second)->peer, peer(1));
}

TEST(ConnectionTable, EvictsTheLeastRecentlyUsedOfThoseUnusedForTwoSeconds) {
    ConnectionTable table = table_of(3);
    for (std::uint16_t port = 1; port <= 3; ++port) {
        table.add(kStart + port * 1s, peer(port));
    }
    table.note_request(kStart + 10s, *table.find(peer(1)));

    EXPECT_EQ(table.eviction(kStart + 10s), peer(2));
}

TEST(ConnectionTable, SparesConnectionsThatWaitForAnAnswerWhileAllAreInUse) {
    ConnectionTable table = table_of(2);
    table.note_request(kStart, table.add(kStart, peer(1)));
    table.add(kStart + 1s, peer(2));

    EXPECT_EQ(table.eviction(kStart + 1999ms), peer(2)) << "it waits for nothing";
    EXPECT_EQ(table.eviction(kStart + 2s), peer(1)) << "it is not in use any more";

    table.note_request(kStart + 1s, *table.find(peer(2)));
    EXPECT_EQ(table.eviction(kStart + 1999ms), peer(1)) << "both wait: the oldest";
}

TEST(ConnectionTable, ExpiresWhatIsUnansweredForThreeSecondsCountedFromTheFirstRequest) {
    ConnectionTable table = table_of(2);
    Connection& connection = table.add(kStart, peer(1));
    table.note_request(kStart, connection);
    table.note_request(kStart + 2s, connection);

    EXPECT_LE(table.next_deadline(), kStart + 3s);
    EXPECT_FALSE(table.expired(kStart + 3s - 1ns));
    const auto expired = table.expired(kStart + 3s);
    ASSERT_TRUE(expired);
    EXPECT_EQ(expired->why, Expiry::Unanswered);
}

TEST(ConnectionTable, AnAnswerEndsTheWaiting) {
    ConnectionTable table = table_of(2);
    Connection& connection = table.add(kStart, peer(1));
    table.note_request(kStart, connection);
    table.note_answer(kStart + 2s, connection);

    EXPECT_FALSE(table.expired(kStart + 61s));
    const auto expired = table.expired(kStart + 62s);
    ASSERT_TRUE(expired);
    EXPECT_EQ(expired->why, Expiry::Idle);
}

TEST(ConnectionTable, TellsEveryExpiryOnce) {
    ConnectionTable table = table_of(8);
    for (std::uint16_t port = 1; port <= 8; ++port) {
        table.add(kStart, peer(port));
    }
    int count = 0;
    while (const auto expired = table.expired(kStart + 60s)) {
        table.remove(expired->peer);
        ++count;
    }

    EXPECT_EQ(count, 8);
    EXPECT_EQ(table.next_deadline(), kNever);
}

TEST(FdGuard, ClosesTheListenerBeyondHalfOfWhatStrangersCouldUse) {
    FdGuard guard;
    const FdUse half{20 + 490, 1000, 20};
    const FdUse more{20 + 491, 1000, 20};

    EXPECT_EQ(guard.look(kStart, half, true), FdVerdict::Keep);
    EXPECT_EQ(guard.look(kStart + 100ms, more, true), FdVerdict::Unbind);
}

TEST(FdGuard, OpensItAgainAfterHalfASecondWhenNoMoreThanAQuarterIsUsed) {
    FdGuard guard;
    const FdUse full{1000, 1000, 20};
    const FdUse quarter{20 + 245, 1000, 20};
    const FdUse more{20 + 246, 1000, 20};

    ASSERT_EQ(guard.look(kStart, full, true), FdVerdict::Unbind);
    EXPECT_EQ(guard.look(kStart + 400ms, quarter, false), FdVerdict::Keep);
    EXPECT_EQ(guard.look(kStart + 500ms, more, false), FdVerdict::Keep);
    EXPECT_EQ(guard.look(kStart + 600ms, quarter, false), FdVerdict::Bind);
}

TEST(FdGuard, OwnConnectionsAloneNeverCloseTheListenerOfASmallProcess) {
    FdGuard guard;

    EXPECT_EQ(guard.look(kStart, {50, 64, 50}, true), FdVerdict::Keep);
}

TEST(FdGuard, LooksAtMostTenTimesASecond) {
    FdGuard guard;
    const FdUse full{1000, 1000, 20};
    ASSERT_EQ(guard.look(kStart, {20, 1000, 20}, true), FdVerdict::Keep);

    EXPECT_EQ(guard.look(kStart + 99ms, full, true), FdVerdict::Keep);
    EXPECT_EQ(guard.next_deadline(), kStart + 100ms);
}

}  // namespace
}  // namespace memberd
