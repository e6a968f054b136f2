// What the ring costs and how well it balances. Of ring_balance and ring_join the counters are the
// results, not the times.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "detector/random.hpp"
#include "membership/ring.hpp"
#include "membership/ring_change.hpp"

namespace memberd {
namespace {

std::vector<RingMember> members_named(const std::string& prefix,
                                      std::size_t count,
                                      std::size_t zones) {
    std::vector<RingMember> members;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string digits = std::to_string(i);
        members.push_back({prefix + digits, "192.0.2.1:" + std::to_string(10000 + i),
                           kRingWeightMilliOne,
                           zones == 0 ? "" : "zone-" + std::to_string(i % zones)});
    }
    return members;
}

std::vector<std::uint64_t> random_hashes(std::size_t count) {
    Random random(1);
    std::vector<std::uint64_t> hashes(count);
    for (auto& hash : hashes) {
        hash = random.next();
    }
    return hashes;
}

void ring_owner(benchmark::State& state) {
    const Ring ring =
        Ring::build(members_named("member-", static_cast<std::size_t>(state.range(0)), 0));
    const auto hashes = random_hashes(1 << 16);
    std::size_t next = 0;
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(ring.owner(hashes[next++ & 0xffff]));
    }
}

// Each hash depends on the answer before: the time until an owner is known, not how many a second.
void ring_owner_latency(benchmark::State& state) {
    const Ring ring =
        Ring::build(members_named("member-", static_cast<std::size_t>(state.range(0)), 0));
    std::uint64_t hash = 1;
    for ([[maybe_unused]] auto _ : state) {
        hash = mix64(hash + ring.owner(hash)->weight_milli);
        benchmark::DoNotOptimize(hash);
    }
}

void ring_key_hash_and_owner(benchmark::State& state) {
    const Ring ring =
        Ring::build(members_named("member-", static_cast<std::size_t>(state.range(0)), 0));
    std::vector<std::string> keys;
    for (const auto hash : random_hashes(1 << 12)) {
        keys.push_back("user:" + std::to_string(hash));
    }
    std::size_t next = 0;
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(ring.owner(ring_key_hash(keys[next++ & 0xfff])));
    }
}

void ring_preference_of_3(benchmark::State& state) {
    const Ring ring =
        Ring::build(members_named("member-", static_cast<std::size_t>(state.range(0)), 3));
    const auto hashes = random_hashes(1 << 16);
    std::size_t next = 0;
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(ring.preference(hashes[next++ & 0xffff], 3));
    }
}

void ring_pick_at_125_percent(benchmark::State& state) {
    const Ring ring =
        Ring::build(members_named("member-", static_cast<std::size_t>(state.range(0)), 0));
    const auto hashes = random_hashes(1 << 16);
    std::vector<std::uint64_t> loads(ring.members().size(), 0);
    std::uint64_t total = 0;
    std::size_t next = 0;
    for ([[maybe_unused]] auto _ : state) {
        const RingMember* picked = ring.pick(hashes[next++ & 0xffff], {loads, total}, 1.25);
        ++loads[static_cast<std::size_t>(picked - ring.members().data())];
        ++total;
    }
}

void ring_build(benchmark::State& state) {
    const auto members = members_named("member-", static_cast<std::size_t>(state.range(0)), 3);
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(Ring::build(members));
    }
}

void ring_with_one_more(benchmark::State& state) {
    const Ring ring =
        Ring::build(members_named("member-", static_cast<std::size_t>(state.range(0)), 3));
    const RingMember member{"newcomer", "192.0.2.9:7747", kRingWeightMilliOne, "zone-1"};
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(ring.with(member));
    }
}

void ring_without_one(benchmark::State& state) {
    const Ring ring =
        Ring::build(members_named("member-", static_cast<std::size_t>(state.range(0)), 3));
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(ring.without("member-5"));
    }
}

void ring_moved_ranges(benchmark::State& state) {
    const Ring before =
        Ring::build(members_named("member-", static_cast<std::size_t>(state.range(0)), 3));
    const Ring after = before.without("member-5");
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(moved_ranges(before, after));
    }
}

