// Rules that need several members: meeting, healing, spreading, in every mode.
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include <gtest/gtest.h>

#include "tests/sim/support/cluster_case.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

class ClusterRules : public ::testing::TestWithParam<Mode> {
  protected:
    static ClusterCase of(std::size_t n) { return {GetParam(), n}; }

    static ClusterOptions starting(std::size_t n, StartMode start) {
        ClusterOptions options = options_of(of(n));
        options.start = start;
        return options;
    }

    static bool everybody_shows(const Cluster& cluster, Member member, std::string_view value) {
        const auto up = cluster.up();
        return std::all_of(up.begin(), up.end(), [&](Member observer) {
            const auto view = cluster.engine(observer).find(cluster.name(member));
            const auto& pool = cluster.engine(observer).profiles();
            return view &&
                   pool.open(view->profile).tags ==
                       std::vector<std::pair<std::string, std::string>>{{"v", std::string(value)}};
        });
    }
};

INSTANTIATE_TEST_SUITE_P(Modes,
                         ClusterRules,
                         ::testing::Values(Mode::Swim, Mode::Lifeguard, Mode::Memberd),
                         [](const auto& test) { return std::string(to_string(test.param)); });

TEST_P(ClusterRules, TwoThatMeetSeeOneAnotherAndNeverAThird) {
    Cluster cluster(starting(2, StartMode::OneByOne));
    for (int i = 0; i < 3000; ++i) {
        cluster.run_for(10ms);
        for (const Member member : cluster.up()) {
            ASSERT_LE(cluster.engine(member).members().size(), 2U);
        }
        if (i == 100) {
            EXPECT_TRUE(cluster.all_see_all()) << cluster.explain();
        }
    }
    EXPECT_TRUE(cluster.all_see_all()) << cluster.explain();
    expect_sound(cluster);
}

TEST_P(ClusterRules, AChainInWhichEachKnowsTheOneBeforeBecomesAWhole) {
    Cluster cluster(starting(1, StartMode::OneByOne));
    for (Member i = 1; i < 6; ++i) {
        NewMember next;
        next.seeds = {i - 1};
        cluster.add(next);
    }
    EXPECT_TRUE(cluster.run_until([&] { return cluster.all_see_all(); }, 10s)) << cluster.explain();
    expect_sound(cluster);
}

TEST_P(ClusterRules, ANewcomerAfterALongQuietIsSeenByAllAndSeesAll) {
    Cluster cluster(options_of(of(5)));
    cluster.run_for(120s);
    const Member late = cluster.add();
    EXPECT_TRUE(cluster.run_until([&] { return cluster.all_see_all(); }, 5s)) << cluster.explain();
    EXPECT_EQ(cluster.engine(late).members().size(), 6U);
    expect_sound(cluster);
}

TEST_P(ClusterRules, ANewcomerWhoseSeedIsDownComesInWhenItIsUp) {
    Cluster cluster(options_of(of(4)));
    cluster.run_for(5s);
    cluster.kill(3);
    NewMember wanted;
    wanted.seeds = {3};
    const Member late = cluster.add(wanted);
    cluster.run_for(20s);
    EXPECT_EQ(cluster.engine(late).members().size(), 1U);
    cluster.restart(3);
    EXPECT_TRUE(cluster.run_until([&] { return cluster.all_see_all(); }, 15s)) << cluster.explain();
    expect_sound(cluster);
}

TEST_P(ClusterRules, WhoWasDeclaredDeadReturnsWithAGreaterIncarnationAndTheSameGeneration) {
    Cluster cluster(options_of(of(8)));
    cluster.run_for(15s);
    cluster.world().mark_faulty(1, true);
    cluster.partition({{1}});
    ASSERT_TRUE(
        cluster.run_until([&] { return cluster.death_count(1) == 7; }, detection_limit(of(8)) + 5s))
        << cluster.explain();
    cluster.heal();
    EXPECT_TRUE(cluster.run_until([&] { return cluster.all_see_all(); }, heal_limit(of(8))))
        << cluster.explain();
    for (const Member observer : cluster.up()) {
        const Claim claim = cluster.engine(observer).find(cluster.name(1))->claim;
        EXPECT_EQ(claim.generation, 1U);
        EXPECT_GE(claim.incarnation, 1U);
    }
    expect_sound(cluster);
}

TEST_P(ClusterRules, ARestartBeginsAtIncarnationZeroOfAGreaterGeneration) {
    Cluster cluster(options_of(of(4)));
    cluster.set_tag(1, "v", "1");
    cluster.run_for(10s);
    ASSERT_EQ(cluster.engine(1).self().claim.incarnation, 1U);
    cluster.kill(1);
    cluster.run_for(500ms);
    cluster.restart(1);
    EXPECT_TRUE(cluster.run_until(
        [&] {
            const auto view = cluster.engine(0).find(cluster.name(1));
            return view && view->claim.generation == 2 && view->claim.incarnation == 0;
        },
        5s))
        << cluster.explain();
    expect_sound(cluster);
}

