#include "tests/net/support/program.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "detector/check.hpp"

namespace memberd {
namespace {

using Clock = std::chrono::steady_clock;

struct Ends {
    int ours = -1;
    int theirs = -1;
};

Ends pipe_ends() {
    std::array<int, 2> ends{};
    MEMBERD_CHECK(::pipe2(ends.data(), O_CLOEXEC) == 0, "a pipe");
    return {ends[0], ends[1]};
}

Ends terminal_ends() {
    const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    std::array<char, 64> name{};
    MEMBERD_CHECK(master >= 0 && ::grantpt(master) == 0 && ::unlockpt(master) == 0 &&
                      ::ptsname_r(master, name.data(), name.size()) == 0,
                  "a terminal");
    const int slave = ::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    const winsize size{40, 120, 0, 0};
    MEMBERD_CHECK(slave >= 0 && ::ioctl(slave, TIOCSWINSZ, &size) == 0, "a terminal's other end");
    return {master, slave};
}

int input_of(const std::string& text) {
    std::string name = "/tmp/memberd-input-XXXXXX";
    const int file = ::mkostemp(name.data(), O_CLOEXEC);
    MEMBERD_CHECK(file >= 0, "a file for stdin");
    ::unlink(name.c_str());
    MEMBERD_CHECK(::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()),
                  "writing stdin's file");
    ::lseek(file, 0, SEEK_SET);
    return file;
}

std::vector<std::string> environment_of(const ProgramSetup& setup) {
    std::vector<std::string> result;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string text = *entry;
        bool replaced = false;
        for (const auto& [name, value] : setup.environment) {
            replaced = replaced || text.starts_with(name + '=');
        }
        if (!replaced) {
            result.push_back(text);
        }
    }
    for (const auto& [name, value] : setup.environment) {
        if (value) {
            result.push_back(name + '=' + *value);
        }
    }
    return result;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> result;
    result.reserve(texts.size() + 1);
    for (std::string& text : texts) {
        result.push_back(text.data());
    }
    result.push_back(nullptr);
    return result;
}

}  // namespace

Program::Program(const ProgramSetup& setup) {
    const Ends out = setup.terminal ? terminal_ends() : pipe_ends();
    const Ends err = setup.terminal ? Ends{-1, out.theirs} : pipe_ends();
    const int input = input_of(setup.input);
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out.theirs, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err.theirs, STDERR_FILENO);
    std::vector<std::string> words = setup.command;
    std::vector<std::string> environment = environment_of(setup);
    const int result = ::posix_spawn(&pid_, words.front().c_str(), &actions, nullptr,
                                     pointers_to(words).data(), pointers_to(environment).data());
    posix_spawn_file_actions_destroy(&actions);
    MEMBERD_CHECK(result == 0, "starting " + words.front());
    ::close(input);
    ::close(out.theirs);
    if (err.ours >= 0) {
        ::close(err.theirs);
    }
    out_fd_ = out.ours;
    err_fd_ = err.ours;
    if (setup.closed_pipe) {
        ::close(out_fd_);
        out_fd_ = -1;
    }
}

Program::~Program() {
    if (!exit_code_) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    for (const int descriptor : {out_fd_, err_fd_}) {
        if (descriptor >= 0) {
            ::close(descriptor);
        }
    }
}

bool Program::read_some() {
    std::array<pollfd, 2> ready{pollfd{out_fd_, POLLIN, 0}, pollfd{err_fd_, POLLIN, 0}};
    ::poll(ready.data(), ready.size(), 50);
    bool open = false;
    for (std::size_t i = 0; i < ready.size(); ++i) {
        int& descriptor = i == 0 ? out_fd_ : err_fd_;
        if (descriptor >= 0 && ready.at(i).revents != 0) {
            std::array<char, 65536> buffer{};
            const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
            if (count > 0) {
                (i == 0 ? out_ : err_).append(buffer.data(), static_cast<std::size_t>(count));
            } else if (count == 0 || errno != EINTR) {
                ::close(descriptor);
                descriptor = -1;
            }
        }
        open = open || descriptor >= 0;
    }
    return open;
}

bool Program::wait_for(const std::string& text, Seconds limit) {
    const auto deadline = Clock::now() + limit;
    while (out_.find(text) == std::string::npos) {
        if (!read_some() || Clock::now() > deadline) {
            return out_.find(text) != std::string::npos;
        }
    }
    return true;
}

void Program::send(int signal) const {
    ::kill(pid_, signal);
}

std::optional<int> Program::wait(Seconds limit) {
    const auto deadline = Clock::now() + limit;
    while (!exit_code_ && Clock::now() < deadline) {
        const bool open = read_some();
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) == pid_) {
            exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            while (read_some()) {
            }
        } else if (!open) {
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        }
    }
    return exit_code_;
}

Finished run_program(const ProgramSetup& setup) {
    Program program(setup);
    const auto exit_code = program.wait();
    return {exit_code.value_or(-1), program.out(), program.err()};
}

}  // namespace memberd
