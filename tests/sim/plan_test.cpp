// Fault plans: their text, their draws, their runs.
#include <set>

#include <gtest/gtest.h>

#include "chaos/plan/execution.hpp"
#include "chaos/plan/generator.hpp"
#include "chaos/plan/isolation.hpp"
#include "chaos/plan/plan_json.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

Operation operation(OperationKind kind, Duration at, Member member = 0) {
    Operation of;
    of.kind = kind;
    of.at = at;
    of.member = member;
    return of;
}

Plan quiet_plan() {
    Plan plan;
    plan.n = 4;
    plan.faults_end = 10s;
    return plan;
}

TEST(PlanText, OfEveryDrawnPlanIsReadBackEqual) {
    std::set<OperationKind> kinds;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        const Plan plan = generate_plan(seed, {});
        const Result<Plan> again = parse_plan(to_json(plan));
        ASSERT_TRUE(again) << "seed " << seed << ": " << again.error().text;
        ASSERT_EQ(*again, plan) << "seed " << seed;
        for (const Operation& of : plan.operations) {
            kinds.insert(of.kind);
        }
    }
    // Those that end what another began are for plans written by hand.
    EXPECT_EQ(kinds.size(), operation_shapes().size() - 3);
}

TEST(PlanText, SaysInOneSentenceWhatIsWrongWithIt) {
    const std::string good = to_json(quiet_plan());
    const auto error_of = [&](const std::string& what, const std::string& with) {
        std::string text = good;
        const std::size_t place = text.find(what);
        EXPECT_NE(place, std::string::npos) << what;
        const Result<Plan> plan = parse_plan(text.replace(place, what.size(), with));
        return plan ? std::string() : plan.error().text;
    };

    EXPECT_EQ(error_of("\"n\": 4", "\"n\": -4"), "cluster: n is not a whole number from 0 to 2000");
    EXPECT_EQ(error_of("\"n\": 4", "\"n\": 4, \"n\": 5"), "n comes twice in one object");
    EXPECT_EQ(error_of("\"n\": 4", "\"m\": 4"), "cluster: n is missing");
    EXPECT_EQ(error_of("\"n\": 4", "\"n\": 4, \"m\": 4"), "cluster: m is not known");
    EXPECT_EQ(error_of("\"n\": 4", "\"n\": 0"), "members are 1 to 2000");
    EXPECT_EQ(error_of("memberd-plan-1", "memberd-plan-2"), "plan: format is not memberd-plan-1");
    EXPECT_EQ(error_of("\"lan\"", "\"moon\""), "cluster: profile is none of lan, local, wan");
    EXPECT_EQ(error_of("\"operations\": []", "\"operations\": [{\"at_ms\": 1, \"do\": \"kil\"}]"),
              "operations[0]: do is no operation");
    EXPECT_EQ(error_of("\"operations\": []", "\"operations\": [{\"at_ms\": 1, \"do\": \"kill\"}]"),
              "operations[0]: member is missing");
    EXPECT_EQ(error_of("\"operations\": []",
                       "\"operations\": [{\"at_ms\": 1, \"do\": \"kill\", \"member\": 4}]"),
              "operations[0], kill: there is no member 4");
    EXPECT_EQ(error_of("\"operations\": []",
                       "\"operations\": [{\"at_ms\": 1, \"do\": \"lose\", \"loss\": 1.5}]"),
              "operations[0], lose: a value is out of bounds");
    EXPECT_EQ(error_of("{", "["), "it is no JSON text");
    EXPECT_EQ(parse_plan(std::string(100, '[')).error().text, "it is nested too deeply");
}

TEST(Swarm, DrawsTheSamePlanFromTheSameSeed) {
    EXPECT_EQ(generate_plan(7, {}), generate_plan(7, {}));
    EXPECT_FALSE(generate_plan(7, {}) == generate_plan(8, {}));
}

TEST(Swarm, PromisesAccuracyOnlyWithinWhatModeMemberdPromises) {
    std::size_t promised = 0;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        const Plan plan = generate_plan(seed, {});
        if (!plan.expect.no_false_deaths) {
            continue;
        }
        ++promised;
        EXPECT_EQ(plan.mode, Mode::Memberd);
        EXPECT_TRUE(plan.timing.empty());
        for (const Operation& of : plan.operations) {
            EXPECT_NE(of.kind, OperationKind::Block);
            EXPECT_NE(of.kind, OperationKind::Partition);
            EXPECT_TRUE(of.kind != OperationKind::Lose || of.loss <= 0.2);
        }
    }
    EXPECT_GT(promised, 50U);
}

TEST(Swarm, KeepsToItsLimits) {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        SwarmLimits limits;
        limits.n_max = 5;
        limits.mode = Mode::Swim;
        const Plan plan = generate_plan(seed, limits);
        EXPECT_LE(plan.n, 5U);
        EXPECT_EQ(plan.mode, Mode::Swim);
    }
}

