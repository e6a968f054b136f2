// Hostile processes: what they may do and what must hold whatever they do (faults F27 to F29).
#include "chaos/sim/hostile.hpp"

#include <array>

#include <gtest/gtest.h>

#include "tests/sim/support/cluster_case.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

struct HostileCase {
    HostileAct act = HostileAct::Garbage;
    Mode mode = Mode::Memberd;

    friend std::ostream& operator<<(std::ostream& stream, const HostileCase& of) {
        return stream << to_string(of.mode) << ", " << to_string(of.act);
    }
};

// The baseline promises nothing to those whose names were stolen: a member that took the thief's
// address for a friend's holds living members dead for minutes (seed 1: m0003 two of eight).
std::vector<HostileCase> hostile_cases() {
    std::vector<HostileCase> cases;
    for (const HostileAct act : hostile_acts()) {
        cases.push_back({act, Mode::Memberd});
        if (act != HostileAct::NameTheft) {
            cases.push_back({act, Mode::Lifeguard});
        }
    }
    return cases;
}

std::string hostile_name(const ::testing::TestParamInfo<HostileCase>& info) {
    std::string name = std::string(to_string(info.param.mode)) + "_";
    for (const char letter : to_string(info.param.act)) {
        name += letter == '-' ? '_' : letter;
    }
    return name;
}

constexpr int kActSeconds = 10;

// Blows a second. A flood is a hundred messages a blow; every made-up member is watched by many for
// long.
int rate_of(HostileAct act) {
    return act == HostileAct::MadeUpMembers || act == HostileAct::Flood ? 2 : 20;
}

// What is wrong in all views at once is mended from the seeds, which are asked every 4 s; the
// baselines' suspicions live for long. Whose addresses were forged everywhere is asked by nobody,
// nor answered by those that it asks itself: it is removed, and back once a seed has told it better
// (seeds 1 to 25: 16 s on average, 38 s at most).
Duration recovery_limit(const HostileCase& of) {
    if (of.mode != Mode::Memberd) {
        return 60s;
    }
    return of.act == HostileAct::ForgedLives ? 40s : 15s;
}

class Hostility : public ::testing::TestWithParam<HostileCase> {};

INSTANTIATE_TEST_SUITE_P(Acts, Hostility, ::testing::ValuesIn(hostile_cases()), hostile_name);

TEST_P(Hostility, EndsWithAllHealthyMembersAliveInAllViewsWithinSeconds) {
    ClusterOptions options = options_of({GetParam().mode, 8});
    // Who is made to flap holds itself back. That it ends is what counts here, not after how long.
    options.timing.membership.flapping = {10min, 1s, 2s};
    Cluster cluster(options);
    cluster.record_packets(4096);
    cluster.run_for(10s);
    // Something worth saying again: a death and a return.
    cluster.kill(3);
    cluster.run_for(10s);
    cluster.restart(3);
    ASSERT_TRUE(cluster.run_until([&] { return cluster.all_see_all(); }, 30s)) << cluster.explain();
    const Member hostile = cluster.add_hostile();
    EXPECT_FALSE(cluster.world().is_healthy(hostile));
    cluster.attack(hostile, GetParam().act, std::chrono::seconds(kActSeconds),
                   rate_of(GetParam().act));
    cluster.run_for(std::chrono::seconds(kActSeconds));

    EXPECT_GE(cluster.hostile(hostile).blows(),
              static_cast<std::uint64_t>(kActSeconds * rate_of(GetParam().act)));
    EXPECT_GT(cluster.hostile(hostile).said_bytes(), 0U);
    EXPECT_TRUE(cluster.run_until([&] { return cluster.all_live_everywhere(); },
                                  recovery_limit(GetParam())))
        << cluster.explain();
    EXPECT_EQ(cluster.up().size(), 8U) << "a member was made to end";
    cluster.run_for(30s);
    EXPECT_TRUE(cluster.all_live_everywhere()) << cluster.explain();
    EXPECT_EQ(cluster.up().size(), 8U) << "a member was made to end";
    const std::uint64_t sent = cluster.history().sent.message_count();
    cluster.run_for(10s);
    EXPECT_LT(cluster.history().sent.message_count() - sent, 8U * 10 * 40) << "no rest";
    for (const Member member : cluster.up()) {
        EXPECT_EQ(cluster.state(member, hostile), std::nullopt);
    }
    expect_sound(cluster);
}

