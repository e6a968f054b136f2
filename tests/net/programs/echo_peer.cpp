// A member's transport in a process of its own, for tests that kill, stop and starve it.
//
//     echo_peer PORT [FDS]      listens on 127.0.0.1:PORT, with at most FDS file descriptors
//
// Prints "ready". Answers every request with the same bytes, and "stats" with "REQUESTS TRIPS".
// Ends with its parent, and after two minutes.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "gossip/zmq_transport.hpp"

namespace {

memberd::Instant now() {
    return memberd::Instant(std::chrono::duration_cast<memberd::Duration>(
        std::chrono::steady_clock::now().time_since_epoch()));
}

void serve(memberd::ZmqTransport& transport) {
    std::uint64_t requests = 0;
    const memberd::Instant end = now() + std::chrono::minutes(2);
    while (now() < end) {
        auto items = transport.poll_items();
        zmq_poll(items.data(), static_cast<int>(items.size()), 50);
        transport.advance(now());
        while (const auto message = transport.receive()) {
            const std::string text(message->bytes.begin(), message->bytes.end());
            if (text != "stats") {
                ++requests;
                transport.reply(message->reply_token, message->bytes);
                continue;
            }
            const std::string stats = std::to_string(requests) + " " +
                                      std::to_string(transport.counters().fd_guard_trips);
            transport.reply(message->reply_token,
                            {reinterpret_cast<const std::uint8_t*>(stats.data()), stats.size()});
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (argc < 2) {
        return 2;
    }
    if (argc > 2) {
        rlimit limit{};
        limit.rlim_cur = limit.rlim_max = std::strtoul(argv[2], nullptr, 10);
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    auto context = memberd::ZmqContext::create();
    memberd::TransportConfig config;
    config.bind =
        memberd::parse_endpoint(std::string("127.0.0.1:") + argv[1]).value_or(memberd::Endpoint{});
    if (!context) {
        return 1;
    }
    auto transport = memberd::ZmqTransport::create(now(), *context, config);
    if (!transport) {
        std::fprintf(stderr, "%s\n", transport.error().text.c_str());
        return 1;
    }
    std::puts("ready");
    std::fflush(stdout);
    serve(**transport);
    return 0;
}
