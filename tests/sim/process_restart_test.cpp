// Who comes back, with what memory, where, and as whom. Each test asserts that its fault took hold.
#include <array>
#include <bit>

#include <gtest/gtest.h>

#include "tests/sim/support/cluster_case.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

class ProcessRestart : public ::testing::TestWithParam<ClusterCase> {};

INSTANTIATE_TEST_SUITE_P(AllModes,
                         ProcessRestart,
                         ::testing::ValuesIn(cases_of({3, 10})),
                         case_name);

std::uint64_t generation_of(const Cluster& cluster, Member observer, Member member) {
    const auto view = cluster.engine(observer).find(cluster.name(member));
    return view ? view->claim.generation : 0;
}

void kill_and_restart(Cluster& cluster, Member member, DataDirectory directory) {
    cluster.kill(member);
    cluster.run_for(500ms);
    cluster.restart(member, directory);
}

TEST_P(ProcessRestart, FromAStaleDirectoryStartsBelowWhatOthersKnowAndIsBackInTenSeconds) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    for (int i = 0; i < 3; ++i) {
        kill_and_restart(cluster, 1, DataDirectory::Kept);
        cluster.run_for(5s);
    }
    ASSERT_EQ(generation_of(cluster, 0, 1), 4U);
    cluster.kill(1);
    cluster.run_for(500ms);
    cluster.restart(1, DataDirectory::Stale);
    EXPECT_EQ(cluster.engine(1).self().claim.generation, 4U) << "the directory was not stale";

    EXPECT_TRUE(cluster.run_until(
        [&] { return generation_of(cluster, 0, 1) > 4 && cluster.all_see_all(); }, 10s))
        << cluster.explain();
    EXPECT_EQ(cluster.history().false_deaths(), 0U) << cluster.explain();
    expect_sound(cluster);
}

TEST_P(ProcessRestart, OfADeadMemberFromAStaleDirectoryBringsItBackInTenSeconds) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    kill_and_restart(cluster, 1, DataDirectory::Kept);
    cluster.run_for(5s);
    cluster.kill(1);
    ASSERT_TRUE(cluster.expect_everywhere(1, MemberState::Dead, detection_limit(GetParam())));
    cluster.restart(1, DataDirectory::Stale, Address::New);
    EXPECT_LE(cluster.engine(1).self().claim.generation, generation_of(cluster, 0, 1));

    EXPECT_TRUE(sees_all(cluster, 10s)) << cluster.explain();
    expect_sound(cluster);
}

TEST_P(ProcessRestart, WithAWallClockSetBackTenYearsBringsItBackInTenSeconds) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    kill_and_restart(cluster, 1, DataDirectory::Lost);
    cluster.run_for(5s);
    const std::uint64_t before = generation_of(cluster, 0, 1);
    cluster.jump_wall_clock(1, -10LL * 365 * 86'400);
    cluster.kill(1);
    cluster.run_for(500ms);
    cluster.restart(1, DataDirectory::Lost);
    EXPECT_LT(cluster.engine(1).self().claim.generation, before);

    EXPECT_TRUE(cluster.run_until(
        [&] { return generation_of(cluster, 0, 1) > before && cluster.all_see_all(); }, 10s))
        << cluster.explain();
    expect_sound(cluster);
}

TEST_P(ProcessRestart, OfAWallClockAloneChangesNothing) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    const std::uint64_t changes = cluster.history().changes;
    cluster.jump_wall_clock(0, 3600);
    cluster.jump_wall_clock(1, -3600);
    cluster.run_for(30s);

    EXPECT_EQ(cluster.history().changes, changes);
}

TEST_P(ProcessRestart, OfTwoMembersThatExchangeTheirAddressesIsSeenEverywhere) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    const Endpoint old_place = cluster.endpoint(1);
    cluster.kill(1);
    cluster.kill(2);
    cluster.swap_addresses(1, 2);
    cluster.run_for(500ms);
    cluster.restart(1);
    cluster.restart(2);
    EXPECT_EQ(cluster.endpoint(2), old_place);

    EXPECT_TRUE(sees_all(cluster, 15s)) << cluster.explain();
    cluster.run_for(30s);
    EXPECT_TRUE(cluster.all_see_all()) << cluster.explain();
    for (const Member observer : cluster.up()) {
        for (const Member member : {1U, 2U}) {
            const auto view = cluster.engine(observer).find(cluster.name(member));
            EXPECT_EQ(cluster.world().pool()[view->profile].endpoint, cluster.endpoint(member));
        }
    }
    expect_sound(cluster);
}

TEST_P(ProcessRestart, OfAllInRandomOrderWithHalfOfTheDirectoriesLostGivesOneCluster) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    const std::vector<Member> all = cluster.kill_all();
    EXPECT_EQ(all.size(), GetParam().n);
    EXPECT_TRUE(cluster.up().empty());
    cluster.run_for(5s);
    cluster.restart_all(all, 10s, 0.5);
    cluster.run_for(10s);
    ASSERT_EQ(cluster.up().size(), GetParam().n);

    EXPECT_TRUE(sees_all(cluster, 15s)) << cluster.explain();
    expect_sound(cluster);
}

