// Cuts, losses and what comes after.
#include <array>

#include <gtest/gtest.h>

#include "tests/sim/support/cluster_case.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

class Partition : public ::testing::TestWithParam<ClusterCase> {};

INSTANTIATE_TEST_SUITE_P(AllModes,
                         Partition,
                         ::testing::ValuesIn(cases_of({2, 3, 5, 9, 16, 50})),
                         case_name);

TEST_P(Partition, IntoHalvesHealsToOneCluster) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    std::vector<std::vector<Member>> halves(2);
    for (Member member = 0; member < GetParam().n; ++member) {
        halves[member < GetParam().n / 2 ? 0 : 1].push_back(member);
    }
    cluster.partition(halves);
    cluster.run_for(60s);
    for (const Death& death : cluster.deaths()) {
        EXPECT_NE(death.observer < GetParam().n / 2, death.victim < GetParam().n / 2)
            << cluster.explain();
    }
    cluster.heal();

    EXPECT_TRUE(cluster.run_until([&] { return cluster.all_see_all(); }, heal_limit(GetParam())))
        << cluster.explain();
    EXPECT_TRUE(cluster.run_until([&] { return cluster.views_equal(); }, 30s));
    expect_sound(cluster);
}

// The pair needs two neighbours in common.
class PairCut : public ::testing::TestWithParam<ClusterCase> {};

INSTANTIATE_TEST_SUITE_P(AllModes,
                         PairCut,
                         ::testing::ValuesIn(cases_of({5, 9, 16, 50})),
                         case_name);

TEST_P(PairCut, KillsNobody) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    cluster.cut(1, 2);

    cluster.run_for(120s);

    EXPECT_TRUE(cluster.deaths().empty()) << cluster.explain();
    expect_sound(cluster);
}

class OneWay : public ::testing::TestWithParam<ClusterCase> {};

INSTANTIATE_TEST_SUITE_P(AllModes, OneWay, ::testing::ValuesIn(cases_of({5, 16, 50})), case_name);

TEST_P(OneWay, CutOfAllThatAMemberHearsKillsItAndNobodyAtTheOthers) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    cluster.world().mark_faulty(1, true);
    cluster.cut_ingress(1);

    EXPECT_TRUE(cluster.run_until([&] { return cluster.death_count(1) == GetParam().n - 1; },
                                  detection_limit(GetParam()) + 3s))
        << cluster.explain();
    for (const Death& death : cluster.deaths()) {
        EXPECT_TRUE(death.victim == 1 || death.observer == 1) << cluster.explain();
    }
    cluster.heal();
    EXPECT_TRUE(cluster.run_until([&] { return cluster.all_see_all(); }, heal_limit(GetParam())))
        << cluster.explain();
    expect_sound(cluster);
}

TEST_P(OneWay, CutOfAllThatAMemberSaysKillsItAndNobodyAtTheOthers) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    cluster.world().mark_faulty(1, true);
    cluster.cut_egress(1);

    EXPECT_TRUE(cluster.run_until([&] { return cluster.death_count(1) == GetParam().n - 1; },
                                  detection_limit(GetParam()) + 3s))
        << cluster.explain();
    for (const Death& death : cluster.deaths()) {
        EXPECT_TRUE(death.victim == 1 || death.observer == 1) << cluster.explain();
    }
    cluster.heal();
    EXPECT_TRUE(cluster.run_until([&] { return cluster.all_see_all(); }, heal_limit(GetParam())))
        << cluster.explain();
    expect_sound(cluster);
}

class Loss : public ::testing::TestWithParam<ClusterCase> {};

INSTANTIATE_TEST_SUITE_P(AllModes, Loss, ::testing::ValuesIn(cases_of({50})), case_name);

// Plain SWIM loses healthy members from a tenth on, Lifeguard from a fifth on: that is what they
// are the baselines for.
class TenthLost : public ::testing::TestWithParam<ClusterCase> {};

INSTANTIATE_TEST_SUITE_P(Lifeguard,
                         TenthLost,
                         ::testing::ValuesIn(cases_of(Mode::Lifeguard, {50})),
                         case_name);
INSTANTIATE_TEST_SUITE_P(Memberd,
                         TenthLost,
                         ::testing::ValuesIn(cases_of(Mode::Memberd, {50})),
                         case_name);

TEST_P(TenthLost, KillsNobodyInFiveMinutes) {
    ClusterOptions options = options_of(GetParam());
    options.carrying = Carrying::Datagram;
    Cluster cluster(options);
    cluster.lose(0.1);

    cluster.run_for(300s);

    EXPECT_TRUE(cluster.deaths().empty()) << cluster.explain();
    expect_sound(cluster);
}

class FifthLost : public ::testing::TestWithParam<ClusterCase> {};

INSTANTIATE_TEST_SUITE_P(Memberd,
                         FifthLost,
                         ::testing::ValuesIn(cases_of(Mode::Memberd, {50})),
                         case_name);

TEST_P(FifthLost, KillsNobodyInFiveMinutes) {
    ClusterOptions options = options_of(GetParam());
    options.carrying = Carrying::Datagram;
    Cluster cluster(options);
    cluster.lose(0.2);

    cluster.run_for(300s);

    EXPECT_TRUE(cluster.deaths().empty()) << cluster.explain();
    expect_sound(cluster);
}

TEST_P(Loss, OfATwentiethInStreamsKillsNobodyInFiveMinutes) {
    Cluster cluster(options_of(GetParam()));
    cluster.lose(0.05);

    cluster.run_for(300s);

    EXPECT_TRUE(cluster.deaths().empty()) << cluster.explain();
    expect_sound(cluster);
}

}  // namespace
}  // namespace memberd::sim
