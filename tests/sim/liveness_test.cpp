// The liveness invariants: what is sound passes, and every one is reported where it is broken.
#include "chaos/sim/liveness.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "tests/sim/support/cluster_case.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

std::string text_of(const std::vector<Violation>& violations) {
    std::string text;
    for (const Violation& violation : violations) {
        text += violation.invariant + ": " + violation.text + "\n";
    }
    return text;
}

bool has(const std::vector<Violation>& violations, std::string_view invariant) {
    return std::any_of(violations.begin(), violations.end(), [&](const Violation& violation) {
        return violation.invariant == invariant;
    });
}

class Liveness : public ::testing::TestWithParam<ClusterCase> {
  protected:
    Liveness() : options_(options_of(GetParam())) {}

    // The budget after a cut of 20 s.
    [[nodiscard]] LivenessBudget budget() const {
        return liveness_budget(options_, 20s, options_.n);
    }

    static std::vector<Member> members_from(Member first, std::size_t n) {
        std::vector<Member> members;
        for (Member member = first; member < n; ++member) {
            members.push_back(member);
        }
        return members;
    }

    ClusterOptions options_;
};

INSTANTIATE_TEST_SUITE_P(AllModes, Liveness, ::testing::ValuesIn(cases_of({4})), case_name);
INSTANTIATE_TEST_SUITE_P(Memberd,
                         Liveness,
                         ::testing::ValuesIn(cases_of(Mode::Memberd, {16})),
                         case_name);

TEST_P(Liveness, HoldsAfterAPartitionAndACrash) {
    Cluster cluster(options_);
    cluster.run_for(15s);
    cluster.kill(1);
    cluster.partition({{0, 1}});
    cluster.run_for(20s);
    ASSERT_FALSE(cluster.deaths().empty());
    cluster.heal();

    std::vector<Member> core = cluster.up();
    const auto violations = check_liveness(cluster, core, budget());

    EXPECT_TRUE(violations.empty()) << text_of(violations) << cluster.explain();
    EXPECT_TRUE(cluster.everywhere(1, MemberState::Dead)) << cluster.explain();
}

TEST_P(Liveness, OfASingleMemberHoldsWhenAllOthersAreGone) {
    Cluster cluster(options_);
    cluster.run_for(15s);
    for (Member member = 1; member < cluster.size(); ++member) {
        cluster.power_off(member);
    }

    const std::vector<Member> core{0};
    const auto violations = check_liveness(cluster, core, liveness_budget(options_, 0s, 1));

    EXPECT_TRUE(violations.empty()) << text_of(violations) << cluster.explain();
}

// An outsider that can be reached after all: nobody says that it is dead.
TEST_P(Liveness, ReportsAnOutsiderThatIsShownAlive) {
    Cluster cluster(options_);
    cluster.run_for(5s);

    const std::vector<Member> core = members_from(1, cluster.size());
    const auto violations = check_liveness(cluster, core, budget());

    EXPECT_TRUE(has(violations, "L1")) << text_of(violations);
    EXPECT_FALSE(has(violations, "L5")) << text_of(violations);
}

// The faults did not end at all.
TEST_P(Liveness, ReportsACoreThatIsCutInTwo) {
    Cluster cluster(options_);
    cluster.run_for(5s);
    cluster.partition({{0, 1}});
    cluster.run_for(20s);

    const auto violations = check_liveness(cluster, cluster.up(), budget());

    EXPECT_TRUE(has(violations, "L2")) << text_of(violations);
    EXPECT_TRUE(has(violations, "L3")) << text_of(violations);
    EXPECT_TRUE(has(violations, "L4")) << text_of(violations);
}

TEST_P(Liveness, ReportsAMemberOfTheCoreThatHasEnded) {
    Cluster cluster(options_);
    cluster.run_for(5s);
    const std::vector<Member> core = cluster.up();
    cluster.world().at(cluster.now() + 10s, [&] { cluster.kill(1); });

    EXPECT_TRUE(has(check_liveness(cluster, core, budget()), "L2"));
}

