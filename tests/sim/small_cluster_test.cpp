// Mode memberd from two members to eight: one of them fails, two at once, half of them at once.
#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/sim/support/cluster_case.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

struct SmallCase {
    std::size_t n = 2;
    std::size_t failed = 1;
    bool has_power = false;  // a killed process on a living host refuses connections

    friend std::ostream& operator<<(std::ostream& stream, const SmallCase& of) {
        return stream << of.failed << " of " << of.n << (of.has_power ? " killed" : " off");
    }
};

std::vector<SmallCase> small_cases() {
    std::vector<SmallCase> cases;
    for (std::size_t n = 2; n <= 8; ++n) {
        std::vector<std::size_t> counts = {1, 2, n / 2};
        std::sort(counts.begin(), counts.end());
        counts.erase(std::unique(counts.begin(), counts.end()), counts.end());
        for (const std::size_t failed : counts) {
            if (failed < n) {
                cases.push_back({n, failed, false});
                cases.push_back({n, failed, true});
            }
        }
    }
    return cases;
}

std::string small_case_name(const ::testing::TestParamInfo<SmallCase>& info) {
    return std::to_string(info.param.failed) + "Of" + std::to_string(info.param.n) +
           (info.param.has_power ? "Killed" : "Off");
}

// Until every survivor says dead. Several find it within a depth and a period; who is alone and
// hears nobody doubts itself first, for ten seconds of two members and twenty of three or four.
Duration limit_of(const SmallCase& of) {
    if (of.n - of.failed > 1) {
        return of.has_power ? 2500ms : 4500ms;
    }
    const bool is_refused_by_all = of.has_power && of.n == 2;
    return is_refused_by_all ? 1500ms : of.n == 2 ? 14s : 24s;
}

class SmallCluster : public ::testing::TestWithParam<SmallCase> {};

INSTANTIATE_TEST_SUITE_P(TwoToEight,
                         SmallCluster,
                         ::testing::ValuesIn(small_cases()),
                         small_case_name);

TEST_P(SmallCluster, FindsAllThatFailAtOnceAndLosesNobodyElse) {
    const SmallCase& of = GetParam();
    Cluster cluster(options_of({Mode::Memberd, of.n}));
    cluster.run_for(30s);
    ASSERT_TRUE(cluster.all_see_all());
    std::vector<Member> failed;
    for (Member member = 0; member < of.failed; ++member) {
        failed.push_back(member);
        of.has_power ? cluster.kill(member) : cluster.power_off(member);
    }
    cluster.run_for(500ms);
    EXPECT_TRUE(cluster.deaths().empty()) << "dead before anybody could know";

    EXPECT_TRUE(cluster.run_until(
        [&] {
            return std::all_of(failed.begin(), failed.end(), [&](Member member) {
                return cluster.everywhere(member, MemberState::Dead);
            });
        },
        limit_of(of)))
        << cluster.explain();
    cluster.run_for(30s);
    EXPECT_EQ(cluster.deaths_except(failed), 0U) << cluster.explain();
    EXPECT_EQ(cluster.deaths().size(), of.failed * (of.n - of.failed)) << cluster.explain();
    EXPECT_TRUE(cluster.ring_digests_equal());
    expect_sound(cluster);
}

// The same failures, and all come back: each survivor and each that returned sees all again.
TEST_P(SmallCluster, IsWholeAgainWhenTheyReturn) {
    const SmallCase& of = GetParam();
    Cluster cluster(options_of({Mode::Memberd, of.n}));
    cluster.run_for(30s);
    for (Member member = 0; member < of.failed; ++member) {
        of.has_power ? cluster.kill(member) : cluster.power_off(member);
    }
    cluster.run_for(limit_of(of));
    ASSERT_EQ(cluster.deaths().size(), of.failed * (of.n - of.failed)) << cluster.explain();
    for (Member member = 0; member < of.failed; ++member) {
        cluster.restart(member, {});
    }

    EXPECT_TRUE(cluster.run_until([&] { return cluster.all_see_all(); }, 10s)) << cluster.explain();
    expect_sound(cluster);
}

}  // namespace
}  // namespace memberd::sim
