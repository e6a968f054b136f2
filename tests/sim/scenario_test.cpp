// Every scenario once, small and short: it passes with the engine as it is, and notices when its
// fault does not happen.
#include "chaos/scenarios/scenario.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace memberd::sim {
namespace {

// How a scenario is made quick.
struct Quick {
    std::string_view name;
    std::size_t n = 0;  // 0: the scenario decides
    std::vector<std::string_view> settings;
};

const std::vector<Quick>& quick_runs() {
    static const std::vector<Quick> runs{
        {"bursts", 16, {"duration_s=60"}},
        {"churn", 8, {"duration_s=600", "window_s=30", "rate_per_s=0.5"}},
        {"crash", 16, {}},
        {"crash-third", 16, {}},
        {"delay", 12, {"duration_s=30", "transport=datagram"}},
        {"drift", 8, {"duration_s=60"}},
        {"lifeguard-interval", 8, {"c=1", "d_ms=8192", "i_ms=4096"}},
        {"lifeguard-threshold", 16, {"c=2"}},
        {"loss-phase", 16, {"on_s=20", "off_s=20"}},
        {"loss-sweep", 0, {"n_max=50", "on_s=2", "off_s=5"}},
        {"partition-bridge", 10, {"duration_s=60"}},
        {"partition-half", 16, {"duration_s=20"}},
        {"partition-long", 16, {"duration_s=120", "window_s=30"}},
        {"partition-one-out", 16, {"duration_s=20"}},
        {"partition-one-way", 16, {"duration_s=20"}},
        {"partition-ring", 15, {"duration_s=60"}},
        {"partition-three-ways", 15, {"duration_s=20"}},
        {"pauses", 16, {"repeats=2"}},
        {"rapid-bootstrap", 32, {}},
        {"rapid-crash10", 16, {}},
        {"rapid-flipflop", 16, {"cycles=2"}},
        {"rapid-loss80-egress", 16, {"duration_s=60"}},
        {"rapid-loss80-ingress", 16, {"duration_s=60"}},
        {"restart-all", 16, {}},
        {"restart-clone", 16, {"cut_s=20"}},
        {"restart-lost-state", 16, {}},
        {"restart-mass", 16, {}},
        {"restart-new-address", 16, {}},
        {"restart-quick", 16, {}},
        {"restart-rolling", 16, {}},
        {"steady", 16, {"duration_s=20"}},
        {"steady-sizes", 0, {"n_max=100", "duration_s=5"}},
        {"storm-join", 16, {}},
        {"storm-leave", 16, {}},
        {"storm-tags", 16, {"rate_per_s=20"}},
        {"storm-with-death", 16, {"rate_per_s=20"}},
        {"wan", 15, {"cut_s=20"}},
        {"zone-outage", 15, {}},
    };
    return runs;
}

Report run(const Quick& quick, const std::vector<std::string_view>& more = {}) {
    const Scenario* const scenario = find_scenario(quick.name);
    EXPECT_NE(scenario, nullptr) << quick.name;
    ScenarioOptions options(*scenario);
    options.cluster.n = quick.n == 0 ? scenario->n : quick.n;
    for (const std::vector<std::string_view>& settings : {quick.settings, more}) {
        for (const std::string_view setting : settings) {
            const Status status = options.set(setting);
            EXPECT_TRUE(status) << status.error().text;
        }
    }
    Report report;
    scenario->run(options, report);
    return report;
}

std::string text_of(const Report& report) {
    std::string text;
    for (const Figure& figure : report.figures) {
        text += figure.name + " " + std::to_string(figure.value) + "\n";
    }
    for (const std::string& failure : report.failures) {
        text += "failure: " + failure + "\n";
    }
    return text;
}

class QuickScenario : public ::testing::TestWithParam<Quick> {};

std::string test_name(const ::testing::TestParamInfo<Quick>& info) {
    std::string name(info.param.name);
    for (char& letter : name) {
        letter = letter == '-' ? '_' : letter;
    }
    return name;
}

INSTANTIATE_TEST_SUITE_P(Each, QuickScenario, ::testing::ValuesIn(quick_runs()), test_name);

TEST_P(QuickScenario, HoldsInModeMemberd) {
    const Report report = run(GetParam());

    EXPECT_TRUE(report.passed()) << text_of(report);
}

TEST_P(QuickScenario, FailsWhenItsFaultDoesNotHappen) {
    if (!find_scenario(GetParam().name)->has_fault) {
        GTEST_SUCCEED() << "nothing is broken here";
        return;
    }
    const Report report = run(GetParam(), {"faults=off"});

    ASSERT_FALSE(report.passed()) << text_of(report);
    EXPECT_EQ(report.failures.front().rfind("the fault did not take hold", 0), 0U)
        << text_of(report);
}

TEST(Scenarios, AreAllAmongTheQuickRuns) {
    for (const Scenario& scenario : scenarios()) {
        if (scenario.name.rfind("lifeguard", 0) == 0) {
            continue;  // these have tests of their own
        }
        bool is_run = false;
        for (const Quick& quick : quick_runs()) {
            is_run = is_run || quick.name == scenario.name;
        }
        EXPECT_TRUE(is_run) << scenario.name;
    }
}

TEST(Scenarios, AreEqualWithEqualSeeds) {
    const Quick crash{"crash", 16, {}};

    EXPECT_EQ(run(crash).trace_hash, run(crash).trace_hash);
}

TEST(ScenarioSettings, ThatTheScenarioDoesNotReadAreRefusedWithASentence) {
    ScenarioOptions options(*find_scenario("steady"));

    const Status status = options.set("pause_s=2");

    ASSERT_FALSE(status);
    EXPECT_NE(status.error().text.find("steady has no setting pause_s; it has duration_s"),
              std::string::npos)
        << status.error().text;
}

TEST(ScenarioSettings, ThatTheScenarioDecidesAreRefused) {
    EXPECT_FALSE(ScenarioOptions(*find_scenario("steady")).set("faults=off"));
    EXPECT_TRUE(ScenarioOptions(*find_scenario("crash")).set("faults=off"));
}

TEST(ScenarioSettings, OfOtherThanTheirValuesAreRefused) {
    ScenarioOptions options(*find_scenario("steady"));

    for (const std::string_view setting :
         {"duration_s", "duration_s=", "duration_s=-1", "duration_s=1e7", "duration_s=1x",
          "loss=1.5", "checks=maybe", "transport=udp", "duration_s=nan"}) {
        EXPECT_FALSE(options.set(setting)) << setting;
    }
    EXPECT_TRUE(options.set("duration_s=1.5"));
    EXPECT_EQ(options.duration("duration_s"), std::chrono::milliseconds(1500));
}

}  // namespace
}  // namespace memberd::sim
