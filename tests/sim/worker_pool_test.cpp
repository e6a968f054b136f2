#include "chaos/experiments/worker_pool.hpp"

#include <csignal>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

namespace memberd::sim {
namespace {

std::vector<JobResult> all_of(const WorkerOptions& options,
                              std::uint64_t count,
                              const std::function<std::string(std::uint64_t)>& work) {
    std::vector<JobResult> results;
    run_jobs(options, count, work, [&](const JobResult& result) {
        results.push_back(result);
        return NextJobs::Go;
    });
    return results;
}

// The first jobs have the most to do, so that they end last.
std::string slow_start(std::uint64_t job) {
    volatile std::uint64_t work = 0;
    for (std::uint64_t i = 0; i < (job < 3 ? 3'000'000U : 1U); ++i) {
        work = work + i;
    }
    return "job " + std::to_string(job);
}

TEST(WorkerPool, HandsResultsOutInTheOrderOfTheJobsWhateverEndsFirst) {
    const auto results = all_of({4, 0}, 40, slow_start);

    ASSERT_EQ(results.size(), 40U);
    for (std::uint64_t job = 0; job < results.size(); ++job) {
        EXPECT_EQ(results[job].job, job);
        EXPECT_EQ(results[job].output, "job " + std::to_string(job));
        EXPECT_FALSE(results[job].failed());
    }
}

TEST(WorkerPool, GivesTheSameWithOneWorkerAsWithThree) {
    const auto one = all_of({1, 0}, 20, slow_start);
    const auto three = all_of({3, 0}, 20, slow_start);

    ASSERT_EQ(one.size(), three.size());
    for (std::size_t job = 0; job < one.size(); ++job) {
        EXPECT_EQ(one[job].output, three[job].output);
    }
}

TEST(WorkerPool, CarriesMoreThanAPipeHolds) {
    const auto results = all_of({2, 0}, 3, [](std::uint64_t job) {
        return std::string(1'000'000 + job, static_cast<char>('a' + job));
    });

    ASSERT_EQ(results.size(), 3U);
    EXPECT_EQ(results[2].output, std::string(1'000'002, 'c'));
}

TEST(WorkerPool, ReportsAJobThatCrashesAndGoesOnWithTheOthers) {
    const auto results = all_of({2, 0}, 4, [](std::uint64_t job) -> std::string {
        if (job == 1) {
            std::raise(SIGKILL);
        }
        if (job == 2) {
            ::_exit(7);
        }
        return "done";
    });

    ASSERT_EQ(results.size(), 4U);
    EXPECT_EQ(results[0].output, "done");
    EXPECT_EQ(results[1].failure, "it was ended by signal 9");
    EXPECT_EQ(results[1].output, "");
    EXPECT_EQ(results[2].failure, "it exited with 7");
    EXPECT_EQ(results[3].output, "done");
}

TEST(WorkerPool, ReportsTheSentenceOfAnExceptionAsFailure) {
    const auto results = all_of({1, 0}, 1, [](std::uint64_t) -> std::string {
        throw std::runtime_error("no such scenario");
    });

    ASSERT_EQ(results.size(), 1U);
    EXPECT_EQ(results[0].failure, "no such scenario");
    EXPECT_EQ(results[0].output, "");
}

// The alarm is there to be heard: nothing here waits for it.
TEST(WorkerPool, EndsAJobThatTakesLongerThanItMay) {
    const auto results = all_of({1, 60}, 2, [](std::uint64_t job) {
        if (job == 0) {
            std::raise(SIGALRM);
        }
        return std::to_string(::alarm(0));
    });

    ASSERT_EQ(results.size(), 2U);
    EXPECT_EQ(results[0].failure, "it took more than 60 s");
    EXPECT_FALSE(results[1].failed());
    EXPECT_NE(results[1].output, "0");
}

TEST(WorkerPool, StopsWhenToldToAndSaysSo) {
    std::uint64_t taken = 0;
    const bool all_were_run =
        run_jobs({2, 0}, kJobsWithoutEnd, slow_start, [&](const JobResult& result) {
            EXPECT_EQ(result.job, taken);
            ++taken;
            return taken == 10 ? NextJobs::Stop : NextJobs::Go;
        });

    EXPECT_FALSE(all_were_run);
    EXPECT_EQ(taken, 10U);
}

TEST(WorkerPool, LeavesNothingOfOneJobToTheNext) {
    std::uint64_t here = 0;
    const auto results = all_of({1, 0}, 3, [&](std::uint64_t) { return std::to_string(++here); });

    ASSERT_EQ(results.size(), 3U);
    EXPECT_EQ(results[2].output, "1");
    EXPECT_EQ(here, 0U);
}

}  // namespace
}  // namespace memberd::sim
