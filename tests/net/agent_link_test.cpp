// A link that is broken in one direction for one pair of agents: what subscribers are told.
#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "tests/net/support/agent_process.hpp"
#include "tests/net/support/link_relay.hpp"

namespace memberd::test {
namespace {

using namespace std::chrono_literals;

// a1 can't reach a3; a3 reaches a1, and all others reach both.
TEST(AgentLink, ABrokenLinkIsToldWhereItIsBrokenAndNobodyDiesOfIt) {
    TestCluster cluster(4);
    LinkRelay relay(cluster[3].port);
    cluster[3].more_arguments = {"--advertise", relay.address()};
    ASSERT_TRUE(cluster.start_all());
    ASSERT_EQ(cluster[3].ask("info")["address"], relay.address());
    EventLog seed(cluster[0].runtime_dir());
    EventLog cut_off(cluster[1].runtime_dir());
    EventLog bystander(cluster[2].runtime_dir());
    EventLog subject(cluster[3].runtime_dir());
    EXPECT_EQ(relay.swallowed_bytes(), 0U);

    relay.cut("a1");
    ASSERT_TRUE(
        eventually(60s, [&] { return cut_off.count_links(LinkCondition::Broken, "a3") == 1; }));
    EXPECT_GT(relay.swallowed_bytes(), 0U);
    EXPECT_EQ(cluster[1].state_of("a3"), "alive");
    EXPECT_EQ(cut_off.count_links(LinkCondition::Mended, "a3"), 0);

    relay.heal();
    ASSERT_TRUE(
        eventually(60s, [&] { return cut_off.count_links(LinkCondition::Mended, "a3") == 1; }));

    EXPECT_EQ(cut_off.count(EventType::Link), 2);
    for (EventLog* log : {&seed, &bystander, &subject}) {
        EXPECT_EQ(log->count(EventType::Link), 0);
    }
    for (EventLog* log : {&seed, &cut_off, &bystander, &subject}) {
        EXPECT_EQ(log->count(EventType::Dead), 0);
        EXPECT_EQ(log->count(EventType::Ring), 0);
    }
    EXPECT_TRUE(cluster.expect_all_alive(10s));
    EXPECT_TRUE(cluster.expect_equal_rings({0, 1, 2, 3}, 10s));
}

}  // namespace
}  // namespace memberd::test
