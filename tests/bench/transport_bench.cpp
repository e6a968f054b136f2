// What a message costs on loopback, both ends in one thread.
//
//     build/bench/bin/transport_bench
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "gossip/zmq_transport.hpp"

namespace memberd {
namespace {

Instant now() {
    return Instant(
        std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

// Ends the program where a benchmark can't start.
template <typename T>
T value_or_exit(Result<T> result) {
    if (!result) {
        std::cerr << result.error().text << '\n';
        std::exit(1);  // NOLINT(concurrency-mt-unsafe)
    }
    return std::move(result).value();
}

class Peer {
  public:
    explicit Peer(std::uint16_t port)
        : context_(value_or_exit(ZmqContext::create())),
          transport_(value_or_exit(ZmqTransport::create(now(), context_, config(port)))) {}

    ZmqTransport& transport() { return *transport_; }

    // A turn of the loop without waiting; echoes requests. Returns how many answers came.
    std::size_t turn() {
        std::size_t answers = 0;
        transport_->advance(now());
        while (const auto message = transport_->receive()) {
            if (message->reply_token == 0) {
                ++answers;
            } else {
                transport_->reply(message->reply_token, message->bytes);
            }
        }
        return answers;
    }

  private:
    static TransportConfig config(std::uint16_t port) {
        TransportConfig config;
        config.bind = *parse_endpoint("127.0.0.1:" + std::to_string(port));
        return config;
    }

    ZmqContext context_;
    std::unique_ptr<ZmqTransport> transport_;
};

constexpr std::uint16_t kPort = 27747;
constexpr std::size_t kMessageBytes = 300;  // a ping with six updates

const std::vector<std::uint8_t>& message() {
    static const std::vector<std::uint8_t> bytes(kMessageBytes, 0x2a);
    return bytes;
}

void round_trip(Peer& from, Peer& to, bool fresh) {
    from.transport().request(to.transport().bound(), message(), fresh);
    while (from.turn() == 0) {
        to.turn();
    }
}

void BM_RoundTrip(benchmark::State& state) {
    Peer a(kPort);
    Peer b(kPort + 1);
    round_trip(a, b, false);
    for (auto _ : state) {
        round_trip(a, b, false);
    }
}

BENCHMARK(BM_RoundTrip)->UseRealTime()->Unit(benchmark::kMicrosecond);

void BM_RoundTripOnAFreshConnection(benchmark::State& state) {
    Peer a(kPort);
    Peer b(kPort + 1);
    for (auto _ : state) {
        round_trip(a, b, true);
    }
}

BENCHMARK(BM_RoundTripOnAFreshConnection)->UseRealTime()->Unit(benchmark::kMicrosecond);

// The call alone; the answers are awaited outside the measured time, so that no queue is ever full.
void BM_Send(benchmark::State& state) {
    constexpr int kBatch = 16;
    Peer a(kPort);
    Peer b(kPort + 1);
    round_trip(a, b, false);
    while (state.KeepRunningBatch(kBatch)) {
        for (int i = 0; i < kBatch; ++i) {
            a.transport().request(b.transport().bound(), message(), false);
        }
        state.PauseTiming();
        for (std::size_t answers = 0; answers < kBatch;) {
            b.turn();
            answers += a.turn();
        }
        state.ResumeTiming();
    }
    state.counters["dropped"] = static_cast<double>(a.transport().counters().dropped_full);
}

BENCHMARK(BM_Send)->UseRealTime();

// A turn of the loop in which nothing happens.
void BM_IdleTurn(benchmark::State& state) {
    Peer a(kPort);
    for (auto _ : state) {
        auto items = a.transport().poll_items();
        benchmark::DoNotOptimize(zmq_poll(items.data(), static_cast<int>(items.size()), 0));
        benchmark::DoNotOptimize(a.turn());
    }
}

BENCHMARK(BM_IdleTurn);

}  // namespace
}  // namespace memberd
