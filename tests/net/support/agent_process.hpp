// Real agents as child processes, in a directory that goes with the test.
//
// Everything that was started is killed by its process id at the latest when its object ends, also
// when the test itself dies.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "membership/client.hpp"
#include "tests/net/support/transport_node.hpp"

namespace memberd::test {

// A directory of our own below /tmp.
class TemporaryDirectory {
  public:
    TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory();

    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_;
};

// Asks again until it is true, or for too long.
bool eventually(std::chrono::seconds patience, const std::function<bool()>& is_true);

// A program with its output in files.
class ChildProcess {
  public:
    ChildProcess(const std::vector<std::string>& command, const std::string& output_prefix);
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;
    ~ChildProcess();

    void signal(int number) const;
    // The exit code, or 128 + signal; nothing if it still runs then.
    std::optional<int> wait(std::chrono::seconds patience);
    void kill();  // SIGKILL, and waits for its end

    [[nodiscard]] pid_t pid() const { return pid_; }

    [[nodiscard]] std::string output() const;
    [[nodiscard]] std::string errors() const;
    [[nodiscard]] long resident_kib() const;

  private:
    std::string prefix_;
    pid_t pid_ = -1;
    std::optional<int> ended_;
};

// The program of the tests' build folder.
std::string program_path(const std::string& name);

// One memberd: its settings, and the process while it runs.
class TestAgent {
  public:
    // `directory` holds its runtime directory, its data directory and its log.
    TestAgent(const std::string& directory, std::string name);

    // Settings, before start().
    std::uint16_t port;
    std::vector<std::string> seeds;
    std::vector<std::string> more_arguments;

    [[nodiscard]] const std::string& name() const { return name_; }

    [[nodiscard]] std::string address() const;

    [[nodiscard]] std::string runtime_dir() const { return base_; }

    [[nodiscard]] std::string data_dir() const { return base_ + "-data"; }

    // Returns when it says that it is ready; false if it doesn't.
    bool start();

    ChildProcess& process() { return *process_; }

    void kill() { process_->kill(); }

    // SIGTERM; its exit code.
    std::optional<int> terminate();

    [[nodiscard]] std::string log() const { return process_->errors(); }

    // The document of an op; nil if it was refused or not answered.
    Document ask(const std::string& op, const Document& arguments = Document::object());
    // The state in which it shows a member; empty if it shows none.
    std::string state_of(const std::string& member);

  private:
    std::string name_;
    std::string base_;
    int starts_ = 0;
    std::unique_ptr<ChildProcess> process_;
    std::optional<Client> client_;
};

// Agents a0, a1, ... in one directory; a0 is the seed of all.
class TestCluster {
  public:
    explicit TestCluster(int size);

    TestAgent& operator[](int index) { return *agents_[static_cast<std::size_t>(index)]; }

    [[nodiscard]] int size() const { return static_cast<int>(agents_.size()); }

    [[nodiscard]] const std::string& directory() const { return directory_.path(); }

    // Starts all, and waits until all see all alive.
    bool start_all();
    // True when each of these agents shows the member in the state.
    bool expect_everywhere(const std::vector<int>& observers,
                           const std::string& member,
                           const std::string& state,
                           std::chrono::seconds within);
    bool expect_all_alive(std::chrono::seconds within);
    // True when the agents show equal ring digests.
    bool expect_equal_rings(const std::vector<int>& agents, std::chrono::seconds within);

  private:
    TemporaryDirectory directory_;
    std::vector<std::unique_ptr<TestAgent>> agents_;
};

// What an agent publishes, gathered from now on.
class EventLog {
  public:
    // Returns when it follows.
    explicit EventLog(const std::string& runtime_dir);

    // Takes what has come.
    void collect();
    // Events of this type about this member; "" is any member.
    int count(EventType type, const std::string& member = "");
    // Events of type Link that say this of the link to this member.
    int count_links(LinkCondition condition, const std::string& member);

    [[nodiscard]] bool was_resynced() const { return resync_count_ > 1; }

    [[nodiscard]] const View& view() const { return client_->view(); }

  private:
    std::optional<Client> client_;
    std::vector<Event> events_;
    int resync_count_ = 0;
};

}  // namespace memberd::test
