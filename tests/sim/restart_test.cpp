// The same name again: quickly, elsewhere, without its memory, all at once, and twice.
#include <array>

#include <gtest/gtest.h>

#include "tests/sim/support/cluster_case.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

class Restart : public ::testing::TestWithParam<ClusterCase> {};

INSTANTIATE_TEST_SUITE_P(AllModes,
                         Restart,
                         ::testing::ValuesIn(cases_of({2, 3, 5, 16, 50})),
                         case_name);

TEST_P(Restart, InPlaceIsAnUpdateAndNoDeath) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    cluster.kill(1);
    cluster.run_for(500ms);
    cluster.restart(1);

    EXPECT_TRUE(cluster.run_until(
        [&] {
            const auto view = cluster.engine(0).find(cluster.name(1));
            return view && view->claim.generation == 2 && cluster.all_see_all();
        },
        3s))
        << cluster.explain();
    cluster.run_for(20s);
    EXPECT_TRUE(cluster.deaths().empty()) << cluster.explain();
    EXPECT_TRUE(cluster.all_see_all()) << cluster.explain();
    expect_sound(cluster);
}

TEST_P(Restart, OfADeadMemberBringsItBack) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    cluster.kill(1);
    EXPECT_TRUE(cluster.expect_everywhere(1, MemberState::Dead, detection_limit(GetParam())));
    cluster.restart(1);

    EXPECT_TRUE(cluster.run_until([&] { return cluster.all_see_all(); }, 5s)) << cluster.explain();
    EXPECT_TRUE(cluster.run_until([&] { return cluster.views_equal(); }, 30s));
    expect_sound(cluster);
}

TEST_P(Restart, AtANewAddressIsSeenEverywhere) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    cluster.kill(1);
    cluster.run_for(2s);
    cluster.restart(1, DataDirectory::Kept, Address::New);

    EXPECT_TRUE(cluster.run_until([&] { return cluster.all_see_all(); }, 15s)) << cluster.explain();
    cluster.run_for(30s);
    EXPECT_TRUE(cluster.all_see_all()) << cluster.explain();
    for (const Member observer : cluster.up()) {
        const auto view = cluster.engine(observer).find(cluster.name(1));
        EXPECT_EQ(cluster.world().pool()[view->profile].endpoint, cluster.endpoint(1));
    }
    expect_sound(cluster);
}

TEST_P(Restart, WithoutItsDataDirectoryIsSeenEverywhere) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    cluster.kill(1);
    cluster.run_for(500ms);
    cluster.restart(1, DataDirectory::Lost);

    EXPECT_TRUE(cluster.run_until([&] { return cluster.all_see_all(); }, 10s)) << cluster.explain();
    expect_sound(cluster);
}

TEST_P(Restart, OfTheWholeClusterGivesOneClusterAgain) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    for (const Member member : cluster.up()) {
        cluster.kill(member);
    }
    cluster.run_for(5s);
    for (Member member = static_cast<Member>(cluster.size()); member-- > 0;) {
        cluster.restart(member, member % 2 == 0 ? DataDirectory::Kept : DataDirectory::Lost);
        cluster.run_for(100ms);
    }

    EXPECT_TRUE(cluster.run_until([&] { return cluster.all_see_all(); }, 15s)) << cluster.explain();
    EXPECT_TRUE(cluster.run_until([&] { return cluster.views_equal(); }, 30s));
    expect_sound(cluster);
}

TEST_P(Restart, WithAGenerationThatIsTooLowStillBringsItBack) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    cluster.kill(1);
    cluster.run_for(500ms);
    cluster.restart(1, DataDirectory::Lost);
    EXPECT_TRUE(cluster.run_until([&] { return cluster.all_see_all(); }, 10s)) << cluster.explain();
    cluster.kill(1);
    cluster.run_for(500ms);
    NewMember old;
    old.name = cluster.name(1);
    const Member again = cluster.add(old);

    EXPECT_TRUE(cluster.expect_everywhere(again, MemberState::Alive, 20s)) << cluster.explain();
    expect_sound(cluster);
}

TEST_P(Restart, OfANameThatLivesElsewhereIsRefused) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    NewMember twin;
    twin.name = cluster.name(1);
    const Member second = cluster.add(twin);

    EXPECT_TRUE(cluster.run_until([&] { return !cluster.is_up(second); }, 10s))
        << cluster.explain();
    cluster.run_for(10s);
    EXPECT_TRUE(cluster.is_up(1));
    EXPECT_TRUE(cluster.all_see_all()) << cluster.explain();
    EXPECT_TRUE(cluster.deaths().empty()) << cluster.explain();
    expect_sound(cluster);
}

}  // namespace
}  // namespace memberd::sim
