// Shrinking keeps what a failure needs and nothing else.
#include "chaos/plan/shrink.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "chaos/plan/generator.hpp"
#include "chaos/plan/renumber.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

bool never() {
    return false;
}

bool has(const Plan& plan, OperationKind kind, Member member) {
    return std::any_of(plan.operations.begin(), plan.operations.end(),
                       [&](const Operation& of) { return of.kind == kind && of.member == member; });
}

// The failure needs a kill of one member and a restart of another.
Plan two_needed_among_many() {
    Plan plan = generate_plan(11, {16, Mode::Memberd});
    plan.n = 16;
    plan.faults_end = 100s;
    plan.operations.clear();
    for (int i = 0; i < 60; ++i) {
        Operation of;
        of.kind = i % 3 == 0 ? OperationKind::Kill : OperationKind::Restart;
        of.at = i * 1s;
        of.member = static_cast<Member>(i % 16);
        plan.operations.push_back(of);
    }
    return plan;
}

TEST(Shrink, LeavesTheOperationsThatTheFailureNeeds) {
    const Plan small = shrink(
        two_needed_among_many(),
        [](const Plan& plan) {
            return has(plan, OperationKind::Kill, 3) && has(plan, OperationKind::Restart, 7);
        },
        never);

    EXPECT_EQ(small.operations.size(), 2U);
    EXPECT_TRUE(small.timing.empty());
    EXPECT_TRUE(small.drifts.empty());
    EXPECT_EQ(small.faults_end, 0s);
}

TEST(Shrink, GivesDenseNumbersWhereTheFailureAllows) {
    const Plan small = shrink(
        two_needed_among_many(),
        [](const Plan& plan) {
            const bool kills_somebody = std::any_of(
                plan.operations.begin(), plan.operations.end(), [&](const Operation& of) {
                    return of.kind == OperationKind::Kill &&
                           !std::binary_search(plan.without.begin(), plan.without.end(), of.member);
                });
            return kills_somebody && plan.n - plan.without.size() >= 3;
        },
        never);

    EXPECT_EQ(small.operations.size(), 1U);
    EXPECT_EQ(small.n, 3U);
    EXPECT_TRUE(small.without.empty());
}

TEST(Shrink, StopsWhenItsTimeIsOver) {
    int runs = 0;
    const Plan plan = two_needed_among_many();

    const Plan small = shrink(
        plan,
        [&](const Plan&) {
            ++runs;
            return true;
        },
        [&] { return runs >= 1; });

    EXPECT_EQ(runs, 1);
    EXPECT_LT(small.operations.size(), plan.operations.size());
}

TEST(Renumbering, LeavesOutWhatIsAboutNobody) {
    Plan plan;
    plan.n = 5;
    plan.without = {1, 3};
    Operation cut;
    cut.kind = OperationKind::Cut;
    cut.member = 4;
    cut.other = 2;
    Operation kill;
    kill.member = 3;
    Operation join;
    join.kind = OperationKind::Join;
    join.member = 9;
    plan.operations = {cut, kill, join};

    const Plan dense = renumbered(plan);

    EXPECT_EQ(dense.n, 3U);
    ASSERT_EQ(dense.operations.size(), 2U);
    EXPECT_EQ(dense.operations[0].member, 2U);
    EXPECT_EQ(dense.operations[0].other, 1U);
    EXPECT_EQ(dense.operations[1].member, 3U);
    EXPECT_TRUE(check(dense));
}

}  // namespace
}  // namespace memberd::sim
