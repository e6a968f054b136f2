#include "tests/net/support/cpu_pressure.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <numeric>
#include <sstream>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace memberd::test {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kLoopSecondsMax = 120;
// Beside the victim in its cgroup. With two of them it is sometimes served in time; with eight it
// is late for more than half a second again and again.
constexpr std::size_t kNeighbours = 8;
constexpr std::chrono::microseconds kQuotaPeriod = 100ms;
constexpr std::chrono::microseconds kQuota = 2ms;
// Shorter stops leave an agent time enough: it uses less than a hundredth of a core.
constexpr std::chrono::milliseconds kStop = 980ms;
constexpr std::chrono::milliseconds kGo = 20ms;

[[noreturn]] void run_for_ever(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(kLoopSecondsMax);
    // The parent's sockets and files must end with the parent.
    close_range(STDERR_FILENO + 1, ~0U, 0);
    if (getppid() != parent) {
        _exit(0);
    }
    volatile bool is_over = false;
    while (!is_over) {
    }
    _exit(0);
}

bool write_setting(const std::string& path, const std::string& text) {
    std::ofstream file(path);
    file << text << std::flush;
    return file.good();
}

// The value behind a word, as in cpu.stat; zero if it isn't there.
double number_after(const std::string& path, const std::string& word) {
    std::ifstream file(path);
    std::string name;
    double value = 0;
    while (file >> name >> value) {
        if (name == word) {
            return value;
        }
    }
    return 0;
}

// Where this process is in the hierarchy of a controller of v1, or of v2 (""): empty is its root.
std::string own_place(const std::string& controller) {
    std::ifstream file("/proc/self/cgroup");
    for (std::string line; std::getline(file, line);) {
        const std::size_t list = line.find(':') + 1;
        const std::size_t place = line.find(':', list) + 1;
        std::istringstream names(line.substr(list, place - 1 - list));
        bool is_it = controller.empty() && place - 1 == list;
        for (std::string name; std::getline(names, name, ',');) {
            is_it = is_it || name == controller;
        }
        if (is_it) {
            return line.substr(place) == "/" ? "" : line.substr(place);
        }
    }
    return {};
}

bool set_limit(const std::string& cgroup) {
    const std::string quota = std::to_string(kQuota.count());
    const std::string period = std::to_string(kQuotaPeriod.count());
    if (access((cgroup + "/cpu.max").c_str(), W_OK) == 0) {
        return write_setting(cgroup + "/cpu.max", quota + " " + period);
    }
    return access((cgroup + "/cpu.cfs_quota_us").c_str(), W_OK) == 0 &&
           write_setting(cgroup + "/cpu.cfs_period_us", period) &&
           write_setting(cgroup + "/cpu.cfs_quota_us", quota);
}

}  // namespace