TEST_P(ClusterRules, WhoLeftComesBackWhenItIsStartedAgain) {
    Cluster cluster(options_of(of(5)));
    cluster.run_for(10s);
    cluster.leave(1);
    ASSERT_TRUE(cluster.expect_everywhere(1, MemberState::Left, 3s)) << cluster.explain();
    ASSERT_TRUE(cluster.run_until([&] { return !cluster.is_up(1); }, 5s));
    cluster.run_for(60s);
    EXPECT_TRUE(cluster.everywhere(1, MemberState::Left));
    cluster.restart(1);
    EXPECT_TRUE(cluster.run_until([&] { return cluster.all_see_all(); }, 5s)) << cluster.explain();
    EXPECT_TRUE(cluster.deaths().empty());
    expect_sound(cluster);
}

TEST_P(ClusterRules, HalfMayLeaveAtOnceAndNobodyIsDead) {
    Cluster cluster(options_of(of(16)));
    cluster.run_for(10s);
    for (Member member = 8; member < 16; ++member) {
        cluster.leave(member);
    }
    EXPECT_TRUE(cluster.run_until(
        [&] {
            for (Member member = 8; member < 16; ++member) {
                if (!cluster.everywhere(member, MemberState::Left)) {
                    return false;
                }
            }
            return cluster.up().size() == 8;
        },
        10s))
        << cluster.explain();
    cluster.run_for(60s);
    EXPECT_TRUE(cluster.deaths().empty()) << cluster.explain();
    expect_sound(cluster);
}

TEST_P(ClusterRules, WhoLeftDuringAPartitionIsNotBroughtBackByTheOtherSide) {
    Cluster cluster(options_of(of(8)));
    cluster.run_for(15s);
    cluster.partition({{0, 1, 2, 3}, {4, 5, 6, 7}});
    cluster.run_for(500ms);
    cluster.leave(3);
    cluster.run_for(60s);
    ASSERT_FALSE(cluster.is_up(3));
    ASSERT_EQ(cluster.state(4, 3), std::optional(MemberState::Dead));
    cluster.heal();
    EXPECT_TRUE(cluster.run_until([&] { return cluster.all_see_all(); }, heal_limit(of(8))))
        << cluster.explain();
    EXPECT_TRUE(cluster.run_until([&] { return cluster.views_equal(); }, 60s)) << cluster.explain();
    EXPECT_EQ(cluster.up().size(), 7U);
    expect_sound(cluster);
}

TEST_P(ClusterRules, TagsThatChangedOnBothSidesOfAPartitionAreTheNewestEverywhere) {
    Cluster cluster(options_of(of(6)));
    cluster.run_for(15s);
    cluster.set_tag(0, "v", "old");
    cluster.set_tag(5, "v", "old");
    cluster.run_for(10s);
    cluster.partition({{0, 1, 2}, {3, 4, 5}});
    cluster.run_for(60s);
    cluster.set_tag(0, "v", "left");
    cluster.set_tag(5, "v", "right");
    cluster.run_for(5s);
    ASSERT_FALSE(everybody_shows(cluster, 0, "left") || everybody_shows(cluster, 5, "right"));
    cluster.heal();
    EXPECT_TRUE(cluster.run_until(
        [&] { return everybody_shows(cluster, 0, "left") && everybody_shows(cluster, 5, "right"); },
        heal_limit(of(6))))
        << cluster.explain();
    expect_sound(cluster);
}

TEST_P(ClusterRules, AChangeThatAMemberMissedReachesItLater) {
    Cluster cluster(options_of(of(6)));
    cluster.run_for(15s);
    cluster.cut_ingress(2);
    cluster.set_tag(1, "v", "new");
    cluster.run_for(1500ms);
    ASSERT_FALSE(everybody_shows(cluster, 1, "new"));
    cluster.heal();
    EXPECT_TRUE(cluster.run_until([&] { return everybody_shows(cluster, 1, "new"); }, 150s))
        << cluster.explain();
    expect_sound(cluster);
}

// The originator of the news is gone by then: it comes from those who heard it.
TEST_P(ClusterRules, AChangeWhoseAuthorIsSilentReachesWhoMissedItFromOthers) {
    Cluster cluster(options_of(of(6)));
    cluster.run_for(15s);
    cluster.cut(1, 2);
    cluster.cut_ingress(2);
    cluster.set_tag(1, "v", "new");
    cluster.run_for(1500ms);
    ASSERT_FALSE(everybody_shows(cluster, 1, "new"));
    cluster.heal();
    cluster.cut(1, 2);
    EXPECT_TRUE(cluster.run_until([&] { return everybody_shows(cluster, 1, "new"); }, 150s))
        << cluster.explain();
    EXPECT_TRUE(cluster.deaths().empty()) << cluster.explain();
    expect_sound(cluster);
}