TEST(PlanRun, IsTheSameEachTime) {
    const Plan plan = generate_plan(3, {8, std::nullopt});

    const Outcome outcome = run_plan(plan);

    EXPECT_GT(outcome.events, 0U);
    EXPECT_EQ(outcome, run_plan(plan));
}

TEST(PlanRun, PassesWhenNothingHappens) {
    const Outcome outcome = run_plan(quiet_plan());

    EXPECT_TRUE(outcome.passed()) << outcome.failures.front().text;
    EXPECT_TRUE(outcome.took_hold.empty());
}

TEST(PlanRun, DoesWhatItSaysAndNothingThatDoesNotFit) {
    Plan plan = quiet_plan();
    plan.operations = {
        operation(OperationKind::Kill, 1s, 1),    operation(OperationKind::Kill, 2s, 1),
        operation(OperationKind::Restart, 2s, 2), operation(OperationKind::Pause, 3s, 1),
        operation(OperationKind::Restart, 4s, 1), operation(OperationKind::Heal, 5s)};

    const Outcome outcome = run_plan(plan);

    EXPECT_TRUE(outcome.passed()) << outcome.failures.front().text;
    const std::map<std::string, std::uint64_t> expected{{"kill", 1}, {"restart", 1}};
    EXPECT_EQ(outcome.took_hold, expected);
}

TEST(PlanRun, EndsAPauseOnlyByItsOwnEnd) {
    Plan plan = quiet_plan();
    plan.expect.no_false_deaths = true;
    Operation outer = operation(OperationKind::Pause, 2s, 1);
    outer.length = 1500ms;
    Operation inner = operation(OperationKind::Pause, 2500ms, 1);
    inner.length = 100ms;
    plan.operations = {outer, inner};

    const Outcome outcome = run_plan(plan);

    EXPECT_TRUE(outcome.passed()) << outcome.failures.front().text;
    EXPECT_EQ(outcome.took_hold.at("pause"), 1U);
}

// Who hears nobody holds everybody else dead: these run, healthy, and could have talked to it.
TEST(PlanRun, FindsAFalseDeathWhereNoneIsPromised) {
    Plan plan = quiet_plan();
    plan.mode = Mode::Swim;
    plan.faults_end = 60s;
    Operation block = operation(OperationKind::Block, 1s, 1);
    block.length = 40s;
    plan.operations = {block};
    plan.expect.no_false_deaths = true;

    const Outcome outcome = run_plan(plan);

    ASSERT_FALSE(outcome.passed());
    EXPECT_EQ(outcome.failures.front().invariant, "false-death");
    plan.expect.no_false_deaths = false;
    EXPECT_TRUE(run_plan(plan).passed());
}

TEST(PlanRun, FindsAClusterThatDoesNotBecomeWhole) {
    Plan plan = quiet_plan();
    plan.network.delay = 40s;  // No answer comes in time, ever.

    const Outcome outcome = run_plan(plan);

    ASSERT_FALSE(outcome.passed());
    EXPECT_EQ(outcome.failures.front().invariant.front(), 'L');
    plan.expect.becomes_whole = false;
    EXPECT_TRUE(run_plan(plan).passed());
}

TEST(PlanRun, GivesAddedMembersNumbersThatDoNotMove) {
    Plan plan = quiet_plan();
    plan.operations = {operation(OperationKind::Join, 1s, 5), operation(OperationKind::Join, 2s, 7),
                       operation(OperationKind::Kill, 6s, 7)};
    const Outcome both = run_plan(plan);
    EXPECT_TRUE(both.passed()) << both.failures.front().text;
    EXPECT_EQ(both.took_hold.at("join"), 2U);

    plan.operations.erase(plan.operations.begin());
    const Outcome one = run_plan(plan);
    EXPECT_TRUE(one.passed()) << one.failures.front().text;
    EXPECT_EQ(one.took_hold.at("join"), 1U);
    EXPECT_EQ(one.took_hold.at("kill"), 1U);
}

TEST(PlanRun, LeavesOutWhoIsWithout) {
    Plan plan = quiet_plan();
    plan.n = 6;
    plan.without = {2, 4};
    plan.operations = {operation(OperationKind::Kill, 1s, 2)};

    const Outcome outcome = run_plan(plan);

    EXPECT_TRUE(outcome.passed()) << outcome.failures.front().text;
    EXPECT_TRUE(outcome.took_hold.empty());
}

TEST(IsolatedRun, ComesToTheSameOutcomeAsOneInThisProcess) {
    const Plan plan = generate_plan(5, {5, std::nullopt});

    EXPECT_EQ(run_isolated(plan), run_plan(plan));
}

TEST(IsolatedRun, NamesTheCheckThatBroke) {
    JobResult result;
    result.failure = "it was ended by signal 6: /src/gossip/engine.cpp:40: check failed: a: b";

    const Outcome outcome = outcome_of(result);

    ASSERT_EQ(outcome.failures.size(), 1U);
    EXPECT_EQ(outcome.failures[0].invariant, "check engine.cpp:40");
}

}  // namespace
}  // namespace memberd::sim