TEST_P(ProcessRestart, ThatIsAnnouncedIsNoDeathForHalfAMinute) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    cluster.announce_restart(1);
    ASSERT_TRUE(cluster.run_until([&] { return !cluster.is_up(1); }, 3s));
    cluster.run_for(GetParam().mode == Mode::Memberd ? 20s : 2s);
    EXPECT_TRUE(cluster.deaths().empty()) << cluster.explain();
    cluster.restart(1);

    EXPECT_TRUE(sees_all(cluster, 5s)) << cluster.explain();
    EXPECT_TRUE(cluster.deaths().empty()) << cluster.explain();
    expect_sound(cluster);
}

TEST_P(ProcessRestart, IsNotNeededToForgetADeadMember) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    cluster.kill(1);
    ASSERT_TRUE(cluster.expect_everywhere(1, MemberState::Dead, detection_limit(GetParam())));
    EXPECT_FALSE(cluster.forget(0, 2));
    EXPECT_TRUE(cluster.forget(0, 1));

    EXPECT_TRUE(cluster.run_until(
        [&] { return cluster.state(0, 1) == std::nullopt && cluster.state(2, 1) == std::nullopt; },
        60s))
        << cluster.explain();
    expect_sound(cluster);
}

// --- Two processes, one name ---

TEST_P(ProcessRestart, OfACloneIsRefusedWhileTheOriginalLives) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    const Member twin = cluster.clone(1);
    EXPECT_TRUE(cluster.is_up(twin));

    EXPECT_TRUE(cluster.run_until([&] { return !cluster.is_up(twin); }, 10s)) << cluster.explain();
    cluster.run_for(20s);
    EXPECT_TRUE(cluster.is_up(1));
    EXPECT_TRUE(cluster.all_see_all()) << cluster.explain();
    EXPECT_TRUE(cluster.deaths().empty()) << cluster.explain();
    expect_sound(cluster);
}

TEST_P(ProcessRestart, OfACloneBehindAPartitionLeavesExactlyOneAfterTheHeal) {
    ClusterOptions options = options_of(GetParam());
    options.seed_count = 2;  // one on each side
    Cluster cluster(options);
    cluster.run_for(15s);
    const auto twin = static_cast<Member>(cluster.size());
    std::vector<Member> left{0, twin};
    cluster.partition({left});  // the clone's own side is that of member 0
    // Alone on its side, a member of mode memberd doubts itself first, the longer the more they
    // were.
    const auto doublings = static_cast<Duration::rep>(std::bit_width(options.n));
    EXPECT_TRUE(cluster.run_until(
        [&] { return cluster.state(0, 2) == MemberState::Dead; },
        detection_limit(GetParam()) * 4 + options.timing.self_doubt.doubt_max * doublings))
        << cluster.explain();
    ASSERT_EQ(cluster.clone(2), twin);
    ASSERT_TRUE(cluster.run_until(
        [&] { return cluster.state(0, 2) == MemberState::Alive && cluster.is_up(2); }, 10s))
        << cluster.explain();
    ASSERT_TRUE(cluster.is_up(twin));
    cluster.heal();

    EXPECT_TRUE(cluster.run_until([&] { return cluster.is_up(2) != cluster.is_up(twin); },
                                  heal_limit(GetParam()) + 10s))
        << cluster.explain();
    EXPECT_TRUE(sees_all(cluster, heal_limit(GetParam()) + 10s)) << cluster.explain();
    cluster.run_for(30s);
    EXPECT_TRUE(cluster.all_see_all()) << cluster.explain();
    expect_sound(cluster);
}

// --- Another cluster at a known address ---

TEST_P(ProcessRestart, OfAStrangerAtTheAddressOfOneOfOursIsNeverListed) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    cluster.kill(1);
    cluster.run_for(500ms);
    NewMember stranger;
    stranger.cluster = "another";
    stranger.moves_in = 1;
    stranger.seeds = {};
    const Member there = cluster.add(stranger);
    EXPECT_EQ(cluster.endpoint(there), cluster.endpoint(1));

    EXPECT_TRUE(cluster.expect_everywhere(1, MemberState::Dead, detection_limit(GetParam())))
        << cluster.explain();
    cluster.run_for(20s);
    EXPECT_GT(cluster.engine(there).counters().other_cluster, 0U) << "nobody came by";
    EXPECT_TRUE(cluster.is_up(there));
    EXPECT_EQ(cluster.engine(there).members().size(), 1U);
    EXPECT_EQ(cluster.deaths_except(std::array<Member, 1>{1}), 0U) << cluster.explain();
    cluster.restart(1, DataDirectory::Kept, Address::New);
    EXPECT_TRUE(sees_all(cluster, 15s)) << cluster.explain();
    expect_sound(cluster);
}

TEST_P(ProcessRestart, OfOursByTheAddressOfAnotherClusterJoinsNobody) {
    Cluster cluster(options_of(GetParam()));
    NewMember first;
    first.cluster = "another";
    first.seeds = {};
    const Member there = cluster.add(first);
    cluster.run_for(5s);
    NewMember lost;
    lost.seeds = {there};
    const Member ours = cluster.add(lost);

    EXPECT_TRUE(cluster.run_until([&] { return !cluster.is_up(ours); }, 5s))
        << "it was not refused";
    ASSERT_FALSE(cluster.world().notices(ours).empty());
    EXPECT_EQ(cluster.world().notices(ours).back().code,
              static_cast<std::uint8_t>(RefuseCode::OtherCluster));
    EXPECT_EQ(cluster.engine(there).members().size(), 1U);
    expect_sound(cluster);
}

}  // namespace
}  // namespace memberd::sim
