// Agents that get too little CPU: one that shares a fiftieth of a core with busy programs, and a
// machine on which many more want to run than can.
#include <algorithm>
#include <iostream>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/net/support/agent_process.hpp"
#include "tests/net/support/cpu_pressure.hpp"

namespace memberd::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// Subscribers that sleep for long would ask for a snapshot, and lose events.
void collect_for(std::chrono::seconds time, const std::vector<EventLog*>& logs) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
        for (EventLog* log : logs) {
            log->collect();
        }
        std::this_thread::sleep_for(200ms);
    }
}

TEST(AgentStarvation, AtAFiftiethOfACoreAMemberAccusesNobodyAndIsSoonBack) {
    TestCluster cluster(6);
    // It is in a greater hurry than the others, so that its mistakes show.
    cluster[3].more_arguments = {"--profile", "local"};
    ASSERT_TRUE(cluster.start_all());
    EventLog seed(cluster[0].runtime_dir());
    EventLog other(cluster[5].runtime_dir());

    CpuStarvation starvation(cluster[3].process().pid());
    std::cout << "starved by " << starvation.means() << '\n';
    RecordProperty("starved_by", starvation.means());
    collect_for(8s, {&seed, &other});

    // It has taken hold.
    EXPECT_GE(starvation.throttled_share(), 0.5);
    EXPECT_LE(starvation.victim_share(), 0.1);
    starvation.lift();
    // Others may have removed it: it was silent. Twice removed, it stays away for a minute.
    EXPECT_TRUE(cluster.expect_all_alive(100s));
    EXPECT_TRUE(cluster.expect_equal_rings({0, 1, 2, 3, 4, 5}, 20s));
    EXPECT_EQ(seed.count(EventType::Dead), seed.count(EventType::Dead, "a3"));
    EXPECT_EQ(other.count(EventType::Dead), other.count(EventType::Dead, "a3"));
    EXPECT_EQ(seed.count(EventType::Suspect), seed.count(EventType::Suspect, "a3"));
    EXPECT_EQ(other.count(EventType::Suspect), other.count(EventType::Suspect, "a3"));
    const Document counters = cluster[3].ask("info")["counters"];
    EXPECT_EQ(counters["deaths"], 0) << counters;
    // Why is either a late loop or a pause.
    EXPECT_THAT(cluster[3].log(),
                HasSubstr("this agent doubts itself and accuses nobody: this process"));
    std::cout << "it was declared dead " << seed.count(EventType::Dead) << " times and raised "
              << counters["suspicions"] << " suspicions\n";
}

// Runs alone: see tests/CMakeLists.txt.
TEST(BusyMachine, NobodyIsDeclaredDeadBesideEightBusyLoopsACore) {
    TestCluster cluster(6);
    ASSERT_TRUE(cluster.start_all());
    EventLog seed(cluster[0].runtime_dir());
    EventLog second(cluster[2].runtime_dir());
    EventLog last(cluster[5].runtime_dir());

    const std::size_t count = std::size_t{8} * std::max(1U, std::thread::hardware_concurrency());
    double loops_ran = 0;
    const auto began = std::chrono::steady_clock::now();
    {
        const BusyLoops loops(count);
        ASSERT_EQ(loops.processes().size(), count);
        collect_for(15s, {&seed, &second, &last});
        loops_ran = loops.cpu_seconds();
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;

    // It has taken hold: they ran, and each had to wait for others most of the time.
    EXPECT_GE(loops_ran, took.count() / 4);
    EXPECT_LE(loops_ran / static_cast<double>(count), took.count() / 4);
    for (EventLog* log : {&seed, &second, &last}) {
        EXPECT_EQ(log->count(EventType::Dead), 0);
        EXPECT_EQ(log->count(EventType::Ring), 0);
    }
    for (int agent = 0; agent < cluster.size(); ++agent) {
        EXPECT_EQ(cluster[agent].ask("info")["counters"]["deaths"], 0) << agent;
    }
    EXPECT_TRUE(cluster.expect_all_alive(10s));
    EXPECT_TRUE(cluster.expect_equal_rings({0, 1, 2, 3, 4, 5}, 10s));
    std::cout << count << " loops used " << loops_ran << " s of CPU in " << took.count()
              << " s; members suspected at the seed: " << seed.count(EventType::Suspect) << '\n';
}

}  // namespace
}  // namespace memberd::test
