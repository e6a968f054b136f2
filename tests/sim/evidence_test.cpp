// Evidence comes to an end: suspicions, unanswered pings and doubts leave nothing behind.
#include <algorithm>
#include <array>

#include <gtest/gtest.h>

#include "tests/sim/support/cluster_case.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

std::uint64_t steps(const Cluster& cluster) {
    return cluster.history().events - cluster.history().deliveries;
}

// Somebody shows somebody but `accuser` as suspect.
bool is_believed(const Cluster& cluster, Member accuser) {
    for (Member observer = 0; observer < cluster.size(); ++observer) {
        for (Member member = 0; member < cluster.size() && observer != accuser; ++member) {
            if (member != accuser && cluster.is_up(observer) &&
                cluster.state(observer, member) == MemberState::Suspect) {
                return true;
            }
        }
    }
    return false;
}

TEST(Evidence, OfAnAccuserThatHasGoneIsWithdrawn) {
    ClusterOptions options = options_of({Mode::Memberd, 32});
    options.carrying = Carrying::Datagram;  // what it says needs no connection that is new
    int believed = 0;
    for (Member accuser = 0; accuser < 8; ++accuser) {
        Cluster cluster(options);
        cluster.run_for(12s);
        // It hears one alone of all whom it asks, so it accuses the others. Most of those that it
        // tells have pinged the accused meanwhile, and know better.
        const std::string_view heard = cluster.engine(accuser).subjects().front();
        for (Member member = 0; member < cluster.size(); ++member) {
            if (member != accuser && cluster.name(member) != heard) {
                cluster.cut_one_way(member, accuser);
            }
        }
        if (!cluster.run_until([&] { return is_believed(cluster, accuser); }, 3s)) {
            continue;
        }
        ++believed;
        cluster.heal();
        cluster.leave(accuser);
        cluster.run_for(20s);
        EXPECT_FALSE(is_believed(cluster, accuser)) << cluster.explain();
        expect_sound(cluster);
    }
    EXPECT_GE(believed, 2);
}

// And until then it says nothing, though it suspects its subjects.
TEST(Evidence, OfWhoHearsNobodyIsNotBelievedForNobodyHearsOfIt) {
    ClusterOptions options = options_of({Mode::Memberd, 32});
    options.carrying = Carrying::Datagram;
    std::uint64_t suspicions = 0;
    for (Member accuser = 0; accuser < 8; ++accuser) {
        Cluster cluster(options);
        cluster.run_for(12s);
        cluster.cut_ingress(accuser);
        EXPECT_FALSE(cluster.run_until([&] { return is_believed(cluster, accuser); }, 3s))
            << accuser << cluster.explain();
        suspicions += cluster.engine(accuser).counters().suspicions;
    }
    EXPECT_GE(suspicions, 8U) << "some doubt themselves before";
}

std::uint64_t missed_probes(const Cluster& cluster) {
    std::uint64_t missed = 0;
    for (Member member = 0; member < cluster.size(); ++member) {
        missed += cluster.engine(member).counters().probes_missed;
    }
    return missed;
}

// Members that are met in turn are no subjects: the connection must be opened first, which takes
// three round trips.
TEST(Evidence, IsNotMadeOfFirstContactsOverSlowLinks) {
    ClusterOptions options = options_of({Mode::Memberd, 40});
    options.network.delay = 90ms;
    Cluster cluster(options);
    cluster.run_for(20s);
    const std::uint64_t before = missed_probes(cluster);
    cluster.run_for(60s);  // 240 contacts.

    EXPECT_EQ(missed_probes(cluster), before);
    expect_sound(cluster);
}

// All links become slower than this profile waits before it suspects.
TEST(Evidence, MakesNoStormWhereEverybodyAnswersLate) {
    ClusterOptions options = options_of({Mode::Memberd, 64});
    options.timing = timing_of(TimingProfile::Local);
    options.carrying = Carrying::Datagram;
    options.checks = Checks::Off;
    Cluster cluster(options);
    cluster.run_for(35s);
    cluster.delay(354ms, 1ms);
    const std::uint64_t missed = missed_probes(cluster);
    cluster.run_for(2s);
    EXPECT_GT(missed_probes(cluster), missed);
    const std::uint64_t before = cluster.history().deliveries;
    cluster.run_for(1s);

    // More than 600 where helpers are asked all the same.
    EXPECT_LT(cluster.history().deliveries - before, 64U * 300U);
}

TEST(Evidence, OfManyLostPingsDoesNotEndDetection) {
    ClusterOptions options = options_of({Mode::Memberd, 2});
    options.carrying = Carrying::Datagram;
    Cluster cluster(options);
    cluster.lose(0.1);
    cluster.run_for(6h);  // Thousands of pings of both go unanswered.
    EXPECT_TRUE(cluster.deaths().empty()) << cluster.explain();
    cluster.lose(0);
    cluster.run_for(30s);
    EXPECT_TRUE(cluster.all_see_all()) << cluster.explain();
    cluster.kill(1);

    EXPECT_TRUE(cluster.expect_everywhere(1, MemberState::Dead, 20s)) << cluster.explain();
    expect_sound(cluster);
}

