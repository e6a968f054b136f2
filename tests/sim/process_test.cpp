// Faults of single processes: half a block, a slow CPU. Each test asserts that its fault took hold.
#include <array>

#include <gtest/gtest.h>

#include "chaos/sim/cpu.hpp"
#include "tests/sim/support/cluster_case.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{1000s};

TEST(Cpu, WithoutAQuotaWorkTakesItsServiceTime) {
    EXPECT_EQ(done_at({5ms, 0ms, {}, {}}, kStart, 5ms), kStart + 5ms);
    EXPECT_EQ(runs_at({}, kStart + 7ms), kStart + 7ms);
}

TEST(Cpu, WithAQuotaWorkGoesOnInTheNextWindow) {
    const CpuLimits limits{{}, {}, 20ms, 100ms};

    EXPECT_EQ(runs_at(limits, kStart + 19ms), kStart + 19ms);
    EXPECT_EQ(runs_at(limits, kStart + 20ms), kStart + 100ms);
    EXPECT_EQ(done_at(limits, kStart, 20ms), kStart + 20ms);
    EXPECT_EQ(done_at(limits, kStart, 21ms), kStart + 101ms);
    EXPECT_EQ(done_at(limits, kStart + 10ms, 30ms), kStart + 120ms);
    EXPECT_EQ(done_at(limits, kStart + 10ms, 31ms), kStart + 201ms);
    EXPECT_EQ(done_at(limits, kStart + 50ms, 0ms), kStart + 100ms);
}

// --- Blocks ---

TEST(Block, OfSendsLetsNothingOutAndAllIn) {
    Cluster cluster(options_of({Mode::Memberd, 5}));
    cluster.run_for(10s);
    cluster.block(1, Blocking::Sends);
    const std::uint64_t received = cluster.engine(1).counters().received;

    EXPECT_TRUE(cluster.expect_everywhere(1, MemberState::Dead, 10s)) << cluster.explain();
    EXPECT_GT(cluster.engine(1).counters().received, received);
    EXPECT_GT(cluster.world().faults(1).held_sends, 0U);
    EXPECT_EQ(cluster.world().faults(1).held_receives, 0U);
    EXPECT_EQ(cluster.history().false_deaths(), 0U) << cluster.explain();
    EXPECT_EQ(cluster.deaths_except(std::array<Member, 1>{1}), 0U) << cluster.explain();

    cluster.unblock(1);

    EXPECT_TRUE(cluster.run_until([&] { return cluster.all_see_all(); }, 10s)) << cluster.explain();
    expect_sound(cluster);
}

TEST(Block, OfReceivesLetsNothingInAndAllOut) {
    Cluster cluster(options_of({Mode::Memberd, 5}));
    cluster.run_for(10s);
    cluster.block(1, Blocking::Receives);
    const std::uint64_t received = cluster.engine(1).counters().received;

    EXPECT_TRUE(cluster.expect_everywhere(1, MemberState::Dead, 10s)) << cluster.explain();
    EXPECT_EQ(cluster.engine(1).counters().received, received);
    EXPECT_EQ(cluster.world().faults(1).held_sends, 0U);
    EXPECT_GT(cluster.world().faults(1).held_receives, 0U);
    EXPECT_EQ(cluster.history().false_deaths_at_healthy(), 0U) << cluster.explain();

    cluster.unblock(1);

    EXPECT_GT(cluster.engine(1).counters().received, received);
    EXPECT_TRUE(cluster.run_until([&] { return cluster.all_see_all(); }, 10s)) << cluster.explain();
    expect_sound(cluster);
}

TEST(Block, ReleasesWhatItHeldInItsOrder) {
    WorldOptions options;
    options.carrying = Carrying::Datagram;
    World world(options);
    Conditions still;
    still.jitter_kind = Jitter::None;
    world.topology().set_default(still);
    for (const AddressId address : {0U, 1U}) {
        Start start;
        start.name = address == 0 ? "a" : "b";
        start.address = address;
        world.start(world.add_process(), start);
    }
    world.join(0, std::array{endpoint_of(1)});
    world.run_until(world.now() + 5s);
    world.block(0, Blocking::Sends);
    // Each raises the incarnation: were their order lost, the last would not win.
    for (const char* value : {"1", "2", "3"}) {
        Attributes attributes;
        attributes.tags = {{"k", value}};
        ASSERT_TRUE(world.set_attributes(0, attributes));
        world.run_until(world.now() + 200ms);
    }
    std::vector<std::uint32_t> seen{world.engine(1).find("a")->claim.incarnation};
    EXPECT_GT(world.faults(0).held_sends, 2U);
    world.block(0, Blocking::Nothing);
    while (world.step(world.now() + 20ms)) {
        const auto view = world.engine(1).find("a");
        if (seen.back() != view->claim.incarnation) {
            seen.push_back(view->claim.incarnation);
        }
    }

    EXPECT_EQ(seen, (std::vector<std::uint32_t>{0, 1, 2, 3}));
}

