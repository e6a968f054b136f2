// Many independent runs on several cores: each job in a child process of its own.
//
// A job is a number. What it returns is bytes, which come back over a pipe and are handed out in
// the order of the jobs, whatever ended first: what is printed does not depend on how many workers
// there were. Nothing that a job does to memory, seeds or files' offsets outlives it. A job that
// aborts, crashes, throws or runs too long is a failed result and harms no other job; nothing is
// retried.
//
//     run_jobs({.workers = 2, .wall_seconds_max = 60}, seeds.size(),
//              [&](std::uint64_t job) { return figures_of(seeds[job]).dump(); },
//              [&](const JobResult& result) {
//                  ...
//                  return enough ? NextJobs::Stop : NextJobs::Go;
//              });
//
// Give kJobsWithoutEnd as the count to go on until `take` says Stop. Then running jobs are ended
// and their results dropped. At most kJobsAhead jobs a worker are begun before the oldest that is
// missing has ended, so results that wait are bounded.
//
// A job should print nothing: the children share stdout with the parent and leave without flushing
// theirs. What comes on stderr, as from a failed MEMBERD_CHECK, is the end of the failure's
// sentence. The children end with the parent, however it ends.
//
// Thread rule: one thread, and no other threads in the process (fork). Failure to fork or to make a
// pipe throws std::system_error. Complexity: a fork and a pipe a job, about a millisecond.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>

namespace memberd::sim {

inline constexpr std::uint64_t kJobsWithoutEnd = std::numeric_limits<std::uint64_t>::max();
inline constexpr std::size_t kJobsAhead = 64;

struct WorkerOptions {
    std::size_t workers = 1;        // at once; at least one
    unsigned wall_seconds_max = 0;  // of one job; 0: no limit
};

struct JobResult {
    std::uint64_t job = 0;
    std::string output;   // what it returned; empty if it failed
    std::string failure;  // a sentence; empty if it did not fail

    [[nodiscard]] bool failed() const { return !failure.empty(); }
};

enum class NextJobs : std::uint8_t {
    Go,
    Stop,
};

// Runs jobs 0 to count - 1; `take` sees every result, in order, in this process. True if all were
// run, false after a Stop.
bool run_jobs(const WorkerOptions& options,
              std::uint64_t count,
              const std::function<std::string(std::uint64_t)>& work,
              const std::function<NextJobs(const JobResult&)>& take);

}  // namespace memberd::sim
