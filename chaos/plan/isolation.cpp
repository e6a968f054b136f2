#include "chaos/plan/isolation.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <fmt/core.h>

#include "chaos/plan/outcome_json.hpp"
#include "detector/check.hpp"

namespace memberd::sim {
namespace {

using WallClock = std::chrono::steady_clock;

constexpr std::string_view kOutcomeMark = "\noutcome ";
constexpr std::string_view kCheckMark = ": check failed: ";
constexpr int kPollMs = 1'000;

struct Child {
    Plan plan;
    pid_t process = 0;
    int output = -1;  // what it writes to stderr, then its outcome
    WallClock::time_point began;
    std::string text;
    bool is_hanging = false;
};

void write_all(int file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = ::write(file, text.data(), text.size());
        if (count < 0 && errno != EINTR) {
            return;
        }
        text.remove_prefix(count > 0 ? static_cast<std::size_t>(count) : 0);
    }
}

[[noreturn]] void run_child(const Plan& plan, int output) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(output, STDERR_FILENO);
    const Outcome outcome = run_plan(plan);
    write_all(output, std::string(kOutcomeMark) + outcome_line(outcome));
    ::_exit(0);
}

Child begin(Plan plan) {
    std::array<int, 2> ends{};
    MEMBERD_CHECK(::pipe(ends.data()) == 0, "no pipe to another process");
    Child child;
    child.began = WallClock::now();
    child.process = ::fork();
    MEMBERD_CHECK(child.process >= 0, "no other process");
    if (child.process == 0) {
        ::close(ends[0]);
        run_child(plan, ends[1]);
    }
    ::close(ends[1]);
    child.output = ends[0];
    child.plan = std::move(plan);
    return child;
}

// False at the end of its output.
bool read_some(Child& child) {
    std::array<char, 65536> buffer{};
    const ssize_t count = ::read(child.output, buffer.data(), buffer.size());
    if (count > 0) {
        child.text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return count > 0 || (count < 0 && errno == EINTR);
}

// What a run that has not reached its end died of.
Failure cause_of(const Child& child, int status) {
    const std::size_t mark = child.text.find(kCheckMark);
    if (mark != std::string::npos) {
        const std::size_t newline = child.text.rfind('\n', mark);
        const std::size_t begin = newline == std::string::npos ? 0 : newline + 1;
        std::string place = child.text.substr(begin, mark - begin);
        place = place.substr(place.rfind('/') + 1);
        return {"check " + place, child.text.substr(begin), {}};
    }
    if (child.is_hanging) {
        return {"hang", "it took longer than its limit on the real clock", {}};
    }
    return {"signal",
            fmt::format("signal {}: {}", WIFSIGNALED(status) ? WTERMSIG(status) : 0,
                        child.text.substr(0, 2'000)),
            {}};
}

Outcome end(Child& child) {
    ::close(child.output);
    int status = 0;
    while (::waitpid(child.process, &status, 0) < 0 && errno == EINTR) {
    }
    const std::size_t mark = child.text.rfind(kOutcomeMark);
    if (mark != std::string::npos) {
        const auto outcome =
            parse_outcome(std::string_view(child.text).substr(mark + kOutcomeMark.size()));
        if (outcome) {
            return *outcome;
        }
    }
    Outcome outcome;
    outcome.failures.push_back(cause_of(child, status));
    return outcome;
}

void end_if_hanging(Child& child, Duration limit) {
    if (!child.is_hanging && WallClock::now() - child.began > limit) {
        child.is_hanging = true;
        ::kill(child.process, SIGKILL);
    }
}

// Waits until at least one has something to say; those that have come to their end are taken out.
std::vector<Child> wait(std::vector<Child>& children, Duration wall_limit) {
    std::vector<pollfd> files;
    files.reserve(children.size());
    for (const Child& child : children) {
        files.push_back({child.output, POLLIN, 0});
    }
    ::poll(files.data(), files.size(), kPollMs);
    std::vector<Child> ended;
    std::vector<Child> others;
    for (std::size_t i = 0; i < files.size(); ++i) {
        end_if_hanging(children[i], wall_limit);
        const bool is_open = files[i].revents == 0 || read_some(children[i]);
        (is_open ? others : ended).push_back(std::move(children[i]));
    }
    children = std::move(others);
    return ended;
}

}  // namespace

void run_isolated(const IsolationLimits& limits,
                  const std::function<std::optional<Plan>()>& next,
                  const std::function<bool(const Plan&, const Outcome&)>& done) {
    std::vector<Child> children;
    bool goes_on = true;
    for (;;) {
        while (goes_on && children.size() < limits.jobs) {
            std::optional<Plan> plan = next();
            if (!plan) {
                goes_on = false;
                break;
            }
            children.push_back(begin(std::move(*plan)));
        }
        if (children.empty()) {
            return;
        }
        for (Child& child : wait(children, limits.wall)) {
            const Outcome outcome = end(child);
            goes_on = done(child.plan, outcome) && goes_on;
        }
    }
}

Outcome run_isolated(const Plan& plan, Duration wall_limit) {
    Outcome result;
    bool is_given = false;
    const IsolationLimits limits{1, wall_limit};
    run_isolated(
        limits,
        [&]() -> std::optional<Plan> {
            const bool is_first = !is_given;
            is_given = true;
            return is_first ? std::optional(plan) : std::nullopt;
        },
        [&](const Plan&, const Outcome& outcome) {
            result = outcome;
            return true;
        });
    return result;
}

}  // namespace memberd::sim