// Twice logarithmic in rounds of gossip, with room: from the first to know to the last.
TEST_P(ClusterRules, ADeathIsKnownToAllInLogarithmicTimeThoughEverybodyHasNews) {
    Cluster cluster(options_of(of(50)));
    cluster.run_for(15s);
    cluster.kill(1);
    ASSERT_TRUE(
        cluster.run_until([&] { return cluster.death_count(1) > 0; }, detection_limit(of(50))));
    const Instant first = cluster.now();
    for (const Member member : cluster.up()) {
        cluster.set_tag(member, "v", "storm");
    }
    EXPECT_TRUE(cluster.run_until([&] { return cluster.everywhere(1, MemberState::Dead); },
                                  from_seconds(6.0 * std::log2(50.0) * 0.2)))
        << cluster.explain();
    EXPECT_LE(cluster.now() - first, from_seconds(6.0 * std::log2(50.0) * 0.2));
    EXPECT_EQ(cluster.deaths_except(std::array<Member, 1>{1}), 0U);
}

// A name that two runs took on the two sides of a partition: in the end one has it.
TEST_P(ClusterRules, OfTwoThatTookOneNameApartExactlyOneKeepsIt) {
    Cluster cluster(options_of(of(6)));
    cluster.run_for(15s);
    cluster.partition({{0, 1, 2}, {3, 4, 5}});
    cluster.run_for(1s);
    NewMember twin;
    twin.name = cluster.name(5);
    const Member second = cluster.add(twin);
    cluster.partition({{0, 1, 2, second}, {3, 4, 5}});
    ASSERT_TRUE(cluster.run_until(
        [&] {
            return cluster.state(0, second) == std::optional(MemberState::Alive) &&
                   cluster.engine(0).find(twin.name)->claim.instance ==
                       cluster.engine(second).self().claim.instance;
        },
        60s))
        << cluster.explain();
    ASSERT_TRUE(cluster.is_up(5));
    cluster.heal();
    EXPECT_TRUE(cluster.run_until([&] { return cluster.is_up(5) != cluster.is_up(second); }, 90s))
        << cluster.explain();
    cluster.run_for(30s);
    ASSERT_NE(cluster.is_up(5), cluster.is_up(second));
    const Member keeper = cluster.is_up(5) ? 5 : second;
    for (const Member observer : cluster.up()) {
        const auto view = cluster.engine(observer).find(twin.name);
        ASSERT_TRUE(view);
        EXPECT_EQ(view->claim, cluster.engine(keeper).self().claim) << observer;
    }
}

// --- Loss ---

struct LossCase {
    Mode mode;
    int percent;
};

class LossRules : public ::testing::TestWithParam<LossCase> {};

INSTANTIATE_TEST_SUITE_P(Modes,
                         LossRules,
                         ::testing::ValuesIn([] {
                             std::vector<LossCase> cases;
                             for (const Mode mode : {Mode::Swim, Mode::Lifeguard, Mode::Memberd}) {
                                 for (const int percent : {5, 10, 20, 50}) {
                                     cases.push_back({mode, percent});
                                 }
                             }
                             return cases;
                         }()),
                         [](const auto& test) {
                             return std::string(to_string(test.param.mode)) +
                                    std::to_string(test.param.percent);
                         });

// Whatever else a lossy network does to the baselines: a crash is found.
TEST_P(LossRules, ACrashIsKnownToAllUnderAnyLoss) {
    ClusterOptions options = options_of({GetParam().mode, 20});
    options.carrying = Carrying::Datagram;
    Cluster cluster(options);
    cluster.run_for(5s);
    const double kept = 1.0 - GetParam().percent / 100.0;
    cluster.lose(1.0 - kept);
    const std::uint64_t sent = cluster.history().sent.message_count();
    const std::uint64_t delivered = cluster.history().deliveries;
    cluster.run_for(5s);
    EXPECT_LT(static_cast<double>(cluster.history().deliveries - delivered),
              static_cast<double>(cluster.history().sent.message_count() - sent) * (kept + 0.03));
    cluster.kill(0);
    EXPECT_TRUE(
        cluster.run_until([&] { return cluster.everywhere(0, MemberState::Dead); }, 300s, 100ms))
        << cluster.explain();
    expect_sound(cluster);
}

}  // namespace
}  // namespace memberd::sim