// F29: an hour-old packet proves nothing, and neither does a young one.
TEST(Hostile, ThatRepeatsAllThatWasSaidTenTimesFasterChangesNoView) {
    Cluster cluster(options_of({Mode::Memberd, 8}));
    cluster.record_packets(100'000);
    cluster.run_for(10s);
    cluster.kill(3);
    cluster.run_for(10s);
    cluster.restart(3);
    cluster.leave(5);
    cluster.set_tag(2, "k", "v");
    cluster.run_for(60s);
    const Member hostile = cluster.add_hostile();
    const std::uint64_t changes = cluster.history().changes;
    const std::size_t recorded = cluster.world().recorder()->size();
    cluster.attack(hostile, HostileAct::Replay, 20s, 100.0);
    cluster.run_for(20s);

    EXPECT_GT(recorded, 1000U);
    EXPECT_GT(cluster.world().recorder()->size(), recorded + recorded / 2) << "nobody heard it";
    EXPECT_EQ(cluster.history().changes, changes) << cluster.explain();
    expect_sound(cluster);
}

// F27.
TEST(Hostile, ThatSaysNonsenseIsCountedAndChangesNoView) {
    Cluster cluster(options_of({Mode::Memberd, 8}));
    cluster.run_for(10s);
    const Member hostile = cluster.add_hostile();
    const std::uint64_t changes = cluster.history().changes;
    cluster.attack(hostile, HostileAct::Garbage, 10s, 30.0);
    cluster.run_for(10s);

    std::uint64_t malformed = 0;
    for (const Member member : cluster.up()) {
        malformed += cluster.engine(member).counters().malformed;
    }
    EXPECT_GT(malformed, 100U);
    EXPECT_EQ(cluster.history().changes, changes) << cluster.explain();
    expect_sound(cluster);
}

TEST(Hostile, ThatAsksALotHearsNoMoreThanItSaid) {
    Cluster cluster(options_of({Mode::Memberd, 8}));
    cluster.run_for(10s);
    const Member hostile = cluster.add_hostile();
    cluster.attack(hostile, HostileAct::Flood, 5s, 10.0);
    cluster.run_for(10s);

    EXPECT_GT(cluster.hostile(hostile).heard_bytes(), 0U);
    EXPECT_LE(cluster.hostile(hostile).heard_bytes(), cluster.hostile(hostile).said_bytes() * 2);
    EXPECT_TRUE(cluster.all_see_all()) << cluster.explain();
    EXPECT_TRUE(cluster.deaths().empty()) << cluster.explain();
}

// The bound is on memory and on what is shown; the living go on meanwhile.
TEST(Hostile, ThatMakesUpMembersFillsNoTable) {
    Cluster cluster(options_of({Mode::Memberd, 8}));
    cluster.run_for(10s);
    const Member hostile = cluster.add_hostile();
    cluster.attack(hostile, HostileAct::MadeUpMembers, 10s, 2.0);
    cluster.run_for(10s);
    EXPECT_GT(cluster.engine(0).status(cluster.now()).alive, 8U) << "nobody believed it";

    EXPECT_TRUE(cluster.run_until([&] { return cluster.all_see_all(); }, 60s)) << cluster.explain();
    EXPECT_EQ(cluster.history().false_deaths(), 0U) << cluster.explain();
    for (const Member member : cluster.up()) {
        EXPECT_LE(cluster.engine(member).status(cluster.now()).dead, 256U);
    }
    expect_sound(cluster);
}

}  // namespace
}  // namespace memberd::sim
