// Real agents on loopback: coming, going, dying and coming back.
#include <csignal>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/net/support/agent_process.hpp"

namespace memberd::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(AgentCluster, AllSeeAllAliveAndAgreeOnTheRing) {
    TestCluster cluster(5);

    ASSERT_TRUE(cluster.start_all());

    EXPECT_TRUE(cluster.expect_equal_rings({0, 1, 2, 3, 4}, 10s));
    const Document info = cluster[4].ask("info");
    EXPECT_EQ(info["members"]["alive"], 5);
    EXPECT_EQ(info["ring_digest"], cluster[0].ask("ring")["digest"]);
}

TEST(AgentCluster, AKilledMemberIsDeadForEverySurvivorAndNobodyElseIs) {
    TestCluster cluster(5);
    ASSERT_TRUE(cluster.start_all());
    EventLog log(cluster[0].runtime_dir());
    const std::string digest_before = cluster[0].ask("ring")["digest"];

    cluster[3].kill();

    EXPECT_TRUE(cluster.expect_everywhere({0, 1, 2, 4}, "a3", "dead", 20s));
    EXPECT_TRUE(cluster.expect_equal_rings({0, 1, 2, 4}, 10s));
    EXPECT_NE(cluster[0].ask("ring")["digest"], digest_before);
    EXPECT_TRUE(eventually(5s, [&] { return log.count(EventType::Ring) == 1; }));
    EXPECT_EQ(log.count(EventType::Dead), log.count(EventType::Dead, "a3"));
    EXPECT_FALSE(cluster[0].ask("why", {{"name", "a3"}})["evidence"].empty());
}

TEST(AgentCluster, ALeaverIsAcknowledgedAndEndsCleanly) {
    TestCluster cluster(3);
    ASSERT_TRUE(cluster.start_all());
    EventLog log(cluster[0].runtime_dir());

    const Document answer = cluster[2].ask("leave");

    EXPECT_GE(answer["acknowledged"], 1);
    EXPECT_EQ(cluster[2].process().wait(10s), 0);
    EXPECT_TRUE(cluster.expect_everywhere({0, 1}, "a2", "left", 10s));
    EXPECT_EQ(log.count(EventType::Dead), 0);
    EXPECT_EQ(log.count(EventType::Suspect), 0);
}

TEST(AgentCluster, SigtermLeavesAndRemovesTheSockets) {
    TestCluster cluster(2);
    ASSERT_TRUE(cluster.start_all());

    EXPECT_EQ(cluster[1].terminate(), 0);

    EXPECT_TRUE(cluster.expect_everywhere({0}, "a1", "left", 10s));
    EXPECT_FALSE(std::ifstream(local::control_path(cluster[1].runtime_dir())));
}

TEST(AgentCluster, AnAnnouncedRestartMovesNoKey) {
    TestCluster cluster(3);
    const std::string file = cluster.directory() + "/agent.toml";
    std::ofstream(file) << "leave_on_term = false\n";
    cluster[2].more_arguments = {"--config", file};
    ASSERT_TRUE(cluster.start_all());
    EventLog log(cluster[0].runtime_dir());

    EXPECT_EQ(cluster[2].terminate(), 0);
    EXPECT_TRUE(cluster[2].start());

    EXPECT_TRUE(cluster.expect_all_alive(20s));
    EXPECT_EQ(log.count(EventType::Ring), 0);
    EXPECT_EQ(log.count(EventType::Left), 0);
    EXPECT_EQ(log.count(EventType::Dead), 0);
}

TEST(AgentCluster, AQuickRestartIsAnUpdateAndNoDeath) {
    TestCluster cluster(3);
    ASSERT_TRUE(cluster.start_all());
    EventLog log(cluster[0].runtime_dir());
    const auto generation = cluster[2].ask("info")["generation"].get<std::uint64_t>();

    cluster[2].kill();
    ASSERT_TRUE(cluster[2].start());

    EXPECT_TRUE(eventually(20s, [&] {
        log.collect();
        const MemberInfo* member = log.view().find("a2");
        return member != nullptr && member->generation > generation &&
               member->state == MemberState::Alive;
    }));
    EXPECT_TRUE(cluster.expect_all_alive(20s));
    EXPECT_EQ(log.count(EventType::Dead), 0);
    EXPECT_EQ(log.count(EventType::Ring), 0);
}

TEST(AgentCluster, ARestartAtANewAddressIsFollowed) {
    TestCluster cluster(3);
    ASSERT_TRUE(cluster.start_all());

    cluster[2].kill();
    cluster[2].port = free_port();
    ASSERT_TRUE(cluster[2].start());

    EXPECT_TRUE(eventually(30s, [&] {
        for (int i = 0; i < 2; ++i) {
            for (const Document& member : cluster[i].ask("members")) {
                if (member["name"] == "a2" &&
                    (member["address"] != cluster[2].address() || member["state"] != "alive")) {
                    return false;
                }
            }
        }
        return true;
    }));
    EXPECT_TRUE(cluster.expect_all_alive(20s));
    EXPECT_TRUE(cluster.expect_equal_rings({0, 1, 2}, 10s));
}

TEST(AgentCluster, AWholeClusterThatWasKilledFindsItselfAgainWithoutSeeds) {
    TestCluster cluster(4);
    ASSERT_TRUE(cluster.start_all());
    ASSERT_TRUE(eventually(30s, [&] {
        for (int i = 0; i < cluster.size(); ++i) {
            std::ifstream state(cluster[i].data_dir() + "/state");
            const std::string text((std::istreambuf_iterator<char>(state)), {});
            if (text.find("peer ") == std::string::npos) {
                return false;
            }
        }
        return true;
    }));

    for (int i = 0; i < cluster.size(); ++i) {
        cluster[i].kill();
        cluster[i].seeds.clear();
    }

    EXPECT_TRUE(cluster.start_all());
    EXPECT_TRUE(cluster.expect_equal_rings({0, 1, 2, 3}, 10s));
}

TEST(AgentCluster, TagsWeightAndZoneFollowAReload) {
    TestCluster cluster(2);
    const std::string file = cluster.directory() + "/agent.toml";
    std::ofstream(file) << "zone = \"one\"\n[tags]\nrole = \"old\"\n";
    cluster[1].more_arguments = {"--config", file};
    ASSERT_TRUE(cluster.start_all());

    std::ofstream(file) << "zone = \"two\"\nweight = 0.5\nprofile = \"wan\"\n[tags]\nrole = "
                           "\"new\"\n";
    cluster[1].process().signal(SIGHUP);

    EXPECT_TRUE(eventually(10s, [&] {
        for (const Document& member : cluster[0].ask("members")) {
            if (member["name"] == "a1") {
                return member["zone"] == "two" && member["weight"] == 0.5 &&
                       member["tags"]["role"] == "new";
            }
        }
        return false;
    })) << cluster[1].log();
    EXPECT_THAT(cluster[1].log(), HasSubstr("can't change while the agent runs: profile"));
    EXPECT_TRUE(cluster.expect_equal_rings({0, 1}, 10s));
}

}  // namespace
}  // namespace memberd::test
