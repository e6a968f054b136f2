// From nothing to one cluster.
#include <gtest/gtest.h>

#include "tests/sim/support/cluster_case.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

class Joining : public ::testing::TestWithParam<ClusterCase> {};

INSTANTIATE_TEST_SUITE_P(AllModes,
                         Joining,
                         ::testing::ValuesIn(cases_of({2, 3, 5, 9, 16, 50, 100})),
                         case_name);

TEST_P(Joining, AllAtOnceThroughOneSeedShowsAllToAll) {
    ClusterOptions options = options_of(GetParam());
    options.start = StartMode::AllAtOnce;
    Cluster cluster(options);

    EXPECT_TRUE(cluster.run_until([&] { return cluster.all_see_all(); }, 5s)) << cluster.explain();
    EXPECT_TRUE(cluster.run_until([&] { return cluster.views_equal(); }, 30s));
    EXPECT_TRUE(cluster.ring_digests_equal());
    EXPECT_TRUE(cluster.deaths().empty()) << cluster.explain();
    expect_sound(cluster);
}

TEST_P(Joining, OneAfterTheOtherShowsAllToAll) {
    ClusterOptions options = options_of(GetParam());
    options.start = StartMode::OneByOne;
    Cluster cluster(options);
    cluster.run_for(options.start_interval * static_cast<std::int64_t>(options.n - 1));

    EXPECT_TRUE(cluster.run_until([&] { return cluster.all_see_all(); }, 3s)) << cluster.explain();
    EXPECT_TRUE(cluster.deaths().empty()) << cluster.explain();
    expect_sound(cluster);
}

TEST_P(Joining, RestoredMembersStayQuiet) {
    Cluster cluster(options_of(GetParam()));
    EXPECT_TRUE(cluster.all_see_all()) << cluster.explain();

    cluster.run_for(60s);

    EXPECT_TRUE(cluster.all_see_all()) << cluster.explain();
    EXPECT_TRUE(cluster.views_equal());
    EXPECT_EQ(cluster.history().changes, 0U);
    expect_sound(cluster);
}

class Storm : public ::testing::TestWithParam<ClusterCase> {};

INSTANTIATE_TEST_SUITE_P(AllModes, Storm, ::testing::ValuesIn(cases_of({16, 50})), case_name);

TEST_P(Storm, OfJoinsIntoALivingClusterHarmsNobody) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(10s);
    for (std::size_t i = 0; i < GetParam().n; ++i) {
        cluster.add();
    }

    EXPECT_TRUE(cluster.run_until([&] { return cluster.all_see_all(); }, 5s)) << cluster.explain();
    EXPECT_TRUE(cluster.deaths().empty()) << cluster.explain();
    expect_sound(cluster);
}

TEST_P(Storm, OfTagsReachesEverybody) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(5s);
    for (const Member member : cluster.up()) {
        cluster.set_tag(member, "role", "storage");
    }

    const auto all_know = [&] {
        if (!cluster.views_equal()) {
            return false;
        }
        for (const Member member : cluster.up()) {
            const auto view = cluster.engine(0).find(cluster.name(member));
            if (!view || cluster.world().pool().open(view->profile).tags.size() != 1) {
                return false;
            }
        }
        return true;
    };
    EXPECT_TRUE(cluster.run_until(all_know, 30s)) << cluster.explain();
    EXPECT_TRUE(cluster.all_see_all()) << cluster.explain();
    expect_sound(cluster);
}

}  // namespace
}  // namespace memberd::sim
