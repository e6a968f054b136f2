// Crashes, pauses, leaving.
#include <array>

#include <gtest/gtest.h>

#include "tests/sim/support/cluster_case.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

class Failure : public ::testing::TestWithParam<ClusterCase> {};

INSTANTIATE_TEST_SUITE_P(AllModes,
                         Failure,
                         ::testing::ValuesIn(cases_of({2, 3, 5, 9, 16, 50, 100})),
                         case_name);

TEST_P(Failure, OfAKilledMemberIsKnownToAllAndHarmsNobodyElse) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    cluster.kill(1);

    EXPECT_TRUE(cluster.expect_everywhere(1, MemberState::Dead, detection_limit(GetParam())))
        << cluster.explain();
    cluster.run_for(10s);
    EXPECT_EQ(cluster.deaths_except(std::array<Member, 1>{1}), 0U) << cluster.explain();
    EXPECT_EQ(cluster.deaths().size(), GetParam().n - 1) << cluster.explain();
    EXPECT_TRUE(cluster.ring_digests_equal());
    expect_sound(cluster);
}

TEST_P(Failure, OfAMachineThatLostPowerIsKnownToAll) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    cluster.power_off(1);

    EXPECT_TRUE(cluster.expect_everywhere(1, MemberState::Dead, detection_limit(GetParam())))
        << cluster.explain();
    EXPECT_EQ(cluster.deaths_except(std::array<Member, 1>{1}), 0U) << cluster.explain();
    expect_sound(cluster);
}

// Plain SWIM is not among them: there a suspected member hears of it by chance only.
class ShortPause : public ::testing::TestWithParam<ClusterCase> {};

INSTANTIATE_TEST_SUITE_P(Lifeguard,
                         ShortPause,
                         ::testing::ValuesIn(cases_of(Mode::Lifeguard, {2, 3, 5, 9, 16, 50, 100})),
                         case_name);
INSTANTIATE_TEST_SUITE_P(Memberd,
                         ShortPause,
                         ::testing::ValuesIn(cases_of(Mode::Memberd, {2, 3, 5, 9, 16, 50, 100})),
                         case_name);

TEST_P(ShortPause, OfTwoSecondsIsNotAFailure) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    for (int i = 0; i < 10; ++i) {
        cluster.pause_for(1, 2s);
        cluster.run_for(7300ms);
    }

    EXPECT_TRUE(cluster.deaths().empty()) << cluster.explain();
    EXPECT_TRUE(cluster.all_see_all()) << cluster.explain();
    expect_sound(cluster);
}

TEST_P(Failure, OfALongPauseIsDeclaredAndEndsByItself) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    cluster.pause_for(1, 60s);
    EXPECT_TRUE(cluster.run_until([&] { return cluster.death_count(1) == GetParam().n - 1; }, 60s))
        << cluster.explain();
    cluster.run_until([&] { return cluster.is_up(1); }, 61s);

    EXPECT_TRUE(cluster.run_until([&] { return cluster.all_see_all(); }, 10s)) << cluster.explain();
    EXPECT_EQ(cluster.deaths_except(std::array<Member, 1>{1}), 0U) << cluster.explain();
    expect_sound(cluster);
}

TEST_P(Failure, IsNotWhatALeaveIs) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    cluster.leave(1);

    EXPECT_TRUE(cluster.expect_everywhere(1, MemberState::Left, 3s)) << cluster.explain();
    EXPECT_TRUE(cluster.run_until([&] { return !cluster.is_up(1); }, 3s))
        << "the leave is never acknowledged";
    cluster.run_for(20s);
    EXPECT_TRUE(cluster.everywhere(1, MemberState::Left)) << cluster.explain();
    EXPECT_TRUE(cluster.deaths().empty()) << cluster.explain();
    expect_sound(cluster);
}

class MassFailure : public ::testing::TestWithParam<ClusterCase> {};

INSTANTIATE_TEST_SUITE_P(AllModes, MassFailure, ::testing::ValuesIn(cases_of({5, 30})), case_name);

TEST_P(MassFailure, OfAThirdIsFoundAndHarmsNoSurvivor) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    std::vector<Member> victims;
    for (Member member = 1; member < GetParam().n; member += 3) {
        victims.push_back(member);
        cluster.kill(member);
    }

    EXPECT_TRUE(
        cluster.run_until([&] { return cluster.all_see_all(); }, detection_limit(GetParam()) * 2))
        << cluster.explain();
    EXPECT_EQ(cluster.deaths_except(victims), 0U) << cluster.explain();
    expect_sound(cluster);
}

}  // namespace
}  // namespace memberd::sim
