#include "tests/net/support/link_relay.hpp"

#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <span>
#include <sys/socket.h>
#include <unistd.h>

#include "detector/check.hpp"
#include "gossip/codec.hpp"

namespace memberd::test {
namespace {

constexpr int kRelayTurnMs = 10;
constexpr std::size_t kRelayChunk = 65'536;

sockaddr_in loopback_address(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

int relay_socket() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    MEMBERD_CHECK(fd >= 0, "a socket");
    const int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

void write_all(int fd, std::span<const std::uint8_t> bytes) {
    while (!bytes.empty()) {
        const ssize_t written = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (written <= 0) {
            return;  // Its end is seen by the next read.
        }
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
}

// The sender of the first message behind the greeting and the commands of ZMTP 3; empty while that
// has not arrived.
std::string first_speaker(std::span<const std::uint8_t> bytes) {
    constexpr std::size_t kGreeting = 64;
    constexpr std::uint8_t kLongFrame = 2;
    constexpr std::uint8_t kCommandFrame = 4;
    for (std::size_t at = kGreeting; at < bytes.size();) {
        const std::uint8_t flags = bytes[at];
        const std::size_t head = (flags & kLongFrame) != 0 ? 9 : 2;
        if (at + head > bytes.size()) {
            return {};
        }
        std::size_t size = 0;
        for (std::size_t i = 1; i < head; ++i) {
            size = size << 8U | bytes[at + i];
        }
        if (size > bytes.size() - at - head) {
            return {};
        }
        Message message;
        if ((flags & kCommandFrame) == 0) {
            const bool is_read =
                decode(bytes.subspan(at + head, size), message) == DecodeStatus::Ok;
            return is_read ? std::string(message.envelope.name) : "?";
        }
        at += head + size;
    }
    return {};
}

}  // namespace

LinkRelay::LinkRelay(std::uint16_t target) : target_(target), listener_(relay_socket()) {
    sockaddr_in address = loopback_address(0);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    MEMBERD_CHECK(bind(listener_, any, size) == 0 && listen(listener_, 64) == 0 &&
                      getsockname(listener_, any, &size) == 0,
                  "a port for the relay");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
}

LinkRelay::~LinkRelay() {
    is_over_ = true;
    thread_.join();
    for (const Relayed& relayed : connections_) {
        close(relayed.client);
        close(relayed.server);
    }
    close(listener_);
}

std::string LinkRelay::address() const {
    return "127.0.0.1:" + std::to_string(port_);
}

void LinkRelay::cut(const std::string& speaker) {
    const std::lock_guard lock(mutex_);
    cut_ = speaker;
}

void LinkRelay::heal() {
    cut("");
}

void LinkRelay::serve() {
    std::vector<pollfd> items;
    while (!is_over_) {
        items.assign(1, {listener_, POLLIN, 0});
        for (const Relayed& relayed : connections_) {
            items.push_back({relayed.client, POLLIN, 0});
            items.push_back({relayed.server, POLLIN, 0});
        }
        poll(items.data(), items.size(), kRelayTurnMs);
        auto item = items.begin() + 1;
        for (Relayed& relayed : connections_) {
            if ((item++)->revents != 0) {
                forward(relayed, relayed.client, relayed.server);
            }
            if ((item++)->revents != 0) {
                forward(relayed, relayed.server, relayed.client);
            }
        }
        const std::lock_guard lock(mutex_);
        connections_.remove_if([this](const Relayed& relayed) {
            const bool is_over = relayed.is_over || (cut_.empty() && relayed.has_lost);
            if (is_over) {
                close(relayed.client);
                close(relayed.server);
            }
            return is_over;
        });
        if (items.front().revents != 0) {
            accept_one();
        }
    }
}

void LinkRelay::accept_one() {
    Relayed relayed;
    relayed.client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (relayed.client < 0) {
        return;
    }
    relayed.server = relay_socket();
    sockaddr_in address = loopback_address(target_);
    // On loopback it is decided at once. Where nobody listens, the client sees its connection end.
    relayed.is_over =
        connect(relayed.server, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0;
    connections_.push_back(std::move(relayed));
}

void LinkRelay::forward(Relayed& relayed, int from, int to) {
    std::array<std::uint8_t, kRelayChunk> chunk{};
    const ssize_t size = recv(from, chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (size <= 0) {
        relayed.is_over = true;
        return;
    }
    const auto bytes = std::span<const std::uint8_t>(chunk).first(static_cast<std::size_t>(size));
    if (from == relayed.client && relayed.speaker.empty()) {
        relayed.beginning.insert(relayed.beginning.end(), bytes.begin(), bytes.end());
        relayed.speaker = first_speaker(relayed.beginning);
    }
    const std::lock_guard lock(mutex_);
    if (!cut_.empty() && relayed.speaker == cut_) {
        relayed.has_lost = true;
        swallowed_bytes_ += bytes.size();
    } else {
        write_all(to, bytes);
        relayed_bytes_ += bytes.size();
    }
}

}  // namespace memberd::test
