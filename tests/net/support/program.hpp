// A program under test as a child process: its outputs, its exit code, signals to it.
//
// Everything waits with a generous deadline and then fails by an empty answer; the destructor kills
// what still runs. Thread rule: one thread a program.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace memberd {

// How a program is started.
struct ProgramSetup {
    std::vector<std::string> command;  // the path first
    // Set, or with nothing as the value unset, on top of this process's environment.
    std::vector<std::pair<std::string, std::optional<std::string>>> environment;
    std::string input;         // of stdin, which then ends
    bool terminal = false;     // stdout and stderr are a terminal of 120 columns
    bool closed_pipe = false;  // nobody reads stdout
};

class Program {
  public:
    using Seconds = std::chrono::seconds;

    explicit Program(const ProgramSetup& setup);
    ~Program();
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    // Reads stdout until it contains the text; false if the program ended or time ran out before.
    bool wait_for(const std::string& text, Seconds limit = Seconds{30});
    void send(int signal) const;
    // The exit code, or 128 and the signal's number, or nothing if it still runs.
    std::optional<int> wait(Seconds limit = Seconds{30});

    // So far. A terminal mixes both in out().
    [[nodiscard]] const std::string& out() const { return out_; }

    [[nodiscard]] const std::string& err() const { return err_; }

  private:
    // Takes what has been written; false if nothing came within 50 ms and both have ended.
    bool read_some();

    pid_t pid_ = -1;
    int out_fd_ = -1;
    int err_fd_ = -1;
    std::string out_;
    std::string err_;
    std::optional<int> exit_code_;
};

// A program that ends by itself.
struct Finished {
    int exit_code = -1;  // -1: it did not end
    std::string out;
    std::string err;
};

Finished run_program(const ProgramSetup& setup);

}  // namespace memberd
