// I10 to I12, I14 and I18: load, queues, tables, accuracy, and what is left at the end.
#include <gtest/gtest.h>

#include "chaos/sim/accuracy_checker.hpp"
#include "chaos/sim/load_checker.hpp"
#include "tests/sim/support/checker_rig.hpp"
#include "tests/sim/support/cluster_case.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

class LoadRig : public CheckerRig {
  public:
    LoadRig() : CheckerRig(Mode::Memberd), checker(config) {
        checker.disturbed(now);
        judge_load();  // Of the network's conditions the first call learns.
        now += LoadChecker::kRest;
    }

    void judge_load() {
        struct Load {
            LoadChecker& checker;

            void judge(const EngineCall& call, Violations& violations) {
                checker.judge(call, 1, violations);
            }
        } load{checker};

        judge(load);
    }

    void send(int count) {
        for (int i = 0; i < count; ++i) {
            say(1, [&](Encoder& encoder) { encoder.nack(envelope(0), {1}, 0); });
        }
        judge_load();
    }

    LoadChecker checker;
};

TEST(CheckerLoad, AcceptsWhatProbingTakes) {
    LoadRig rig;
    for (int second = 0; second <= 10; ++second) {
        rig.send(2);
        rig.now += 1s;
    }
    EXPECT_EQ(rig.reported(), "");
}

TEST(CheckerLoad, ReportsAnIdleMemberThatTalksTooMuch) {
    LoadRig rig;
    for (int second = 0; second <= 10; ++second) {
        rig.send(3);
        rig.now += 1s;
    }
    EXPECT_TRUE(rig.has_reported("I10")) << rig.reported();
}

TEST(CheckerLoad, SaysNothingOfAMemberAmongChanges) {
    LoadRig rig;
    for (int second = 0; second <= 10; ++second) {
        rig.show(1, rig.claim(1), ChangeKind::Updated);
        rig.send(30);
        rig.now += 1s;
    }
    EXPECT_EQ(rig.reported(), "");
}

// The engine has something to say and no chance to: its timers don't fire.
TEST(CheckerLoad, ReportsAnUpdateThatIsNeverPassedOn) {
    LoadRig rig;
    rig.raise(0);
    EXPECT_GT(rig.engines[0]->backlog(rig.now).updates, 0U);
    rig.judge_load();
    EXPECT_TRUE(rig.has_reported("I11")) << rig.reported();
}

class AccuracyRig {
  public:
    explicit AccuracyRig(const AccuracyBudget& budget)
        : checker(budget, [this](ProcessId observer, ProcessId member) {
              return observer != faulty && member != faulty;
          }) {}

    void dies(ProcessId observer, ProcessId victim) {
        Death death;
        death.at = now;
        death.observer = observer;
        death.victim = victim;
        death.is_first_hand = true;
        death.is_false = victim != faulty;
        death.observer_is_healthy = observer != faulty;
        checker.died(death, 5, violations);
    }

    [[nodiscard]] std::size_t reported() const { return violations.list().size(); }

    ProcessId faulty = kNone;
    Instant now{1000s};
    Violations violations;
    AccuracyChecker checker;
};

constexpr AccuracyBudget kGenerous{100, 100, 5s};

TEST(CheckerAccuracy, ReportsMoreFalseDeathsThanTheBudget) {
    AccuracyRig rig({1, 1, 5s});
    rig.dies(0, 1);
    EXPECT_EQ(rig.reported(), 0U);
    rig.dies(2, 3);
    EXPECT_EQ(rig.reported(), 1U);
}

TEST(CheckerAccuracy, ReportsAHealthyMemberThatIsDeadToMostOthers) {
    AccuracyRig rig(kGenerous);
    rig.dies(1, 0);
    rig.dies(2, 0);
    EXPECT_EQ(rig.reported(), 0U);
    rig.dies(3, 0);
    EXPECT_EQ(rig.reported(), 1U);
}

TEST(CheckerAccuracy, ReportsAHealthyMemberThatIsAbsentForLong) {
    AccuracyRig rig(kGenerous);
    rig.dies(1, 0);
    rig.now += 5s;
    rig.checker.look(rig.now, rig.violations);
    EXPECT_EQ(rig.reported(), 0U);
    rig.now += 1ms;
    rig.checker.look(rig.now, rig.violations);
    EXPECT_EQ(rig.reported(), 1U);
}

TEST(CheckerAccuracy, AcceptsAMemberThatIsSoonBackAndOneThatIsFaulty) {
    AccuracyRig rig(kGenerous);
    rig.dies(1, 0);
    rig.checker.returned(1, 0);
    rig.faulty = 4;
    rig.dies(1, 4);
    rig.now += 60s;
    rig.checker.look(rig.now, rig.violations);
    EXPECT_EQ(rig.reported(), 0U);
}

TEST(CheckerAccuracy, LetsASecondRemovalLastLonger) {
    AccuracyRig rig(kGenerous);
    rig.dies(1, 0);
    rig.checker.returned(1, 0);
    rig.now += 100s;
    rig.dies(1, 0);
    rig.now += 60s;
    rig.checker.look(rig.now, rig.violations);
    EXPECT_EQ(rig.reported(), 0U);
}

class Busy : public ::testing::TestWithParam<ClusterCase> {};

INSTANTIATE_TEST_SUITE_P(AllModes, Busy, ::testing::ValuesIn(cases_of({4, 20})), case_name);

// Everything that is sound and busy passes, and nothing is left over at the end.
TEST_P(Busy, ClusterBreaksNothingAndLeavesNothing) {
    ClusterOptions options = options_of(GetParam());
    options.start = StartMode::AllAtOnce;
    options.zone_count = 3;
    Cluster cluster(options);
    cluster.run_for(10s);
    cluster.lose(0.05);
    cluster.set_tag(1, "role", "cache");
    cluster.pause_for(2, 4s);
    cluster.run_for(10s);
    cluster.lose(0.0);
    cluster.kill(3);
    cluster.run_for(40s);
    cluster.restart(3, DataDirectory::Lost, Address::New);
    const Member guest = cluster.add();
    cluster.run_for(10s);
    cluster.leave(guest);
    cluster.partition({{0, 1}});
    cluster.run_for(30s);
    cluster.heal();
    cluster.run_for(200s);

    EXPECT_GT(cluster.history().changes, 0U);
    cluster.world().close();
    EXPECT_TRUE(cluster.violations().empty()) << cluster.explain();
}

TEST(CheckerLeaks, ReportsAProfileThatNobodyGivesBack) {
    Cluster cluster(options_of(ClusterCase{Mode::Memberd, 3}));
    cluster.run_for(5s);
    cluster.world().pool().retain(cluster.engine(0).self().profile);

    cluster.world().close();

    ASSERT_EQ(cluster.violations().size(), 1U);
    EXPECT_EQ(cluster.violations().front().invariant, "I18");
}

}  // namespace
}  // namespace memberd::sim
