// What one known member costs in the core's tables, and in all: thousands of engines in one process
// that know one another. The goal is at most 64 bytes in the tables.
#include <fstream>
#include <string>

#include <benchmark/benchmark.h>

#include "chaos/sim/cluster.hpp"

namespace memberd::sim {
namespace {

// Resident memory of this process. Linux.
double resident_bytes() {
    std::ifstream status("/proc/self/status");
    std::string word;
    double kib = 0.0;
    while (status >> word) {
        if (word == "VmRSS:") {
            status >> kib;
            break;
        }
    }
    return kib * 1024.0;
}

void know_one_another(benchmark::State& state) {
    ClusterOptions options;
    options.n = static_cast<std::size_t>(state.range(0));
    options.checks = Checks::Off;
    for (auto _ : state) {
        const double before = resident_bytes();
        const Cluster cluster(options);
        const double pairs = static_cast<double>(options.n) * static_cast<double>(options.n);
        double table_bytes = 0.0;
        for (const Member member : cluster.up()) {
            table_bytes += static_cast<double>(cluster.engine(member).table_bytes());
        }
        state.counters["table_bytes/known"] = table_bytes / pairs;
        state.counters["rss_bytes/known"] = (resident_bytes() - before) / pairs;
        state.counters["rss_gib"] = resident_bytes() / (1024.0 * 1024.0 * 1024.0);
    }
}

BENCHMARK(know_one_another)->Arg(1000)->Arg(10000)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace memberd::sim
