// The transport among well-behaved peers: what it promises when nothing is broken.
#include <gtest/gtest.h>

#include "tests/net/support/transport_node.hpp"

namespace memberd::test {
namespace {

Endpoint with_host(Endpoint endpoint, std::uint32_t host) {
    return loopback(endpoint.port, host);
}

// Listens on all of 127/8, so that one node can stand for thousands of peers.
TransportNode make_crowd() {
    Endpoint wildcard = loopback(free_port());
    std::fill(wildcard.ip.begin() + 12, wildcard.ip.end(), std::uint8_t{0});
    return TransportNode(TransportNode::on(wildcard));
}

TEST(Transport, AnswersComeBackOnTheConnectionOfTheirRequest) {
    TransportNode a = make_node();
    TransportNode b = make_node();

    a.send(b.endpoint(), "one");
    ASSERT_TRUE(run_until({&a, &b}, [&] { return a.has_answer("one"); }));

    EXPECT_EQ(b.transport().connection_count(), 0U) << "an answer opens no connection";
    EXPECT_EQ(a.event_count(b.endpoint(), LinkState::Up), 1U);
    EXPECT_EQ(a.events.size(), 1U);
}

TEST(Transport, BothSidesMayConnectAtOnce) {
    for (int round = 0; round < 10; ++round) {
        TransportNode a = make_node();
        TransportNode b = make_node();
        for (int again = 0; again < 10; ++again) {
            const std::string text = std::to_string(again);
            a.send(b.endpoint(), "a" + text, true);
            b.send(a.endpoint(), "b" + text, true);
            ASSERT_TRUE(run_until(
                {&a, &b}, [&] { return a.has_answer("a" + text) && b.has_answer("b" + text); }))
                << "round " << round << "." << again;
        }
    }
}

TEST(Transport, AFreshRequestGivesUpWhatTheOldConnectionStillBrings) {
    TransportNode a = make_node();
    TransportNode b = make_node();
    a.send(b.endpoint(), "old");
    // It ends with b's turn: the answer is on its way, and a has not looked.
    ASSERT_TRUE(run_until({&a, &b}, [&] { return b.requests.size() == 1; }));
    // When a socket is asked whether it is readable, libzmq sets a message aside, and delivers that
    // one even if its connection is given up.
    ASSERT_TRUE(a.becomes_readable());

    a.send(b.endpoint(), "new", true);
    ASSERT_TRUE(run_until({&a, &b}, [&] { return a.has_answer("new"); }));

    EXPECT_FALSE(a.has_answer("old"));
    EXPECT_EQ(a.transport().counters().replies_stale, 1U);
}

TEST(Transport, NeverHasMoreConnectionsThanItsBound) {
    TransportNode crowd = make_crowd();
    TransportNode node = make_node(8);

    for (std::uint32_t host = 1; host <= 40; ++host) {
        const std::string text = std::to_string(host);
        node.send(with_host(crowd.endpoint(), host), text);
        ASSERT_TRUE(run_until({&node, &crowd}, [&] { return node.has_answer(text); })) << text;
        ASSERT_LE(node.transport().connection_count(), 8U);
    }

    EXPECT_EQ(node.transport().counters().evicted, 32U);
    EXPECT_TRUE(node.transport().is_connected(with_host(crowd.endpoint(), 40)));
    EXPECT_FALSE(node.transport().is_connected(with_host(crowd.endpoint(), 1)));
}

TEST(Transport, AThousandConnectionsComeAndGoWithoutATrace) {
    TransportNode crowd = make_crowd();
    TransportNode node = make_node();
    const auto visit = [&](std::uint32_t from, std::uint32_t to) {
        for (std::uint32_t host = from; host < to; ++host) {
            const Endpoint peer = with_host(crowd.endpoint(), host);
            node.answers.clear();
            node.send(peer, "hello");
            ASSERT_TRUE(run_until({&node, &crowd}, [&] { return node.has_answer("hello"); }));
            node.transport().forget(peer);
        }
        crowd.requests.clear();
        node.events.clear();
        run_for({&node, &crowd}, 200ms);
    };
    visit(1, 301);  // Until the allocator has its arenas.
    const std::size_t fds = open_fds();
    const std::size_t memory = resident_kib();

    visit(301, 1301);

    EXPECT_EQ(node.transport().counters().opened, 1300U);
    EXPECT_LE(open_fds(), fds + 2);
    if (memory_is_measurable()) {
        EXPECT_LE(resident_kib(), memory + 4096);
    }
}

TEST(Transport, AnIdleConnectionEndsAfterAMinute) {
    TransportNode a = make_node();
    TransportNode b = make_node();
    a.send(b.endpoint(), "one");
    ASSERT_TRUE(run_until({&a, &b}, [&] { return a.has_answer("one"); }));

    a.skip(59s);
    a.turn(0ms);
    EXPECT_EQ(a.transport().connection_count(), 1U);
    a.skip(2s);
    a.turn(0ms);
    EXPECT_EQ(a.transport().connection_count(), 0U);
    EXPECT_EQ(a.transport().counters().expired_idle, 1U);

    a.send(b.endpoint(), "two");
    EXPECT_TRUE(run_until({&a, &b}, [&] { return a.has_answer("two"); }));
}

TEST(Transport, SpeaksIpv6OnOneSocketWithIpv4) {
    const std::uint16_t port = free_port();
    const Endpoint v6 = *parse_endpoint("[::1]:" + std::to_string(port));
    Endpoint any = v6;
    any.ip.fill(0);
    std::unique_ptr<TransportNode> server;
    try {
        server = std::make_unique<TransportNode>(TransportNode::on(any));
    } catch (const std::runtime_error& failure) {
        GTEST_SKIP() << "this machine has no IPv6: " << failure.what();
    }
    TransportNode client = make_node();

    client.send(v6, "six");
    client.send(loopback(port), "four");

    EXPECT_TRUE(run_until({&client, server.get()},
                          [&] { return client.has_answer("six") && client.has_answer("four"); }));
}

TEST(Transport, ChoosesAPortWhereNoneIsGiven) {
    TransportNode a(TransportNode::on(loopback(0)));
    TransportNode b = make_node();
    ASSERT_NE(a.endpoint().port, 0);

    b.send(a.endpoint(), "hello");

    EXPECT_TRUE(run_until({&a, &b}, [&] { return b.has_answer("hello"); }));
}

TEST(Transport, NamesTheAddressThatIsInUse) {
    TransportNode first = make_node();
    auto context = ZmqContext::create();
    ASSERT_TRUE(context);

    const auto second =
        ZmqTransport::create(first.now(), *context, TransportNode::on(first.endpoint()));

    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::Conflict);
    EXPECT_EQ(second.error().text,
              "cannot listen on " + to_string(first.endpoint()) + ": Address already in use");
}

TEST(Transport, GivesUpAllConnectionsWhenAsked) {
    TransportNode crowd = make_crowd();
    TransportNode node = make_node();
    for (std::uint32_t host = 1; host <= 5; ++host) {
        node.send(with_host(crowd.endpoint(), host), "hello");
    }
    ASSERT_EQ(node.transport().connection_count(), 5U);

    node.transport().forget_all();
    run_for({&node, &crowd}, 100ms);

    EXPECT_EQ(node.transport().connection_count(), 0U);
    EXPECT_TRUE(node.answers.empty());
}

TEST(Transport, RefusesWhatCantBeSent) {
    TransportNode a = make_node();
    TransportNode b = make_node();
    const std::string large(ZmqTransport::kMessageBytesMax + 1, 'x');

    a.send(b.endpoint(), "");
    a.send(b.endpoint(), large);
    a.send(loopback(0), "to no port");
    a.send(Endpoint{}, "to nowhere");

    EXPECT_EQ(a.transport().counters().dropped_invalid, 4U);
    EXPECT_EQ(a.transport().connection_count(), 0U);
    a.send(b.endpoint(), std::string_view(large).substr(1));
    EXPECT_TRUE(run_until({&a, &b}, [&] { return a.has_answer(large.substr(1)); }));
}

}  // namespace
}  // namespace memberd::test