TEST(Block, KeepsNoMoreThanItsBuffersHold) {
    ClusterOptions options = options_of({Mode::Swim, 5});
    options.send_buffer_bytes = 4096;
    options.receive_buffer_bytes = 4096;
    Cluster cluster(options);
    cluster.run_for(10s);
    cluster.block(1);
    cluster.run_for(60s);

    EXPECT_GT(cluster.world().faults(1).dropped_sends, 0U);
    EXPECT_GT(cluster.world().faults(1).dropped_receives, 0U);
    EXPECT_LT(cluster.world().faults(1).held_sends, 100U);
    EXPECT_LT(cluster.world().faults(1).held_receives, 100U);
}

// --- Slow CPUs ---

TEST(SlowCpu, MakesMessagesWaitAndTimersLateAndKillsNobodyElse) {
    Cluster cluster(options_of({Mode::Memberd, 10}));
    cluster.run_for(15s);
    cluster.slow(1, {150ms, 20ms, {}, {}});
    EXPECT_FALSE(cluster.world().is_healthy(1));
    cluster.run_for(60s);

    EXPECT_GT(cluster.world().faults(1).longest_wait, 200ms) << "no queue formed";
    EXPECT_GT(cluster.world().faults(1).latest_turn, 100ms) << "no timer was late";
    EXPECT_EQ(cluster.history().false_deaths(), 0U) << cluster.explain();

    cluster.quicken(1);

    // It was removed twice, so it holds itself back for a minute.
    EXPECT_TRUE(cluster.run_until([&] { return cluster.all_see_all(); }, 75s)) << cluster.explain();
    EXPECT_TRUE(cluster.world().is_healthy(1));
    expect_sound(cluster);
}

TEST(SlowCpu, WithASmallQuotaIsNeitherKilledNorKills) {
    Cluster cluster(options_of({Mode::Memberd, 10}));
    cluster.run_for(15s);
    cluster.slow(1, {1ms, 1ms, 2ms, 100ms});
    cluster.run_for(60s);

    EXPECT_GT(cluster.world().faults(1).longest_wait, 50ms);
    EXPECT_TRUE(cluster.deaths().empty()) << cluster.explain();
    EXPECT_TRUE(cluster.everywhere(1, MemberState::Alive)) << cluster.explain();
    expect_sound(cluster);
}

TEST(SlowCpu, ThatGetsNoTurnForSecondsKnowsThatItStoodStill) {
    Cluster cluster(options_of({Mode::Memberd, 10}));
    cluster.run_for(15s);
    cluster.slow(1, {{}, {}, 100ms, 5s});
    cluster.run_for(60s);

    EXPECT_GT(cluster.world().faults(1).pauses_noticed, 5U);
    EXPECT_EQ(cluster.history().false_deaths(), 0U) << cluster.explain();
    EXPECT_EQ(cluster.deaths_except(std::array<Member, 1>{1}), 0U) << cluster.explain();

    cluster.quicken(1);

    EXPECT_TRUE(cluster.run_until([&] { return cluster.all_see_all(); }, 15s)) << cluster.explain();
    expect_sound(cluster);
}

TEST(SlowCpu, MayBePausedBlockedAndKilled) {
    Cluster cluster(options_of({Mode::Memberd, 5}));
    cluster.run_for(10s);
    cluster.slow(1, {5ms, 1ms, {}, {}});
    cluster.run_for(1s);
    cluster.block(1);
    cluster.run_for(1s);
    cluster.unblock(1);
    cluster.pause_for(1, 1s);
    cluster.run_for(2s);
    cluster.slow(2, {50ms, 1ms, {}, {}});
    cluster.run_for(1s);
    cluster.kill(2);
    cluster.run_for(800ms);
    cluster.restart(2);
    cluster.quicken(1);

    EXPECT_TRUE(cluster.run_until([&] { return cluster.all_see_all(); }, 10s)) << cluster.explain();
    EXPECT_TRUE(cluster.deaths().empty()) << cluster.explain();
    expect_sound(cluster);
}

}  // namespace
}  // namespace memberd::sim