TEST_P(Liveness, ReportsAChangeWhereNothingShouldHappen) {
    Cluster cluster(options_);
    cluster.run_for(5s);
    const LivenessBudget bounds = budget();
    cluster.world().at(cluster.now() + bounds.converged + bounds.rest + 2s,
                       [&] { cluster.set_tag(1, "role", "cache"); });

    const auto violations = check_liveness(cluster, cluster.up(), bounds);

    // Where there was a change the digests may differ for a moment; that is reported too.
    ASSERT_FALSE(violations.empty());
    EXPECT_EQ(violations.front().invariant, "L5") << text_of(violations);
}

TEST_P(Liveness, ReportsMoreMessagesThanAnIdleMemberSends) {
    Cluster cluster(options_);
    cluster.run_for(5s);
    LivenessBudget bounds = budget();
    bounds.idle_messages_per_second = 1.0;  // Half of what one ping a second takes.

    EXPECT_TRUE(has(check_liveness(cluster, cluster.up(), bounds), "L5"));
}

TEST_P(Liveness, OfJoiningAndLeavingHolds) {
    Cluster cluster(options_);
    cluster.run_for(15s);
    const std::vector<Member> core = cluster.up();

    const auto joining = check_join(cluster, core, 2, budget());
    EXPECT_TRUE(joining.empty()) << text_of(joining) << cluster.explain();
    const auto leaving = check_leave(cluster, core, 3, budget());
    EXPECT_TRUE(leaving.empty()) << text_of(leaving) << cluster.explain();
}

TEST_P(Liveness, ReportsANewcomerThatIsNotSeen) {
    Cluster cluster(options_);
    cluster.run_for(5s);
    const std::vector<Member> core = cluster.up();
    cluster.cut_egress(static_cast<Member>(cluster.size()));  // The next member's.

    EXPECT_TRUE(has(check_join(cluster, core, 2, budget()), "L6"));
}

TEST_P(Liveness, ReportsALeaveThatNobodyHears) {
    Cluster cluster(options_);
    cluster.run_for(5s);
    cluster.cut_egress(3);

    EXPECT_TRUE(has(check_leave(cluster, cluster.up(), 3, budget()), "L6"));
}

TEST_P(Liveness, OfAClusterThatStartsAgainFromItsDisksHolds) {
    Cluster cluster(options_);
    cluster.run_for(15s);
    Random random(7);

    const auto violations = check_recovery(cluster, cluster.up(), random, budget());

    EXPECT_TRUE(violations.empty()) << text_of(violations) << cluster.explain();
    // The fault took hold: somebody has lost its disk, and its generation comes from the clock.
    EXPECT_GT(cluster.world().generation(0) + cluster.world().generation(1) +
                  cluster.world().generation(2) + cluster.world().generation(3),
              1'000'000U);
}

TEST_P(Liveness, ReportsARecoveryIntoTwoClusters) {
    Cluster cluster(options_);
    cluster.run_for(5s);
    const std::vector<Member> core = cluster.up();
    cluster.partition({{0, 1}});
    Random random(7);

    EXPECT_TRUE(has(check_recovery(cluster, core, random, budget()), "L7"));
}

// L8 (the bound is Tarantool's): what is urgent does not wait behind what is not.
TEST_P(Liveness, OfADeathIsNotHeldUpByAStormOfTags) {
    Cluster cluster(options_);
    cluster.run_for(15s);
    const Instant killed = cluster.now();
    cluster.power_off(
        1);  // a killed process is found in a second, which leaves no time for a storm
    int changes = 0;
    const bool is_known = cluster.run_until(
        [&] {
            for (const Member member : cluster.up()) {
                cluster.set_tag(member, "load", std::to_string(++changes));
            }
            return cluster.everywhere(1, MemberState::Dead);
        },
        detection_limit(GetParam()), 100ms);

    ASSERT_TRUE(is_known) << cluster.explain();
    EXPECT_GT(changes, 60);
    const double rounds = 6 * std::log2(static_cast<double>(cluster.size()));
    EXPECT_LT(*cluster.last_death(1) - *cluster.first_death(1, killed),
              from_seconds(rounds * seconds(options_.timing.baseline.gossip_interval)))
        << cluster.explain();
    expect_sound(cluster);
}

}  // namespace
}  // namespace memberd::sim
