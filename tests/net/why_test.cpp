// `why` asked at agents that saw nothing: real agents, and memberctl as an operator uses it.
#include <chrono>
#include <csignal>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "membership/os_clock.hpp"
#include "tests/net/support/agent_process.hpp"
#include "tests/net/support/program.hpp"

namespace memberd::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kVictim = 5;

// So many that some are neither observers of the victim nor asked for help by those.
constexpr int kAgents = 24;

class Why : public ::testing::Test {
  protected:
    Why() : cluster(kAgents) {}

    // Its machine hangs: no connection ends, nothing is refused.
    [[nodiscard]] bool stop_victim() {
        stopped_at = rfc3339(os_wall_time());
        cluster[kVictim].process().signal(SIGSTOP);
        std::vector<int> others;
        for (int i = 0; i < kAgents; ++i) {
            if (i != kVictim) {
                others.push_back(i);
            }
        }
        return cluster.expect_everywhere(others, "a5", "dead", 30s);
    }

    // Whether the agent has pinged the victim in vain, or suspected it; what others said to it is
    // no observation.
    [[nodiscard]] bool has_observed(const Document& why) const {
        const std::set<std::string> told{"heard-dead", "accuser-named", "suspected-by",
                                         "death-not-believed"};
        for (const Document& entry : why["evidence"]) {
            if (entry["source"] == why["agent"] && entry["time"].get<std::string>() >= stopped_at &&
                !told.contains(entry["kind"].get<std::string>())) {
                return true;
            }
        }
        return false;
    }

    // -1 if each has observed something. Its answer is in `answer`.
    int bystander() {
        for (int i = 0; i < kAgents; ++i) {
            if (i != kVictim) {
                answer = cluster[i].ask("why", {{"name", "a5"}});
                if (!answer.is_null() && !has_observed(answer)) {
                    return i;
                }
            }
        }
        return -1;
    }

    std::string memberctl(int agent, const std::vector<std::string>& words) {
        ProgramSetup setup;
        setup.command = {program_path("memberctl"), "--runtime-dir", cluster[agent].runtime_dir()};
        setup.command.insert(setup.command.end(), words.begin(), words.end());
        const Finished finished = run_program(setup);
        EXPECT_EQ(finished.exit_code, 0) << finished.err;
        return finished.out;
    }

    TestCluster cluster;
    std::string stopped_at;
    Document answer;
};

TEST_F(Why, ShowsWhoAccusedAndEachPingAtAnAgentThatObservedNothing) {
    ASSERT_TRUE(cluster.start_all());
    ASSERT_TRUE(stop_victim());
    const int agent = bystander();
    ASSERT_GE(agent, 0) << "everybody observed it: take more agents";

    // The accusers that the death named were asked, and answered with what they saw.
    std::set<std::string> named;
    std::set<std::string> suspecting;
    std::set<std::string> pinging;
    std::set<std::string> declaring;
    for (const Document& entry : answer["evidence"]) {
        const std::string source = entry["source"];
        if (entry["kind"] == "accuser-named" && source == answer["agent"]) {
            named.insert(entry["other"].get<std::string>());
        } else if (entry["kind"] == "suspected") {
            suspecting.insert(source);
            EXPECT_GT(entry["phi"].get<double>(), 0.5) << entry;
            EXPECT_GE(entry["age_ms"].get<double>(), 500.0) << entry;
        } else if (entry["kind"] == "ping-unanswered") {
            pinging.insert(source);
        } else if (entry["kind"] == "declared-dead") {
            declaring.insert(source);
        }
    }
    EXPECT_GE(named.size(), 2U) << answer;
    for (const std::string& accuser : named) {
        EXPECT_TRUE(suspecting.contains(accuser)) << accuser << " accused: " << answer;
        EXPECT_TRUE(pinging.contains(accuser)) << accuser << " pinged: " << answer;
    }
    EXPECT_FALSE(declaring.empty()) << answer;

    const std::string text = memberctl(agent, {"why", "a5"});
    std::cout << "asked at a" << agent << ":\n" << text;
    EXPECT_THAT(text, HasSubstr("a5 is dead.\n"));
    EXPECT_THAT(text, HasSubstr("Accused by "));
    EXPECT_THAT(text, HasSubstr("Decided: "));
    EXPECT_THAT(text, HasSubstr("declared dead by "));
    for (const std::string& source : pinging) {
        EXPECT_THAT(text, HasSubstr(source + "'s ping of a5 went unanswered for "));
    }
    for (const std::string& source : suspecting) {
        EXPECT_THAT(text, HasSubstr(source + " suspects a5 after "));
    }
    EXPECT_THAT(text, Not(HasSubstr(" our ")));
    // The victim was asked too, and can't answer.
    EXPECT_THAT(text, HasSubstr("asked for evidence: no answer from a5.\n"));
}

TEST_F(Why, DoesNotWaitLongForWhoCannotAnswer) {
    ASSERT_TRUE(cluster.start_all());
    const auto begin = std::chrono::steady_clock::now();
    const Document well = cluster[0].ask("why", {{"name", "a5"}});
    EXPECT_EQ(well["asked"].size(), well["answered"].size()) << well;
    EXPECT_GE(well["asked"].size(), 5U);

    // All whom it asks stand still, and nobody has noticed yet.
    for (const Document& name : well["asked"]) {
        cluster[std::stoi(name.get<std::string>().substr(1))].process().signal(SIGSTOP);
    }
    const auto stopped = std::chrono::steady_clock::now();
    const Document late = cluster[0].ask("why", {{"name", "a5"}});
    const auto took = std::chrono::steady_clock::now() - stopped;
    for (const Document& name : well["asked"]) {
        cluster[std::stoi(name.get<std::string>().substr(1))].process().signal(SIGCONT);
    }
    EXPECT_EQ(late["state"], "alive") << late;
    EXPECT_FALSE(late["asked"].empty());
    EXPECT_TRUE(late["answered"].empty()) << late;
    EXPECT_GE(took, 900ms);
    EXPECT_LE(took, 2500ms);
    EXPECT_LE(stopped - begin, 2500ms);
}

}  // namespace
}  // namespace memberd::test
