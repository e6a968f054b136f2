#include "chaos/experiments/worker_pool.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <deque>
#include <exception>
#include <fcntl.h>
#include <poll.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include "detector/check.hpp"

namespace memberd::sim {
namespace {

constexpr int kThrew = 3;  // the child's output is then the exception's sentence

struct Child {
    std::uint64_t job = 0;
    pid_t pid = 0;
    int pipe = -1;
    std::string output;
};

[[noreturn]] void throw_errno(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

void write_all(int pipe, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(pipe, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) {
            ::_exit(kThrew);
        }
        bytes.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
}

// Never returns into the parent's code: what is on its stack is not the child's to destroy.
[[noreturn]] void run_child(const WorkerOptions& options,
                            pid_t parent,
                            std::uint64_t job,
                            int pipe,
                            const std::function<std::string(std::uint64_t)>& work) noexcept {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {
        ::_exit(kThrew);  // it ended before the line above
    }
    ::dup2(pipe, STDERR_FILENO);
    ::alarm(options.wall_seconds_max);
    try {
        write_all(pipe, work(job));
    } catch (const std::exception& error) {
        write_all(pipe, error.what());
        ::_exit(kThrew);
    }
    ::_exit(0);
}

std::string failure_of(const WorkerOptions& options, int status, const std::string& output) {
    if (WIFSIGNALED(status)) {
        const int signal = WTERMSIG(status);
        return signal == SIGALRM && options.wall_seconds_max > 0
                   ? "it took more than " + std::to_string(options.wall_seconds_max) + " s"
                   : "it was ended by signal " + std::to_string(signal) +
                         (output.empty() ? "" : ": " + output);
    }
    const int code = WEXITSTATUS(status);
    if (code == kThrew) {
        return output.empty() ? "it threw an exception" : output;
    }
    return code == 0 ? std::string() : "it exited with " + std::to_string(code);
}

class Pool {
  public:
    Pool(const WorkerOptions& options, const std::function<std::string(std::uint64_t)>& work)
        : options_(options),
          work_(work) {}

    ~Pool() {
        for (const Child& child : children_) {
            ::kill(child.pid, SIGKILL);
            ::close(child.pipe);
            while (::waitpid(child.pid, nullptr, 0) < 0 && errno == EINTR) {
            }
        }
    }

    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    [[nodiscard]] bool has_room() const {
        return children_.size() < options_.workers &&
               waiting_.size() < options_.workers * kJobsAhead;
    }

    void begin(std::uint64_t job) {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
            throw_errno("a pipe to a worker");
        }
        std::fflush(nullptr);  // or the child would have what we have not printed yet
        const pid_t parent = ::getpid();
        const pid_t pid = ::fork();
        if (pid < 0) {
            const int error = errno;
            ::close(ends[0]);
            ::close(ends[1]);
            errno = error;
            throw_errno("a worker process");
        }
        if (pid == 0) {
            run_child(options_, parent, job, ends[1], work_);
        }
        ::close(ends[1]);
        children_.push_back({job, pid, ends[0], {}});
        waiting_.push_back({job, {}, {}});
        is_done_.push_back(false);
    }

    // Waits until at least one child has said something or has ended.
    void wait() {
        std::vector<pollfd> polled;
        for (const Child& child : children_) {
            polled.push_back({child.pipe, POLLIN, 0});
        }
        if (::poll(polled.data(), polled.size(), -1) < 0) {
            if (errno == EINTR) {
                return;
            }
            throw_errno("waiting for workers");
        }
        for (std::size_t i = polled.size(); i > 0; --i) {
            if (polled[i - 1].revents != 0 && !hear(children_[i - 1])) {
                children_.erase(children_.begin() + static_cast<std::ptrdiff_t>(i - 1));
            }
        }
    }

    [[nodiscard]] bool is_next_done() const { return !is_done_.empty() && is_done_.front(); }

    JobResult take_next() {
        JobResult result = std::move(waiting_.front());
        waiting_.pop_front();
        is_done_.pop_front();
        return result;
    }

    [[nodiscard]] bool is_idle() const { return waiting_.empty(); }

  private:
    // False once it has ended.
    bool hear(Child& child) {
        std::array<char, 65536> buffer{};
        const ssize_t count = ::read(child.pipe, buffer.data(), buffer.size());
        if (count > 0) {
            child.output.append(buffer.data(), static_cast<std::size_t>(count));
            return true;
        }
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) {
            return true;
        }
        ::close(child.pipe);
        int status = 0;
        while (::waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
        }
        const std::uint64_t place = child.job - waiting_.front().job;
        JobResult& result = waiting_[place];
        result.failure = failure_of(options_, status, child.output);
        if (!result.failed()) {
            result.output = std::move(child.output);
        }
        is_done_[place] = true;
        return false;
    }

    const WorkerOptions& options_;
    const std::function<std::string(std::uint64_t)>& work_;
    std::vector<Child> children_;
    std::deque<JobResult> waiting_;  // begun and not taken, consecutive jobs
    std::deque<bool> is_done_;       // beside waiting_
};

}  // namespace

bool run_jobs(const WorkerOptions& options,
              std::uint64_t count,
              const std::function<std::string(std::uint64_t)>& work,
              const std::function<NextJobs(const JobResult&)>& take) {
    MEMBERD_CHECK(options.workers >= 1, "nobody would do the work");
    Pool pool(options, work);
    std::uint64_t next = 0;
    while (next < count || !pool.is_idle()) {
        while (next < count && pool.has_room()) {
            pool.begin(next++);
        }
        pool.wait();
        while (pool.is_next_done()) {
            if (take(pool.take_next()) == NextJobs::Stop) {
                return false;
            }
        }
    }
    return true;
}

}  // namespace memberd::sim
