#include "membership/signals.hpp"

#include <cerrno>
#include <csignal>
#include <pthread.h>
#include <sys/signalfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace memberd {

Result<Signals> Signals::create() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
        sigaddset(&set, signal);
    }
    std::signal(SIGPIPE, SIG_IGN);
    const int blocked = pthread_sigmask(SIG_BLOCK, &set, nullptr);
    const int fd = blocked == 0 ? signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC) : -1;
    if (fd < 0) {
        const int number = blocked != 0 ? blocked : errno;
        return Error{ErrorCode::System,
                     "taking charge of signals: " + std::generic_category().message(number)};
    }
    return Signals(fd);
}

Signals::Signals(Signals&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Signals::~Signals() {
    if (fd_ >= 0) {
        close(fd_);
    }
}

std::optional<int> Signals::next() {
    signalfd_siginfo info{};
    if (read(fd_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) {
        return std::nullopt;
    }
    return static_cast<int>(info.ssi_signo);
}

}  // namespace memberd
