// The transport among strangers: garbage, greetings of other protocols, floods.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <random>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <gtest/gtest.h>

#include "tests/net/support/peer_process.hpp"
#include "tests/net/support/transport_node.hpp"

namespace memberd::test {
namespace {

// A TCP connection of somebody who knows nothing of ZeroMQ.
class Stranger {
  public:
    explicit Stranger(const Endpoint& to)
        : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(to.port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        static_cast<void>(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address));
        pollfd writable{fd_, POLLOUT, 0};
        poll(&writable, 1, 1000);
    }

    Stranger(const Stranger&) = delete;
    Stranger& operator=(const Stranger&) = delete;

    Stranger(Stranger&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

    Stranger& operator=(Stranger&&) = delete;

    ~Stranger() {
        if (fd_ >= 0) {
            close(fd_);
        }
    }

    void say(std::string_view bytes) {
        const auto sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        said_ += sent > 0 ? static_cast<std::size_t>(sent) : 0;
    }

    // Ends the connection the hard way; true if it was one.
    [[nodiscard]] bool reset() {
        int error = 1;
        socklen_t size = sizeof error;
        getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
        const linger at_once{1, 0};
        setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close(std::exchange(fd_, -1));
        return error == 0;
    }

    [[nodiscard]] std::size_t said() const { return said_; }

    // True once the other side has ended the connection.
    [[nodiscard]] bool is_sent_away() {
        char bytes[256];
        while (true) {
            const auto size = recv(fd_, bytes, sizeof bytes, 0);
            if (size == 0 || (size < 0 && errno != EAGAIN)) {
                return true;
            }
            if (size < 0) {
                return false;
            }
        }
    }

  private:
    int fd_;
    std::size_t said_ = 0;
};

// Somebody who speaks ZeroMQ, but not as members do.
class ZmqStranger {
  public:
    explicit ZmqStranger(const Endpoint& to, const std::string& routing_id = "")
        : context_(*ZmqContext::create()),
          socket_(*ZmqSocket::open(context_, ZMQ_DEALER)) {
        if (!routing_id.empty()) {
            EXPECT_TRUE(socket_.set(ZMQ_ROUTING_ID, routing_id));
        }
        EXPECT_EQ(zmq_connect(socket_.handle(), ("tcp://" + to_string(to)).c_str()), 0);
    }

    void say(const std::vector<std::string>& frames) {
        for (std::size_t i = 0; i < frames.size(); ++i) {
            const int more = i + 1 < frames.size() ? ZMQ_SNDMORE : 0;
            EXPECT_GE(zmq_send(socket_.handle(), frames[i].data(), frames[i].size(), more), 0);
        }
    }

  private:
    ZmqContext context_;
    ZmqSocket socket_;
};

std::string random_bytes(std::mt19937_64& random, std::size_t size) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) {
        byte = static_cast<char>(random() & 0xffU);
    }
    return bytes;
}

bool is_served(TransportNode& node, const std::string& text) {
    TransportNode member = make_node();
    member.send(node.endpoint(), text);
    return run_until({&member, &node}, [&] { return member.has_answer(text); });
}

// Each is at least as long as a greeting (64 bytes), so that none can hope that more follows, or is
// a whole greeting of an older protocol.
std::vector<std::string> garbage() {
    const std::string filler(64, 'A');
    std::string null_handshake("\xff\0\0\0\0\0\0\0\x01\x7f\x03\0NULL", 16);
    null_handshake.resize(64, '\0');
    return {
        "GET / HTTP/1.1\r\nHost: member\r\nUser-Agent: somebody\r\nAccept: */*\r\n\r\n" + filler,
        std::string("\x01\x00\x02\x00x", 5) + filler,  // ZMTP 1.0: delivers "x"
        std::string("\xff\0\0\0\0\0\0\0\x01\x7f\x01\x05\0\0", 14) + filler,  // ZMTP 2.0
        std::string("\xff\0\0\0\0\0\0\0\x01\x7f\x03\0XXXX", 16) + filler,    // no such mechanism
        null_handshake + std::string("\x04\x05XXXXX", 7) + filler,           // no such command
        null_handshake + std::string("\x04\xff", 2) + filler,
        null_handshake + std::string("\0\x05hello", 7) + filler,  // a message before the handshake
    };
}

TEST(TransportGarbage, DeliversNothingAndIsSentAway) {
    TransportNode node = make_node();
    std::mt19937_64 random{1};
    std::vector<std::string> lines = garbage();
    for (int i = 0; i < 50; ++i) {
        lines.push_back(random_bytes(random, 64 + random() % 1000));
    }
    std::vector<Stranger> strangers;
    for (const std::string& line : lines) {
        strangers.emplace_back(node.endpoint()).say(line);
        ASSERT_EQ(strangers.back().said(), line.size()) << "the fault did not take hold";
    }

    EXPECT_TRUE(is_served(node, "meanwhile"));
    for (std::size_t i = 0; i < strangers.size(); ++i) {
        // The handshake's time limit sends away those whose greeting claims that more follows.
        EXPECT_TRUE(run_until({&node}, [&] { return strangers[i].is_sent_away(); })) << i;
    }

    EXPECT_EQ(node.requests, std::vector<std::string>{"meanwhile"});
    EXPECT_TRUE(is_served(node, "after"));
}

