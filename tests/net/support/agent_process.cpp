#include "tests/net/support/agent_process.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace memberd::test {
namespace {

using namespace std::chrono_literals;

std::string read_file(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
    char name[] = "/tmp/memberd-test-XXXXXX";
    path_ = mkdtemp(name);
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

bool eventually(std::chrono::seconds patience, const std::function<bool()>& is_true) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!is_true()) {
        if (std::chrono::steady_clock::now() > deadline) {
            return false;
        }
        std::this_thread::sleep_for(20ms);
    }
    return true;
}

ChildProcess::ChildProcess(const std::vector<std::string>& command,
                           const std::string& output_prefix)
    : prefix_(output_prefix) {
    std::vector<char*> arguments;
    for (const std::string& part : command) {
        arguments.push_back(const_cast<char*>(part.c_str()));
    }
    arguments.push_back(nullptr);
    const std::string out = prefix_ + ".out";
    const std::string err = prefix_ + ".err";
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ != 0) {
        return;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int flags = O_WRONLY | O_CREAT | O_TRUNC;
    if (getppid() == parent && dup2(open(out.c_str(), flags, 0600), STDOUT_FILENO) >= 0 &&
        dup2(open(err.c_str(), flags, 0600), STDERR_FILENO) >= 0) {
        execvp(arguments[0], arguments.data());
    }
    _exit(127);
}

ChildProcess::~ChildProcess() {
    kill();
}

void ChildProcess::signal(int number) const {
    if (!ended_) {
        ::kill(pid_, number);
    }
}

std::optional<int> ChildProcess::wait(std::chrono::seconds patience) {
    eventually(patience, [this] {
        int status = 0;
        if (!ended_ && waitpid(pid_, &status, WNOHANG) == pid_) {
            ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        return ended_.has_value();
    });
    return ended_;
}

void ChildProcess::kill() {
    if (!ended_) {
        ::kill(pid_, SIGKILL);
        int status = 0;
        waitpid(pid_, &status, 0);
        ended_ = 128 + SIGKILL;
    }
}

std::string ChildProcess::output() const {
    return read_file(prefix_ + ".out");
}

std::string ChildProcess::errors() const {
    return read_file(prefix_ + ".err");
}

long ChildProcess::resident_kib() const {
    std::istringstream status(read_file("/proc/" + std::to_string(pid_) + "/status"));
    for (std::string line; std::getline(status, line);) {
        if (line.rfind("VmRSS:", 0) == 0) {
            return std::strtol(line.c_str() + 6, nullptr, 10);
        }
    }
    return 0;
}

std::string program_path(const std::string& name) {
    return std::string(MEMBERD_TEST_PROGRAMS) + "/" + name;
}

TestAgent::TestAgent(const std::string& directory, std::string name)
    : port(free_port()),
      name_(std::move(name)),
      base_(directory + "/" + name_) {}

std::string TestAgent::address() const {
    return "127.0.0.1:" + std::to_string(port);
}

bool TestAgent::start() {
    std::vector<std::string> command{program_path("memberd"),
                                     "--name",
                                     name_,
                                     "--bind",
                                     address(),
                                     "--runtime-dir",
                                     runtime_dir(),
                                     "--data-dir",
                                     data_dir(),
                                     "--log-level",
                                     "debug"};
    for (const std::string& seed : seeds) {
        command.insert(command.end(), {"--join", seed});
    }
    command.insert(command.end(), more_arguments.begin(), more_arguments.end());
    client_.reset();
    process_.reset();
    process_ = std::make_unique<ChildProcess>(command, base_ + "-" + std::to_string(++starts_));
    return eventually(20s,
                      [this] {
                          return process_->output().rfind("memberd ready", 0) == 0 ||
                                 process_->wait(0s);
                      }) &&
           process_->output().rfind("memberd ready", 0) == 0;
}

std::optional<int> TestAgent::terminate() {
    process_->signal(SIGTERM);
    return process_->wait(20s);
}

Document TestAgent::ask(const std::string& op, const Document& arguments) {
    if (!client_) {
        auto client = Client::open(runtime_dir());
        if (!client) {
            return {};
        }
        client_.emplace(*std::move(client));
    }
    const auto answer = client_->request(op, arguments, 10s);
    return answer && answer->ok ? answer->document : Document();
}

std::string TestAgent::state_of(const std::string& member) {
    for (const Document& entry : ask("members")) {
        if (entry["name"] == member) {
            return entry["state"];
        }
    }
    return "";
}

TestCluster::TestCluster(int size) {
    for (int i = 0; i < size; ++i) {
        agents_.push_back(std::make_unique<TestAgent>(directory_.path(), "a" + std::to_string(i)));
        agents_.back()->seeds = {agents_.front()->address()};
    }
}

bool TestCluster::start_all() {
    return std::all_of(agents_.begin(), agents_.end(),
                       [](auto& agent) { return agent->start(); }) &&
           expect_all_alive(20s);
}

bool TestCluster::expect_everywhere(const std::vector<int>& observers,
                                    const std::string& member,
                                    const std::string& state,
                                    std::chrono::seconds within) {
    return eventually(within, [&] {
        return std::all_of(observers.begin(), observers.end(), [&](int observer) {
            return (*this)[observer].state_of(member) == state;
        });
    });
}

bool TestCluster::expect_all_alive(std::chrono::seconds within) {
    return eventually(within, [this] {
        return std::all_of(agents_.begin(), agents_.end(), [this](auto& agent) {
            const Document members = agent->ask("members");
            return members.size() == agents_.size() &&
                   std::all_of(members.begin(), members.end(),
                               [](const Document& member) { return member["state"] == "alive"; });
        });
    });
}

bool TestCluster::expect_equal_rings(const std::vector<int>& agents, std::chrono::seconds within) {
    return eventually(within, [&] {
        const Document digest = (*this)[agents.front()].ask("ring")["digest"];
        return std::all_of(agents.begin(), agents.end(), [&](int agent) {
            return (*this)[agent].ask("ring")["digest"] == digest;
        });
    });
}

EventLog::EventLog(const std::string& runtime_dir) {
    auto client = Client::open(runtime_dir);
    if (!client || !client->follow()) {
        return;
    }
    client_.emplace(*std::move(client));
    eventually(10s, [this] {
        collect();
        return resync_count_ > 0;
    });
}

void EventLog::collect() {
    while (true) {
        Batch batch = client_->poll(10ms);
        if (batch.empty()) {
            return;
        }
        resync_count_ += batch.resynced ? 1 : 0;
        std::move(batch.events.begin(), batch.events.end(), std::back_inserter(events_));
    }
}

int EventLog::count(EventType type, const std::string& member) {
    collect();
    return static_cast<int>(std::count_if(events_.begin(), events_.end(), [&](const Event& event) {
        return event.type == type &&
               (member.empty() || (event.member && event.member->name == member));
    }));
}

int EventLog::count_links(LinkCondition condition, const std::string& member) {
    collect();
    return static_cast<int>(std::count_if(events_.begin(), events_.end(), [&](const Event& event) {
        return event.type == EventType::Link && event.link == condition && event.member &&
               event.member->name == member;
    }));
}

}  // namespace memberd::test
