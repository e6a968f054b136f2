// The transport when peers die, stand still, refuse or are not there.
#include <arpa/inet.h>
#include <cstdlib>
#include <iostream>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/net/support/peer_process.hpp"
#include "tests/net/support/transport_node.hpp"

namespace memberd::test {
namespace {

// A listener that never accepts and whose queue is full: connecting to it neither succeeds nor
// fails.
class BlackHole {
  public:
    BlackHole() : endpoint_(loopback(free_port())) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(endpoint_.port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto* const where = reinterpret_cast<sockaddr*>(&address);
        fds_.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        const int one = 1;
        setsockopt(fds_[0], SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        EXPECT_EQ(bind(fds_[0], where, sizeof address), 0);
        EXPECT_EQ(listen(fds_[0], 0), 0);
        for (int i = 0; i < 4; ++i) {
            const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
            static_cast<void>(connect(fd, where, sizeof address));
            fds_.push_back(fd);
        }
    }

    BlackHole(const BlackHole&) = delete;
    BlackHole& operator=(const BlackHole&) = delete;

    ~BlackHole() {
        for (const int fd : fds_) {
            close(fd);
        }
    }

    [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }

    // The queue is full when the last that knocked is still not connected.
    [[nodiscard]] bool swallows() const {
        sockaddr_in address{};
        socklen_t size = sizeof address;
        return getpeername(fds_.back(), reinterpret_cast<sockaddr*>(&address), &size) != 0;
    }

  private:
    Endpoint endpoint_;
    std::vector<int> fds_;
};

struct PeerStats {
    unsigned long requests = 0;
    unsigned long trips = 0;
};

PeerStats ask_stats(TransportNode& node, const Endpoint& peer) {
    node.answers.clear();
    node.send(peer, "stats");
    EXPECT_TRUE(run_until({&node}, [&] { return !node.answers.empty(); }));
    PeerStats stats;
    if (!node.answers.empty()) {
        char* end = nullptr;
        stats.requests = std::strtoul(node.answers.back().c_str(), &end, 10);
        stats.trips = std::strtoul(end, nullptr, 10);
    }
    return stats;
}

bool exchange(TransportNode& node, const Endpoint& peer, const std::string& text) {
    node.send(peer, text);
    return run_until({&node}, [&] { return node.has_answer(text); });
}

TEST(TransportFault, ARestartedPeerGetsNothingThatWasMeantForItsPast) {
    const Endpoint peer = loopback(free_port());
    TransportNode node = make_node();
    auto first = std::make_unique<PeerProcess>(peer.port);
    ASSERT_TRUE(exchange(node, peer, "before"));

    first.reset();
    for (int i = 0; i < 200; ++i) {
        node.send(peer, "to the dead");
        node.turn(1ms);
    }
    ASSERT_TRUE(run_until({&node}, [&] { return node.event_count(peer, LinkState::Refused) > 0; }));
    EXPECT_GE(node.event_count(peer, LinkState::Closed), 1U);
    PeerProcess second(peer.port);
    run_for({&node}, 500ms);
    ASSERT_TRUE(exchange(node, peer, "after"));

    EXPECT_EQ(ask_stats(node, peer).requests, 1U) << "of the second life";
    EXPECT_FALSE(node.has_answer("to the dead"));
}

TEST(TransportFault, ADeadPeerIsNoticedWithoutSendingAnything) {
    const Endpoint peer = loopback(free_port());
    TransportNode node = make_node();
    PeerProcess process(peer.port);
    ASSERT_TRUE(exchange(node, peer, "before"));

    process.kill();

    EXPECT_TRUE(run_until({&node}, [&] {
        return node.event_count(peer, LinkState::Closed) > 0 &&
               node.event_count(peer, LinkState::Refused) > 0;
    }));
    EXPECT_EQ(node.event_count(peer, LinkState::Closed), 1U);
    EXPECT_EQ(node.transport().connection_count(), 0U);
}

TEST(TransportFault, ARefusedConnectionIsToldAndLeavesNothingBehind) {
    TransportNode node = make_node();
    const Endpoint nobody = loopback(free_port());
    const std::size_t fds = open_fds();

    for (std::size_t i = 1; i <= 50; ++i) {
        const std::uint64_t refused = node.transport().counters().refused;
        node.send(nobody, "hello", i % 2 == 0);
        ASSERT_TRUE(run_until({&node}, [&] {
            return node.transport().connection_count() == 0 &&
                   node.transport().counters().refused > refused;
        })) << i;
    }
    run_for({&node}, 50ms);

    EXPECT_LE(open_fds(), fds);
    EXPECT_GE(node.event_count(nobody, LinkState::Refused), 50U);
    EXPECT_EQ(node.event_count(nobody, LinkState::Up), 0U);
    TransportNode late(TransportNode::on(nobody));
    node.send(nobody, "now");
    EXPECT_TRUE(run_until({&node, &late}, [&] { return node.has_answer("now"); }));
}

TEST(TransportFault, SilenceIsNoRefusal) {
    const BlackHole hole;
    ASSERT_TRUE(hole.swallows());
    TransportNode node = make_node();

    // Each fresh request gives up a connection that is still being established.
    for (int i = 0; i < 5; ++i) {
        node.send(hole.endpoint(), "hello", true);
        run_for({&node}, 100ms);
    }

    EXPECT_EQ(node.transport().counters().opened, 5U);
    EXPECT_TRUE(node.events.empty());
    EXPECT_EQ(node.transport().connection_count(), 1U);
}

TEST(TransportFault, AConnectionThatIsUnansweredForThreeSecondsEnds) {
    const BlackHole hole;
    ASSERT_TRUE(hole.swallows());
    TransportNode node = make_node();

    for (int i = 0; i < 100; ++i) {
        node.send(hole.endpoint(), "hello");
    }
    node.turn(0ms);
    const TransportCounters before = node.transport().counters();
    node.skip(3100ms);
    node.turn(0ms);

    EXPECT_EQ(before.requests_sent, 32U) << "as many as queue";
    EXPECT_EQ(before.dropped_full, 68U);
    EXPECT_EQ(node.transport().connection_count(), 0U);
    EXPECT_EQ(node.transport().counters().expired_unanswered, 1U);
}

// As the protocol does: after a second without an answer the peer is suspected, and from then on
// gets a fresh connection every 300 ms.
TEST(TransportFault, AStoppedPeerGetsLittleAndAnswersNothingOldWhenItGoesOn) {
    const Endpoint peer = loopback(free_port());
    TransportNode node = make_node();
    PeerProcess process(peer.port);
    ASSERT_TRUE(exchange(node, peer, "before"));
    const std::size_t memory = resident_kib();
    const std::string padding(250, '.');

    process.stop();
    ASSERT_EQ(process.state(), 'T');
    run_for({&node}, 20ms);
    node.answers.clear();
    std::size_t sent = 0;
    std::size_t sent_before_suspicion = 0;
    for (int tick = 0; tick < 2000; ++tick) {  // of 5 ms
        const bool suspected = tick >= 200;
        sent_before_suspicion = suspected ? sent_before_suspicion : sent;
        node.send(peer, std::to_string(++sent) + padding, suspected && tick % 60 == 20);
        run_for({&node}, 5ms);
    }
    EXPECT_TRUE(node.answers.empty()) << "it did not stand still";
    EXPECT_EQ(process.state(), 'T');
    const TransportCounters after = node.transport().counters();

    node.send(peer, "fresh", true);
    process.resume();
    ASSERT_TRUE(run_until({&node}, [&] { return node.has_answer("fresh"); }));
    run_for({&node}, 300ms);

    EXPECT_EQ(node.answers.size(), 1U) << "late answers: " << node.answers.front();
    const std::size_t stale = ask_stats(node, peer).requests - 2;  // "before" and "fresh"
    EXPECT_LE(stale, sent_before_suspicion + 32);
    if (memory_is_measurable()) {
        EXPECT_LE(resident_kib(), memory + 4096);
    }
    std::cout << "sent " << sent << " in 10 s, " << after.dropped_full << " dropped, " << stale
              << " stale at the peer; longest send "
              << std::chrono::duration<double, std::milli>(node.longest_send).count() << " ms, "
              << node.slow_sends << " above 100 ms\n";
}

TEST(TransportFault, ForgedReplyTokensLeadNowhere) {
    TransportNode node = make_node();
    TransportNode peer = make_node();
    const std::vector<ReplyToken> forged{0, 1, 1ULL << 32U, 1ULL << 33U, ~0ULL, 0x1deadbeefULL};

    for (const ReplyToken token : forged) {
        node.transport().reply(token, bytes_of("x"));
    }

    EXPECT_EQ(node.transport().counters().replies_lost, forged.size());
    peer.send(node.endpoint(), "hello");
    EXPECT_TRUE(run_until({&node, &peer}, [&] { return peer.has_answer("hello"); }));
}

TEST(TransportFault, AReplyToAConnectionThatIsGoneIsCounted) {
    TransportNode node = make_node();
    ReplyToken token = 0;
    {
        TransportNode peer = make_node();
        peer.send(node.endpoint(), "hello");
        for (int i = 0; i < 5000 && token == 0; ++i) {
            peer.turn(1ms);
            node.transport().advance(node.now());
            const auto message = node.transport().receive();
            token = message ? message->reply_token : 0;
        }
        ASSERT_NE(token, 0U);
    }
    run_for({&node}, 100ms);

    node.transport().reply(token, bytes_of("too late"));

    EXPECT_EQ(node.transport().counters().replies_lost, 1U);
}

}  // namespace
}  // namespace memberd::test