TEST(TransportGarbage, SilentStrangersDelayNobodyAndAreSentAway) {
    TransportNode node = make_node();
    std::vector<Stranger> strangers;
    strangers.reserve(100);
    for (int i = 0; i < 100; ++i) {
        strangers.emplace_back(node.endpoint()).say(std::string_view("\xff\0\0\0\0\0", 6));
    }

    EXPECT_TRUE(is_served(node, "meanwhile"));
    EXPECT_FALSE(strangers.back().is_sent_away()) << "the fault did not take hold";
    for (Stranger& stranger : strangers) {
        ASSERT_TRUE(run_until({&node}, [&] { return stranger.is_sent_away(); }));
    }
    EXPECT_EQ(node.requests.size(), 1U);
}

TEST(TransportGarbage, ConnectionsThatAreResetAtOnceHarmNobody) {
    TransportNode node = make_node();
    for (int i = 0; i < 1000; ++i) {
        Stranger stranger(node.endpoint());
        ASSERT_TRUE(stranger.reset());
    }
    run_for({&node}, 100ms);

    EXPECT_TRUE(is_served(node, "after"));
    EXPECT_EQ(node.requests.size(), 1U);
}

TEST(TransportGarbage, MessagesThatAreNotOneFrameAreViolations) {
    TransportNode node = make_node();
    ZmqStranger stranger(node.endpoint());

    stranger.say({"one", "two"});
    stranger.say({"one", "", "three", "four"});
    stranger.say({""});
    stranger.say({"whole"});
    ASSERT_TRUE(run_until({&node}, [&] { return !node.requests.empty(); }));

    EXPECT_EQ(node.requests, std::vector<std::string>{"whole"});
    EXPECT_EQ(node.transport().counters().protocol_violations, 3U);
}

TEST(TransportGarbage, PeersThatNameThemselvesAreNotHeard) {
    TransportNode node = make_node();
    ZmqStranger stranger(node.endpoint(), "c12345678");

    stranger.say({"hello"});

    EXPECT_TRUE(
        run_until({&node}, [&] { return node.transport().counters().protocol_violations == 1; }));
    EXPECT_TRUE(node.requests.empty());
    EXPECT_TRUE(is_served(node, "after"));
}

TEST(TransportGarbage, AGiantFrameIsNotDelivered) {
    TransportNode node = make_node();
    ZmqStranger stranger(node.endpoint());
    stranger.say({"small"});
    ASSERT_TRUE(run_until({&node}, [&] { return node.requests.size() == 1; }));

    stranger.say({std::string(2 * ZmqTransport::kMessageBytesMax, 'x')});
    stranger.say({"behind it"});  // libzmq drops it with the connection, then connects again.
    run_for({&node}, 300ms);

    for (const std::string& request : node.requests) {
        EXPECT_LE(request.size(), ZmqTransport::kMessageBytesMax);
    }
    EXPECT_TRUE(is_served(node, "after"));
}

TEST(TransportGarbage, AFloodOfMessagesDoesNotKeepReceiveBusyForEver) {
    TransportNode node = make_node();
    ZmqStranger stranger(node.endpoint());
    for (int i = 0; i < 500; ++i) {
        stranger.say({"not", "one", "frame"});
    }
    ASSERT_TRUE(
        run_until({&node}, [&] { return node.transport().counters().protocol_violations > 0; }));

    // Each call looks at a bounded number; the rest keeps the socket readable.
    std::uint64_t before = node.transport().counters().protocol_violations;
    for (int i = 0; i < 100; ++i) {
        EXPECT_FALSE(node.transport().receive());
        const std::uint64_t now = node.transport().counters().protocol_violations;
        EXPECT_LE(now - before, 64U);
        before = now;
    }
    EXPECT_TRUE(
        run_until({&node}, [&] { return node.transport().counters().protocol_violations == 500; }));
}

TEST(TransportGarbage, StrangersThatUseUpTheDescriptorsAreCutOffAndMembersComeBack) {
    const Endpoint peer = loopback(free_port());
    PeerProcess process(peer.port, 128);
    TransportNode node = make_node();
    node.send(peer, "before");
    ASSERT_TRUE(run_until({&node}, [&] { return node.has_answer("before"); }));

    std::vector<Stranger> strangers;
    strangers.reserve(300);
    for (int i = 0; i < 300; ++i) {
        strangers.emplace_back(peer);
    }
    for (Stranger& stranger : strangers) {
        ASSERT_TRUE(run_until({&node}, [&] { return stranger.is_sent_away(); }));
    }
    strangers.clear();

    ASSERT_TRUE(process.is_running());
    int tries = 0;
    ASSERT_TRUE(run_until({&node}, [&] {
        if (++tries % 100 == 0) {
            node.send(peer, "stats", true);
        }
        return node.answers.size() > 1;
    }));
    const std::string stats = node.answers.back();
    EXPECT_NE(stats.substr(stats.find(' ') + 1), "0") << "the guard did not trip: " << stats;
}

}  // namespace
}  // namespace memberd::test
