// A transport with a loop around it, as the agent has one, for tests in one thread: it echoes
// requests and collects answers. Its clock is the machine's plus what was skipped.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gossip/zmq_transport.hpp"

namespace memberd::test {

using namespace std::chrono_literals;

// What a liveness check waits for at most; only a failing test waits so long.
inline constexpr std::chrono::seconds kPatience{10};

// A port of 127.0.0.1 that nobody listens on, below the ephemeral range.
std::uint16_t free_port();

Endpoint loopback(std::uint16_t port, std::uint32_t host = 1);  // 127.0.0.0 + host

Bytes bytes_of(std::string_view text);

class TransportNode {
  public:
    explicit TransportNode(TransportConfig config);

    static TransportConfig on(const Endpoint& bind) {
        TransportConfig config;
        config.bind = bind;
        return config;
    }

    // One turn of the loop, that waits for `wait` at most.
    void turn(std::chrono::milliseconds wait);

    // Waits for a message without taking it.
    bool becomes_readable();

    void send(const Endpoint& to, std::string_view text, bool fresh = false);

    // Lets the transport believe that so much time has passed.
    void skip(Duration time) { skipped_ += time; }

    [[nodiscard]] Instant now() const;

    [[nodiscard]] bool has_answer(std::string_view text) const;
    [[nodiscard]] std::size_t event_count(const Endpoint& peer, LinkState state) const;

    [[nodiscard]] ZmqTransport& transport() { return *transport_; }

    [[nodiscard]] Endpoint endpoint() const { return transport_->bound(); }

    std::vector<std::string> answers;
    std::vector<std::string> requests;
    std::vector<LinkEvent> events;
    std::chrono::nanoseconds longest_send{0};
    std::size_t slow_sends = 0;  // above 100 ms

  private:
    Duration skipped_{0};
    std::unique_ptr<ZmqContext> context_;
    std::unique_ptr<ZmqTransport> transport_;
};

// On a free port.
TransportNode make_node(std::size_t connections_max = TransportConfig().connections_max);

// Turns all nodes until `done` or the patience is over; returns done().
bool run_until(const std::vector<TransportNode*>& nodes,
               const std::function<bool()>& done,
               std::chrono::milliseconds patience = kPatience);

void run_for(const std::vector<TransportNode*>& nodes, std::chrono::milliseconds time);

std::size_t open_fds();
std::size_t resident_kib();

// Sanitizers keep freed memory and shadow all of it: bounds on memory mean nothing under them.
constexpr bool memory_is_measurable() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return false;
#elif defined(__has_feature)
    return !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer);
#else
    return true;
#endif
}

}  // namespace memberd::test
