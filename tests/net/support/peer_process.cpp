#include "tests/net/support/peer_process.hpp"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace memberd::test {

PeerProcess::PeerProcess(std::uint16_t port, unsigned fds_max) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw std::runtime_error("no pipe");
    }
    std::vector<std::string> words{MEMBERD_TEST_PROGRAMS "/echo_peer", std::to_string(port)};
    if (fds_max > 0) {
        words.push_back(std::to_string(fds_max));
    }
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words) {
        arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    const int error =
        posix_spawn(&pid_, words[0].c_str(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    char first = 0;
    const bool ready = error == 0 && read(ends[0], &first, 1) == 1;
    close(ends[0]);
    if (!ready) {
        kill();
        throw std::runtime_error("echo_peer does not start on port " + std::to_string(port));
    }
}

PeerProcess::~PeerProcess() {
    kill();
}

void PeerProcess::kill() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
}

void PeerProcess::stop() {
    ::kill(pid_, SIGSTOP);
    waitpid(pid_, nullptr, WUNTRACED);
}

void PeerProcess::resume() {
    ::kill(pid_, SIGCONT);
}

char PeerProcess::state() const {
    std::ifstream stat("/proc/" + std::to_string(pid_) + "/stat");
    std::string text;
    std::getline(stat, text);
    const auto end_of_name = text.rfind(") ");
    return pid_ > 0 && end_of_name != std::string::npos ? text.at(end_of_name + 2) : 'X';
}

bool PeerProcess::is_running() const {
    const char now = state();
    return now != 'X' && now != 'Z' && now != 'T';
}

}  // namespace memberd::test
