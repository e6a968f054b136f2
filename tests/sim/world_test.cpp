// The kernel: equal seeds give equal runs, and processes stop, drift and hold as they should.
#include "chaos/sim/world.hpp"

#include <gtest/gtest.h>

#include "chaos/sim/local_clock.hpp"
#include "tests/sim/support/cluster_case.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

std::uint64_t eventful_run(Mode mode, std::uint64_t seed, Carrying carrying) {
    ClusterOptions options;
    options.n = 12;
    options.seed = seed;
    options.mode = mode;
    options.carrying = carrying;
    options.start = StartMode::AllAtOnce;
    Cluster cluster(options);
    cluster.run_for(5s);
    cluster.lose(0.05);
    cluster.pause_for(3, 8s);
    cluster.run_for(5s);
    cluster.kill(4);
    cluster.cut(5, 6);
    cluster.run_for(20s);
    cluster.heal();
    cluster.restart(4, DataDirectory::Kept, Address::New);
    cluster.set_tag(2, "a", "b");
    cluster.run_for(20s);
    return cluster.trace_hash();
}

TEST(World, EqualSeedsGiveEqualTracesAndOthersGiveOthers) {
    for (const Mode mode : {Mode::Swim, Mode::Lifeguard, Mode::Memberd}) {
        for (const Carrying carrying : {Carrying::Datagram, Carrying::Stream}) {
            const std::uint64_t first = eventful_run(mode, 5, carrying);
            EXPECT_EQ(first, eventful_run(mode, 5, carrying)) << to_string(mode);
            EXPECT_NE(first, eventful_run(mode, 6, carrying)) << to_string(mode);
        }
    }
}

TEST(World, PausedProcessesSayNothingAndKeepWhatComes) {
    Cluster cluster(options_of({Mode::Memberd, 5}));
    cluster.run_for(10s);
    cluster.pause(1);
    const EngineCounters before = cluster.engine(1).counters();
    cluster.run_for(2s);
    EXPECT_EQ(cluster.engine(1).counters().sent, before.sent);
    EXPECT_EQ(cluster.engine(1).counters().received, before.received);

    cluster.resume(1);

    EXPECT_GT(cluster.engine(1).counters().received, before.received);
}

TEST(World, BlockedProcessesKeepTheirTimersButNobodyHearsThem) {
    Cluster cluster(options_of({Mode::Memberd, 5}));
    cluster.run_for(10s);
    cluster.block(1);
    const std::uint64_t sent = cluster.engine(1).counters().sent;
    const std::uint64_t received = cluster.engine(1).counters().received;

    cluster.run_for(4s);

    EXPECT_GT(cluster.engine(1).counters().sent, sent);
    EXPECT_EQ(cluster.engine(1).counters().received, received);
    cluster.unblock(1);
    cluster.run_for(1s);
    EXPECT_GT(cluster.engine(1).counters().received, received);
}

TEST(World, ScheduledActionsHappenAtTheirTime) {
    Cluster cluster(options_of({Mode::Memberd, 2}));
    std::vector<Instant> seen;
    for (const auto when : {3s, 1s, 2s}) {
        cluster.world().at(kBeginning + when, [&] { seen.push_back(cluster.now()); });
    }

    cluster.run_for(10s);

    EXPECT_EQ(seen, (std::vector<Instant>{kBeginning + 1s, kBeginning + 2s, kBeginning + 3s}));
    EXPECT_EQ(cluster.now(), kBeginning + 10s);
}

TEST(LocalClock, RunsFastOrSlowAndFindsTheInstantOfADeadline) {
    for (const std::int32_t drift : {-500, -1, 0, 1, 500}) {
        const LocalClock clock(kBeginning, drift);
        const Instant later = kBeginning + 10'000s;
        EXPECT_EQ(clock.local(later) - later, 10'000'000us * drift / 1000);
        for (const Duration wait : {Duration(1), Duration(12'345'678'901), Duration(1h)}) {
            const Instant deadline = kBeginning + wait;
            const Instant global = clock.global(deadline);
            EXPECT_GE(clock.local(global), deadline);
            EXPECT_LT(clock.local(global - 1us), deadline);
        }
    }
}

}  // namespace
}  // namespace memberd::sim
