// The definitions of Lifeguard's experiments, on runs made by hand and on small real ones.
#include <vector>

#include <gtest/gtest.h>

#include "chaos/experiments/lifeguard_grid.hpp"
#include "chaos/experiments/lifeguard_run.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

// Members 0 and 1 of five are among the C.
const BlockedSet kBlocked{true, true, false, false, false};

Death death(Duration at, Member observer, Member victim) {
    Death made;
    made.at = kBeginning + at;
    made.observer = observer;
    made.victim = victim;
    return made;
}

TEST(LifeguardDefinitions, AFailureEventAboutABlockedMemberIsNeverFalse) {
    const std::vector<Death> deaths{death(1s, 2, 0), death(1s, 1, 0)};

    const FailureEvents events = count_failure_events(deaths, kBlocked);

    EXPECT_EQ(events.declarations, 2U);
    EXPECT_EQ(events.false_positives, 0U);
}

TEST(LifeguardDefinitions, OneAboutAHealthyMemberIsFalseWhereverItIsRaised) {
    const std::vector<Death> deaths{death(1s, 0, 3), death(1s, 2, 3), death(2s, 4, 3)};

    const FailureEvents events = count_failure_events(deaths, kBlocked);

    EXPECT_EQ(events.declarations, 0U);
    EXPECT_EQ(events.false_positives, 3U);
    EXPECT_EQ(events.false_positives_at_healthy, 2U);
}

TEST(LifeguardDefinitions, AMemberThatReturnsAndIsDeclaredAgainCountsAgain) {
    const std::vector<Death> deaths{death(1s, 2, 3), death(9s, 2, 3)};

    EXPECT_EQ(count_failure_events(deaths, kBlocked).false_positives, 2U);
}

TEST(LifeguardDefinitions, LatencyRunsFromTheBlockToTheFirstOtherAndToTheLastHealthyMember) {
    const std::vector<Death> deaths{death(20s, 1, 0), death(22s, 2, 0), death(23s, 4, 0),
                                    death(25s, 3, 0), death(90s, 3, 0)};

    const auto detections = detections_of(deaths, kBlocked, kBeginning + 15s);

    ASSERT_EQ(detections.size(), 1U);
    EXPECT_EQ(detections[0].victim, 0U);
    EXPECT_EQ(detections[0].first, 5s);
    EXPECT_EQ(detections[0].first_at_healthy, 7s);
    EXPECT_EQ(detections[0].full, 10s) << "the first event of each observer counts";
}

TEST(LifeguardDefinitions, WithoutEveryHealthyMemberTheDisseminationIsNotFull) {
    const std::vector<Death> deaths{death(22s, 2, 0), death(23s, 4, 0), death(24s, 1, 0)};

    const auto detections = detections_of(deaths, kBlocked, kBeginning + 15s);

    ASSERT_EQ(detections.size(), 1U);
    EXPECT_FALSE(detections[0].full);
}

TEST(LifeguardDefinitions, OnlyFailuresThatWereSeenSinceTheBlockHaveALatency) {
    const std::vector<Death> deaths{death(14s, 2, 0), death(22s, 2, 3)};

    EXPECT_TRUE(detections_of(deaths, kBlocked, kBeginning + 15s).empty());
}

ClusterOptions small_cluster() {
    ClusterOptions options;
    options.n = 8;
    options.seed = 3;
    options.mode = Mode::Swim;
    options.carrying = Carrying::Datagram;
    return options;
}

TEST(LifeguardExperiment, ABlockLongerThanTheSuspicionIsSeenByAll) {
    const LifeguardRun run = run_threshold(small_cluster(), {1, 20s, 0s});

    EXPECT_EQ(run.failure, "");
    ASSERT_EQ(run.detections.size(), 1U);
    ASSERT_TRUE(run.detections[0].full);
    // At least alpha log10(n) and the period of the probe that was missed.
    EXPECT_GT(run.detections[0].first, 4s);
    EXPECT_LT(run.detections[0].first, 20s);
    EXPECT_GE(*run.detections[0].full, run.detections[0].first);
    EXPECT_GE(run.failures.declarations, 7U);
}

TEST(LifeguardExperiment, ABlockShorterThanTheSuspicionIsSeenByNobody) {
    const LifeguardRun run = run_threshold(small_cluster(), {1, 2s, 0s});

    EXPECT_EQ(run.failure, "");
    EXPECT_TRUE(run.detections.empty());
    EXPECT_EQ(run.failures.declarations, 0U);
}

LifeguardGrid small_grid() {
    LifeguardGrid grid;
    grid.experiment = LifeguardExperiment::Interval;
    grid.modes = {Mode::Swim, Mode::Memberd};
    grid.blocked = {1, 2};
    grid.block_ms = {4096};
    grid.run_ms = {16, 64};
    grid.repetitions = 2;
    grid.cluster = small_cluster();
    return grid;
}

TEST(LifeguardGrid, HasEveryCellInEveryModeAndTheModesShareTheSeed) {
    const auto runs = plan_grid(small_grid());

    ASSERT_EQ(runs.size(), 16U);
    EXPECT_EQ(runs[0].seed, runs[1].seed);
    EXPECT_NE(runs[0].mode, runs[1].mode);
    EXPECT_NE(runs[0].seed, runs[2].seed);
    EXPECT_NE(runs[0].cell.blocked, runs[2].cell.blocked);
    EXPECT_EQ(runs[15].seed, 3U + 7U);
}

TEST(LifeguardGrid, FindsTheSameWithTwoWorkersAsInThisProcess) {
    LifeguardGrid grid = small_grid();
    grid.repetitions = 1;
    grid.run_ms = {16};
    grid.workers = 2;
    std::size_t done = 0;

    const auto runs = run_grid(grid, [&](std::size_t count, std::size_t) { done = count; });

    EXPECT_EQ(done, runs.size());
    for (const GridRun& from_worker : runs) {
        ClusterOptions options = grid.cluster;
        options.mode = from_worker.mode;
        options.seed = from_worker.seed;
        const LifeguardRun here = run_cell(grid.experiment, options, from_worker.cell);
        EXPECT_EQ(from_worker.run.failure, "");
        EXPECT_EQ(from_worker.run.trace_hash, here.trace_hash);
        EXPECT_EQ(from_worker.run.failures.false_positives, here.failures.false_positives);
        EXPECT_EQ(from_worker.run.failures.declarations, here.failures.declarations);
        EXPECT_DOUBLE_EQ(from_worker.run.bytes_per_member_second, here.bytes_per_member_second);
    }
}

}  // namespace
}  // namespace memberd::sim
