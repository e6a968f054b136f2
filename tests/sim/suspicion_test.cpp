// Suspicions of the baselines, and the time for which their holder stood still.
#include <gtest/gtest.h>

#include "tests/sim/support/cluster_case.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

class Suspicion : public ::testing::TestWithParam<ClusterCase> {};

// Two members: nobody confirms, so the wait is Min, and nobody else declares anything.
INSTANTIATE_TEST_SUITE_P(Swim,
                         Suspicion,
                         ::testing::ValuesIn(cases_of(Mode::Swim, {2})),
                         case_name);
INSTANTIATE_TEST_SUITE_P(Lifeguard,
                         Suspicion,
                         ::testing::ValuesIn(cases_of(Mode::Lifeguard, {2})),
                         case_name);

TEST_P(Suspicion, DoesNotRunOutWhileItsHolderStandsStill) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    cluster.power_off(1);
    ASSERT_TRUE(cluster.expect_everywhere(1, MemberState::Suspect, 20s)) << cluster.explain();
    cluster.run_for(2s);
    cluster.pause_for(0, 30s);
    cluster.run_for(30s);

    cluster.run_for(1800ms);  // Min is 4 s.
    EXPECT_EQ(cluster.state(0, 1), MemberState::Suspect) << cluster.explain();
    EXPECT_TRUE(cluster.expect_everywhere(1, MemberState::Dead, 1500ms)) << cluster.explain();
    expect_sound(cluster);
}

}  // namespace
}  // namespace memberd::sim
