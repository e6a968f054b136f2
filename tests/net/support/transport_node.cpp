#include "tests/net/support/transport_node.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <random>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace memberd::test {
namespace {

using Clock = std::chrono::steady_clock;

bool is_free(std::uint16_t port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    const bool free =
        bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && listen(fd, 1) == 0;
    close(fd);
    return free;
}

std::size_t status_kib(const std::string& field) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(field + ":")) {
            return std::stoul(line.substr(field.size() + 1));
        }
    }
    throw std::runtime_error("no " + field + " in /proc/self/status");
}

}  // namespace

std::uint16_t free_port() {
    // Not reproducible on purpose: runs side by side must not meet.
    static std::mt19937 random{std::random_device{}()};
    for (int i = 0; i < 1000; ++i) {
        const auto port = static_cast<std::uint16_t>(12000 + random() % 20000);
        if (is_free(port)) {
            return port;
        }
    }
    throw std::runtime_error("no free port");
}

Endpoint loopback(std::uint16_t port, std::uint32_t host) {
    const std::uint32_t address = htonl(0x7f000000U + host);
    Endpoint endpoint;
    endpoint.ip[10] = 0xff;
    endpoint.ip[11] = 0xff;
    std::memcpy(endpoint.ip.data() + 12, &address, sizeof address);
    endpoint.port = port;
    return endpoint;
}

Bytes bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TransportNode::TransportNode(TransportConfig config) {
    auto context = ZmqContext::create();
    if (!context) {
        throw std::runtime_error(context.error().text);
    }
    context_ = std::make_unique<ZmqContext>(std::move(*context));
    auto transport = ZmqTransport::create(now(), *context_, config);
    if (!transport) {
        throw std::runtime_error(transport.error().text);
    }
    transport_ = std::move(*transport);
}

Instant TransportNode::now() const {
    return Instant(std::chrono::duration_cast<Duration>(Clock::now().time_since_epoch()) +
                   skipped_);
}

void TransportNode::turn(std::chrono::milliseconds wait) {
    auto items = transport_->poll_items();
    zmq_poll(items.data(), static_cast<int>(items.size()), wait.count());
    transport_->advance(now());
    while (const auto message = transport_->receive()) {
        const std::string text(message->bytes.begin(), message->bytes.end());
        if (message->reply_token == 0) {
            answers.push_back(text);
        } else {
            requests.push_back(text);
            transport_->reply(message->reply_token, message->bytes);
        }
    }
    while (const auto event = transport_->link_event()) {
        events.push_back(*event);
    }
}

bool TransportNode::becomes_readable() {
    auto items = transport_->poll_items();
    // The first two are IN and OUT; the others may be readable for other reasons.
    return zmq_poll(items.data(), 2, std::chrono::milliseconds(kPatience).count()) > 0;
}

void TransportNode::send(const Endpoint& to, std::string_view text, bool fresh) {
    const auto begin = Clock::now();
    transport_->request(to, bytes_of(text), fresh);
    const std::chrono::nanoseconds took = Clock::now() - begin;
    longest_send = std::max(longest_send, took);
    slow_sends += took > 100ms ? 1 : 0;
}

bool TransportNode::has_answer(std::string_view text) const {
    return std::find(answers.begin(), answers.end(), text) != answers.end();
}

std::size_t TransportNode::event_count(const Endpoint& peer, LinkState state) const {
    return static_cast<std::size_t>(std::count_if(
        events.begin(), events.end(),
        [&](const LinkEvent& event) { return event.peer == peer && event.state == state; }));
}

bool run_until(const std::vector<TransportNode*>& nodes,
               const std::function<bool()>& done,
               std::chrono::milliseconds patience) {
    const auto deadline = Clock::now() + patience;
    while (!done() && Clock::now() < deadline) {
        for (TransportNode* node : nodes) {
            node->turn(nodes.size() == 1 ? 1ms : 0ms);
        }
    }
    return done();
}

void run_for(const std::vector<TransportNode*>& nodes, std::chrono::milliseconds time) {
    run_until(
        nodes, [] { return false; }, time);
}

TransportNode make_node(std::size_t connections_max) {
    TransportConfig config = TransportNode::on(loopback(free_port()));
    config.connections_max = connections_max;
    return TransportNode(config);
}

std::size_t open_fds() {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        count += entry.path().empty() ? 0 : 1;
    }
    return count;
}

std::size_t resident_kib() {
    return status_kib("VmRSS");
}

}  // namespace memberd::test