double cpu_seconds_of(pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    std::string text;
    std::getline(file, text);
    // The second field, a name in brackets, may hold anything; utime and stime are the 14th and the
    // 15th.
    std::istringstream fields(text.substr(std::min(text.rfind(')') + 1, text.size())));
    std::string skipped;
    for (int field = 3; field < 14; ++field) {
        fields >> skipped;
    }
    double user = 0;
    double system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

BusyLoops::BusyLoops(std::size_t count) {
    const pid_t parent = getpid();
    while (processes_.size() < count) {
        const pid_t child = fork();
        if (child == 0) {
            run_for_ever(parent);
        }
        if (child < 0) {
            return;  // The fault is smaller than wanted; who measures it sees that.
        }
        processes_.push_back(child);
    }
}

BusyLoops::~BusyLoops() {
    for (const pid_t process : processes_) {
        kill(process, SIGKILL);
    }
    for (const pid_t process : processes_) {
        waitpid(process, nullptr, 0);
    }
}

double BusyLoops::cpu_seconds() const {
    return std::accumulate(processes_.begin(), processes_.end(), 0.0,
                           [](double sum, pid_t process) { return sum + cpu_seconds_of(process); });
}

std::optional<CpuCgroup> CpuCgroup::create() {
    const std::string v1 = own_place("cpu");
    // In a container the place may be named as it is outside: then the root that is seen is ours.
    for (const std::string& home :
         {"/sys/fs/cgroup/cpu" + v1, std::string("/sys/fs/cgroup/cpu"),
          "/sys/fs/cgroup" + own_place(""), std::string("/sys/fs/cgroup")}) {
        const std::string path = home + "/memberd-test-" + std::to_string(getpid());
        if (access((home + "/cgroup.procs").c_str(), W_OK) != 0 || mkdir(path.c_str(), 0700) != 0) {
            continue;
        }
        CpuCgroup cgroup(path, home);
        if (set_limit(path)) {
            return cgroup;
        }
    }
    return std::nullopt;
}

CpuCgroup::CpuCgroup(std::string path, std::string home)
    : path_(std::move(path)),
      home_(std::move(home)) {}

CpuCgroup::CpuCgroup(CpuCgroup&& other) noexcept
    : path_(std::exchange(other.path_, {})),
      home_(std::exchange(other.home_, {})),
      members_(std::exchange(other.members_, {})) {}

CpuCgroup::~CpuCgroup() {
    if (path_.empty()) {
        return;
    }
    lift_limit();
    for (const pid_t member : members_) {
        write_setting(home_ + "/cgroup.procs", std::to_string(member));
    }
    // Those that have just ended leave it a moment later.
    for (int tries = 0; rmdir(path_.c_str()) != 0 && tries < 100; ++tries) {
        std::this_thread::sleep_for(20ms);
    }
}

bool CpuCgroup::add(pid_t process) {
    members_.push_back(process);
    return write_setting(path_ + "/cgroup.procs", std::to_string(process));
}

void CpuCgroup::lift_limit() {
    if (!write_setting(path_ + "/cpu.cfs_quota_us", "-1")) {
        write_setting(path_ + "/cpu.max", "max");
    }
}

double CpuCgroup::throttled_share() const {
    const std::string file = path_ + "/cpu.stat";
    return number_after(file, "nr_throttled") / std::max(1.0, number_after(file, "nr_periods"));
}

CpuStarvation::CpuStarvation(pid_t victim)
    : victim_(victim),
      cpu_before_(cpu_seconds_of(victim)),
      cgroup_(CpuCgroup::create()) {
    if (cgroup_ && cgroup_->add(victim_)) {
        loops_.emplace(kNeighbours);
        for (const pid_t loop : loops_->processes()) {
            cgroup_->add(loop);
        }
    } else {
        cgroup_.reset();
        stopper_ = std::thread([this] { stop_and_go(); });
    }
}

CpuStarvation::~CpuStarvation() {
    lift();
}

void CpuStarvation::lift() {
    is_over_ = true;
    if (stopper_.joinable()) {
        stopper_.join();
    }
    if (cgroup_) {
        cgroup_->lift_limit();
    }
    loops_.reset();
    cgroup_.reset();
}

std::string CpuStarvation::means() const {
    return cgroup_ ? "cgroup " + cgroup_->path() + ", shared with busy loops"
                   : "SIGSTOP and SIGCONT: no permission for a cgroup";
}

double CpuStarvation::throttled_share() const {
    return cgroup_ ? cgroup_->throttled_share() : stopped_seconds_ / elapsed();
}

double CpuStarvation::victim_share() const {
    return (cpu_seconds_of(victim_) - cpu_before_) / elapsed();
}

double CpuStarvation::elapsed() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
}

void CpuStarvation::stop_and_go() {
    while (!is_over_) {
        const auto stopped = std::chrono::steady_clock::now();
        kill(victim_, SIGSTOP);
        std::this_thread::sleep_for(kStop);
        kill(victim_, SIGCONT);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - stopped;
        stopped_seconds_ = stopped_seconds_ + took.count();
        std::this_thread::sleep_for(kGo);
    }
}

}  // namespace memberd::test
