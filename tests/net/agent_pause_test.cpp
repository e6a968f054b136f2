// Agents that are stopped and go on: SIGSTOP is what a suspended machine or a starved one looks
// like from outside.
#include <csignal>
#include <thread>

#include <gtest/gtest.h>

#include "tests/net/support/agent_process.hpp"

namespace memberd::test {
namespace {

using namespace std::chrono_literals;

TEST(AgentPause, NobodyIsDeclaredDeadWhenAMemberStandsStillForTwoSeconds) {
    TestCluster cluster(5);
    ASSERT_TRUE(cluster.start_all());
    EventLog other(cluster[0].runtime_dir());
    EventLog stopped(cluster[3].runtime_dir());

    cluster[3].process().signal(SIGSTOP);
    std::this_thread::sleep_for(2s);
    cluster[3].process().signal(SIGCONT);
    std::this_thread::sleep_for(6s);

    EXPECT_EQ(other.count(EventType::Dead), 0);
    EXPECT_EQ(stopped.count(EventType::Dead), 0);
    EXPECT_EQ(other.count(EventType::Ring), 0);
    EXPECT_TRUE(cluster.expect_all_alive(10s));
}

TEST(AgentPause, AMemberThatStandsStillForHalfAMinuteDiesAndComesBackAndAccusesNobody) {
    TestCluster cluster(5);
    ASSERT_TRUE(cluster.start_all());
    EventLog other(cluster[0].runtime_dir());

    cluster[3].process().signal(SIGSTOP);
    std::this_thread::sleep_for(30s);

    EXPECT_EQ(other.count(EventType::Dead, "a3"), 1);
    const int dead_of_all = other.count(EventType::Dead);
    EXPECT_EQ(dead_of_all, 1);

    EventLog third(cluster[1].runtime_dir());
    cluster[3].process().signal(SIGCONT);

    EXPECT_TRUE(cluster.expect_all_alive(20s));
    EXPECT_TRUE(cluster.expect_equal_rings({0, 1, 2, 3, 4}, 10s));
    EXPECT_EQ(other.count(EventType::Dead), dead_of_all);
    EXPECT_EQ(third.count(EventType::Dead), 0);
    EXPECT_EQ(cluster[3].ask("info")["counters"]["deaths"], 0);
    EXPECT_GE(cluster[3].ask("info")["counters"]["pauses"], 1);
}

}  // namespace
}  // namespace memberd::test