// A member as the protocol core does it: two terms and the digest.
void ring_digest_change(benchmark::State& state) {
    RingDigest digest;
    for ([[maybe_unused]] auto _ : state) {
        digest.add(ring_digest_term("member-17", "192.0.2.17:7747", kRingWeightMilliOne, "zone-1"));
        digest.remove(
            ring_digest_term("member-18", "192.0.2.18:7747", kRingWeightMilliOne, "zone-1"));
        benchmark::DoNotOptimize(digest.value());
    }
}

// Largest share over the fair one, over 20 clusters of other names: median and worst.
void ring_balance(benchmark::State& state) {
    std::vector<double> balances;
    for ([[maybe_unused]] auto _ : state) {
        balances.clear();
        for (int cluster = 0; cluster < 20; ++cluster) {
            const std::string prefix = std::to_string(cluster) + "-member-";
            balances.push_back(
                Ring::build(members_named(prefix, static_cast<std::size_t>(state.range(0)), 0))
                    .balance());
        }
    }
    std::sort(balances.begin(), balances.end());
    state.counters["max/mean_median"] = balances[balances.size() / 2];
    state.counters["max/mean_worst"] = balances.back();
}

// What one join moves over what is fair (its weight over the sum with it), for 1,000 newcomers of
// other names. Arguments: members of weight 1, weight of the newcomer in thousandths.
void ring_join(benchmark::State& state) {
    const Ring ring =
        Ring::build(members_named("member-", static_cast<std::size_t>(state.range(0)), 0));
    const double weight = static_cast<double>(state.range(1)) / kRingWeightMilliOne;
    auto newcomers = members_named("newcomer-", 1000, 0);
    std::vector<double> moved;
    for ([[maybe_unused]] auto _ : state) {
        moved.clear();
        for (auto& newcomer : newcomers) {
            newcomer.weight_milli = static_cast<std::uint32_t>(state.range(1));
            double share = 0;
            for (const auto& range : moved_ranges(ring, ring.with(newcomer))) {
                share += range.share();
            }
            moved.push_back(share * (static_cast<double>(state.range(0)) + weight) / weight);
        }
    }
    std::sort(moved.begin(), moved.end());
    const auto within = std::upper_bound(moved.begin(), moved.end(), 1.15) - moved.begin();
    state.counters["mean"] =
        std::accumulate(moved.begin(), moved.end(), 0.0) / static_cast<double>(moved.size());
    state.counters["p95"] = moved[moved.size() * 95 / 100];
    state.counters["worst"] = moved.back();
    state.counters["within_1.15"] = static_cast<double>(within) / static_cast<double>(moved.size());
}

BENCHMARK(ring_owner)->Arg(10)->Arg(100)->Arg(1000)->Arg(10000);
BENCHMARK(ring_owner_latency)->Arg(1000);
BENCHMARK(ring_key_hash_and_owner)->Arg(1000);
BENCHMARK(ring_preference_of_3)->Arg(10)->Arg(1000);
BENCHMARK(ring_pick_at_125_percent)->Arg(1000);
BENCHMARK(ring_build)->Arg(1000)->Unit(benchmark::kMicrosecond);
BENCHMARK(ring_with_one_more)->Arg(100)->Arg(1000)->Arg(10000)->Unit(benchmark::kMicrosecond);
BENCHMARK(ring_without_one)->Arg(1000)->Unit(benchmark::kMicrosecond);
BENCHMARK(ring_moved_ranges)->Arg(1000)->Unit(benchmark::kMicrosecond);
BENCHMARK(ring_digest_change);
BENCHMARK(ring_balance)->Arg(10)->Arg(100)->Arg(1000)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(ring_join)
    ->Args({10, 1000})
    ->Args({100, 1000})
    ->Args({1000, 1000})
    ->Args({100, 4000})
    ->Args({1000, 4000})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace memberd
