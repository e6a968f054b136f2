// How fast the simulator runs the real engine: events a second, where an event is one call that
// delivers a message or fires a deadline. Setting up the tables is not counted.
#include <cstdint>

#include <benchmark/benchmark.h>

#include "chaos/sim/cluster.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

void idle(benchmark::State& state, Mode mode) {
    ClusterOptions options;
    options.n = static_cast<std::size_t>(state.range(0));
    options.mode = mode;
    options.checks = Checks::Off;
    Cluster cluster(options);
    cluster.run_for(2s);  // connections open, histories fill
    const Instant begin = cluster.now();
    const std::uint64_t events = cluster.history().events;
    const std::uint64_t messages = cluster.history().sent.message_count();
    for (auto _ : state) {
        cluster.run_for(1s);
    }
    const double virtual_seconds = seconds(cluster.now() - begin);
    const double members = static_cast<double>(options.n);
    const auto count = static_cast<double>(cluster.history().events - events);
    state.counters["events/s"] = benchmark::Counter(count, benchmark::Counter::kIsRate);
    state.counters["virtual_s/s"] =
        benchmark::Counter(virtual_seconds, benchmark::Counter::kIsRate);
    state.counters["msg/member/s"] =
        static_cast<double>(cluster.history().sent.message_count() - messages) / members /
        virtual_seconds;
}

BENCHMARK_CAPTURE(idle, memberd, Mode::Memberd)
    ->Arg(100)
    ->Arg(1000)
    ->Arg(10000)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(idle, lifeguard, Mode::Lifeguard)
    ->Arg(100)
    ->Arg(1000)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();

}  // namespace
}  // namespace memberd::sim
