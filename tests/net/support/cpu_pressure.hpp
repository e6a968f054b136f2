// Too little CPU: programs that never sleep, and a process that may run for a fiftieth of a core.
//
// All of it ends with its object, also when the test fails; loops end by themselves too.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace memberd::test {

// CPU time that a process has used, in seconds; the kernel counts in hundredths. Zero if it is
// gone.
double cpu_seconds_of(pid_t process);

// Child processes at normal priority that always want to run, for two minutes at most.
class BusyLoops {
  public:
    explicit BusyLoops(std::size_t count);
    BusyLoops(const BusyLoops&) = delete;
    BusyLoops& operator=(const BusyLoops&) = delete;
    ~BusyLoops();

    [[nodiscard]] const std::vector<pid_t>& processes() const { return processes_; }

    // Of all together, so far.
    [[nodiscard]] double cpu_seconds() const;

  private:
    std::vector<pid_t> processes_;
};

// A directory of our own in the hierarchy of CPU limits, v1 or v2, with 2 ms in each 100 ms for all
// that is in it.
class CpuCgroup {
  public:
    // Nothing where this user or this mount does not allow it.
    static std::optional<CpuCgroup> create();

    CpuCgroup(CpuCgroup&& other) noexcept;
    CpuCgroup& operator=(CpuCgroup&&) = delete;
    ~CpuCgroup();

    bool add(pid_t process);
    void lift_limit();

    // The share of the periods so far in which it had used up its time.
    [[nodiscard]] double throttled_share() const;

    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    CpuCgroup(std::string path, std::string home);

    std::string path_;
    std::string home_;  // where the test is
    std::vector<pid_t> members_;
};

// From construction to lift() the process gets no more than a fiftieth of a core, in portions that
// come late. With a CPU cgroup it shares the limit with busy loops, as in a container: an agent
// alone needs less than that and would not notice. Without permission for one it is stopped for
// 980 ms of each second.
class CpuStarvation {
  public:
    // The process must live for as long as this is.
    explicit CpuStarvation(pid_t victim);
    CpuStarvation(const CpuStarvation&) = delete;
    CpuStarvation& operator=(const CpuStarvation&) = delete;
    ~CpuStarvation();

    void lift();

    // For a person: how it is done.
    [[nodiscard]] std::string means() const;

    // The share of the time, or of its periods, in which the victim was kept from running.
    [[nodiscard]] double throttled_share() const;

    // What the victim used of a core since the beginning.
    [[nodiscard]] double victim_share() const;

  private:
    [[nodiscard]] double elapsed() const;
    void stop_and_go();

    pid_t victim_;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    double cpu_before_;
    std::optional<CpuCgroup> cgroup_;
    std::optional<BusyLoops> loops_;
    std::atomic<bool> is_over_{false};
    std::atomic<double> stopped_seconds_{0};
    std::thread stopper_;
};

}  // namespace memberd::test