TEST(Evidence, OfLifeThatOnlyStrangersCanFindIsFound) {
    // No observer reaches its subject any more; the helpers that are left never pinged it before.
    Cluster cluster(options_of({Mode::Memberd, 32}));
    cluster.run_for(3s);
    for (const std::string_view name : cluster.engine(5).observers()) {
        for (Member member = 0; member < cluster.size(); ++member) {
            if (cluster.name(member) == name) {
                cluster.cut(member, 5);
            }
        }
    }
    cluster.run_for(60s);

    EXPECT_TRUE(cluster.deaths().empty()) << cluster.explain();
    expect_sound(cluster);
}

// Whether member 3 is declared dead when it stands still for 5.5 s. What it sends takes 500 ms more
// in the mean, exponential, so its answers have a heavy tail: longer than P and four deviations
// explain, but not so long that phi would be 8.
bool dies_of_a_pause_in_the_tail(double phi_threshold, std::uint64_t seed) {
    ClusterOptions options = options_of({Mode::Memberd, 8});
    options.seed = seed;
    options.timing.phi_threshold = phi_threshold;
    options.checks = Checks::Off;  // They have judged all this elsewhere, at ten times the cost.
    Cluster cluster(options);
    Override slow;
    slow.jitter = 500ms;
    cluster.world().topology().set_egress(3, slow);
    cluster.run_for(10min);  // A history of 80 round trips.
    EXPECT_TRUE(cluster.deaths().empty()) << cluster.explain();
    cluster.pause(3);
    cluster.run_for(5500ms);
    EXPECT_EQ(cluster.world().life(3), Life::Paused);
    cluster.resume(3);
    cluster.run_for(10s);
    return !cluster.deaths().empty();
}

TEST(Evidence, OfAHeavyTailIsWeighedByPhi) {
    const double threshold = timing_of(TimingProfile::Lan).phi_threshold;
    int with = 0;
    int without = 0;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        with += dies_of_a_pause_in_the_tail(threshold, seed) ? 1 : 0;
        without += dies_of_a_pause_in_the_tail(0, seed) ? 1 : 0;
    }
    RecordProperty("deaths_with", with);
    RecordProperty("deaths_without", without);
    EXPECT_LE(2 * with, without);
    EXPECT_GE(without, 5);  // Or the pause would not show that phi matters.
}

TEST(Evidence, ThatWaitsForTheEndOfADoubtDoesNotSpin) {
    Cluster cluster(options_of({Mode::Memberd, 3}));
    cluster.run_for(12s);
    cluster.cut_ingress(0);
    const auto doubts = [&] { return !cluster.engine(0).status(cluster.now()).doubt.empty(); };
    ASSERT_TRUE(cluster.run_until(doubts, 5s)) << cluster.explain();
    const std::uint64_t before = steps(cluster);
    cluster.run_for(5s);

    EXPECT_LT(steps(cluster) - before, 500U);
    expect_sound(cluster);
}

TEST(Evidence, ThatWaitedWhileTheProcessStoodStillKillsNobody) {
    Cluster cluster(options_of({Mode::Memberd, 3}));
    cluster.run_for(12s);
    cluster.pause(1);
    cluster.run_until([&] { return cluster.state(0, 1) == MemberState::Suspect; }, 5s);
    cluster.pause(0);  // In the middle of its case; what the others say of 1 waits in its sockets.
    cluster.run_for(300ms);
    cluster.resume(1);
    cluster.run_for(30s);
    cluster.resume(0);
    cluster.run_for(10s);

    for (const Death& death : cluster.deaths()) {
        EXPECT_FALSE(death.observer == 0 && death.is_first_hand) << cluster.explain();
    }
    EXPECT_TRUE(cluster.all_see_all()) << cluster.explain();
    expect_sound(cluster);
}

TEST(Evidence, OfARunThatLivedAndDiedUnseenEndsTheOneBefore) {
    Cluster cluster(options_of({Mode::Memberd, 5}));
    cluster.run_for(12s);
    cluster.pause(0);
    cluster.run_for(1s);
    cluster.kill(1);
    cluster.restart(1);
    const Endpoint seed = cluster.endpoint(2);
    cluster.world().join(1, std::span(&seed, 1));
    cluster.run_for(3s);
    cluster.kill(1);
    cluster.run_for(20s);
    cluster.resume(0);

    EXPECT_TRUE(cluster.expect_everywhere(1, MemberState::Dead, 10s)) << cluster.explain();
    EXPECT_TRUE(cluster.run_until([&] { return cluster.views_equal(); }, 5s)) << cluster.explain();
    expect_sound(cluster);
}

}  // namespace
}  // namespace memberd::sim
