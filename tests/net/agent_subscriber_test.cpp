// Subscribers of a real agent: the slow, the stopped, and the one in another language.
#include <csignal>
#include <map>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "membership/reader.hpp"
#include "tests/net/support/agent_process.hpp"

namespace memberd::test {
namespace {

using namespace std::chrono_literals;

std::string last_line(const std::string& text) {
    const std::size_t end = text.find_last_not_of('\n');
    if (end == std::string::npos) {
        return "";
    }
    const std::size_t start = text.rfind('\n', end);
    return text.substr(start == std::string::npos ? 0 : start + 1, end - start);
}

// The agent's members as view_follower prints them.
std::string members_of(TestAgent& agent) {
    Document members = agent.ask("members");
    for (Document& member : members) {
        member["phi"] = nullptr;
        member["rtt_ms"] = nullptr;
    }
    return members.dump();
}

void change_tags(TestAgent& agent, int first, int count) {
    for (int i = first; i < first + count; ++i) {
        const std::string key = "k" + std::to_string(i % 7);
        ASSERT_FALSE(agent.ask("tags_set", {{"tags", {{key, std::to_string(i)}}}}).is_null());
    }
}

TEST(AgentSubscriber, StoppedThroughTenThousandChangesItEndsWithTheAgentsView) {
    TestCluster cluster(2);
    ASSERT_TRUE(cluster.start_all());
    TestAgent& agent = cluster[0];
    ChildProcess follower({program_path("view_follower"), agent.runtime_dir()},
                          cluster.directory() + "/follower");
    ASSERT_TRUE(eventually(10s, [&] { return !follower.output().empty(); }));
    change_tags(agent, 0, 2000);  // Until here memory may still grow: queues and heaps fill.
    ASSERT_TRUE(eventually(20s, [&] {
        return last_line(follower.output()).find(members_of(agent)) != std::string::npos;
    }));

    follower.signal(SIGSTOP);
    change_tags(agent, 2000, 1500);
    const long before = agent.process().resident_kib();
    change_tags(agent, 3500, 8500);
    const long after = agent.process().resident_kib();
    follower.signal(SIGCONT);

    EXPECT_TRUE(eventually(
        30s,
        [&] { return last_line(follower.output()).find(members_of(agent)) != std::string::npos; }))
        << last_line(follower.output()) << "\n"
        << members_of(agent);
    EXPECT_THAT(agent.ask("info")["seq"], ::testing::Ge(12'000));
    EXPECT_LE(after - before, 1024) << "KiB grown over 8,500 changes that nobody took";
    RecordProperty("resident_kib_before", std::to_string(before));
    RecordProperty("resident_kib_after", std::to_string(after));
}

// A heartbeat must not announce a change that its turn has yet to publish: whoever hears it takes
// the change for lost, and a snapshot says less than the events in its place.
TEST(AgentSubscriber, WhoKeepsUpWithManyChangesNeedsNoSecondSnapshot) {
    TestCluster cluster(1);
    ASSERT_TRUE(cluster.start_all());
    TestAgent& agent = cluster[0];
    auto client = Client::open(agent.runtime_dir());
    ASSERT_TRUE(client);
    ASSERT_TRUE(client->follow());
    ASSERT_TRUE(eventually(10s, [&] {
        client->poll(100ms);
        return client->is_current();
    }));
    const std::uint64_t first = client->view().seq();
    int snapshots = 0;

    for (int i = 0; i < 2000; ++i) {
        change_tags(agent, i, 1);
        snapshots += client->poll(0ms).resynced ? 1 : 0;
    }

    EXPECT_TRUE(eventually(10s, [&] {
        snapshots += client->poll(100ms).resynced ? 1 : 0;
        return client->view().seq() >= first + 2000;
    }));
    EXPECT_EQ(snapshots, 0);
}

TEST(AgentSubscriber, ThePythonExampleFollowsAKillAndARestartOfItsAgent) {
    TestCluster cluster(2);
    ASSERT_TRUE(cluster.start_all());
    ChildProcess follower(
        {MEMBERD_PYTHON_PROGRAM, MEMBERD_EXAMPLES "/follow.py", cluster[0].runtime_dir()},
        cluster.directory() + "/follower");
    ASSERT_TRUE(eventually(10s, [&] { return !follower.output().empty(); })) << follower.errors();

    cluster[1].kill();
    EXPECT_TRUE(eventually(20s, [&] {
        return last_line(follower.output()).find(R"("a1": "dead")") != std::string::npos;
    })) << follower.output();
    cluster[0].kill();
    ASSERT_TRUE(cluster[0].start());
    ASSERT_TRUE(cluster[1].start());

    EXPECT_TRUE(eventually(20s, [&] {
        const std::string line = last_line(follower.output());
        return line.find(cluster[0].ask("info")["epoch"].dump()) != std::string::npos &&
               line.find(R"("a0": "alive")") != std::string::npos &&
               line.find(R"("a1": "alive")") != std::string::npos;
    })) << follower.output();
    EXPECT_EQ(follower.errors(), "");
}

TEST(AgentSubscriber, AReaderWithAThreadHasTheAgentsView) {
    TestCluster cluster(2);
    ASSERT_TRUE(cluster.start_all());
    auto reader = Reader::start(cluster[0].runtime_dir());
    ASSERT_TRUE(reader);

    cluster[1].ask("tags_set", {{"tags", {{"color", "blue"}}}});

    EXPECT_TRUE(eventually(10s, [&] {
        const Reader::Taken taken = (*reader)->take(200ms);
        const MemberInfo* member = taken.view.find("a1");
        return taken.is_current && member != nullptr && member->tags.contains("color");
    }));
}

TEST(AgentSubscriber, AClientThatConnectsBeforeItsAgentExistsIsServedOnceItDoes) {
    TestCluster cluster(1);
    auto client = Client::open(cluster[0].runtime_dir());
    ASSERT_TRUE(client);
    ASSERT_TRUE(client->follow());
    EXPECT_FALSE(client->request("info", Document::object(), 100ms));
    EXPECT_TRUE(client->poll(50ms).empty());

    ASSERT_TRUE(cluster.start_all());

    EXPECT_TRUE(eventually(10s, [&] {
        client->poll(100ms);
        return client->is_current() && client->view().find("a0") != nullptr;
    }));
    EXPECT_TRUE(client->request("info", Document::object(), 5s));
}

TEST(AgentSubscriber, ASilentAgentMakesTheViewStale) {
    TestCluster cluster(1);
    ASSERT_TRUE(cluster.start_all());
    EventLog log(cluster[0].runtime_dir());
    auto client = Client::open(cluster[0].runtime_dir());
    ASSERT_TRUE(client->follow());
    ASSERT_TRUE(eventually(10s, [&] {
        client->poll(100ms);
        return client->is_current();
    }));

    cluster[0].kill();

    EXPECT_TRUE(eventually(15s, [&] {
        client->poll(100ms);
        return !client->is_current();
    }));
    EXPECT_NE(client->view().find("a0"), nullptr);
}

}  // namespace
}  // namespace memberd::test
