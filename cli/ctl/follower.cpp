#include "cli/ctl/follower.hpp"

#include <algorithm>
#include <array>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <fmt/format.h>

namespace memberd::ctl {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// The client wants to be called now and then; until it has its first view, often.
constexpr milliseconds kTurnMax{500};
constexpr milliseconds kTurnAtFirst{20};

}  // namespace

Follower::Follower(Session& session) : session_(session) {
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, &mask_before_);
    signals_ = ::signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
}

Follower::~Follower() {
    // What has come is taken, so that unblocking does not kill the process on its way out.
    signalfd_siginfo signal{};
    while (signals_ >= 0 && ::read(signals_, &signal, sizeof signal) > 0) {
    }
    ::close(signals_);
    pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
}

Status Follower::begin() {
    const Result<Client*> client = session_.client();
    if (!client) {
        return client.error();
    }
    client_ = *client;
    current_at_ = Clock::now();
    return client_->follow();
}

// Waits for a signal or for something that the client can take.
bool Follower::is_interrupted(milliseconds wait) const {
    std::array<pollfd, 2> ready{pollfd{signals_, POLLIN, 0}, pollfd{client_->fd(), POLLIN, 0}};
    ::poll(ready.data(), ready.size(), static_cast<int>(wait.count()));
    return (ready[0].revents & POLLIN) != 0;
}

Turn Follower::next(milliseconds wait, Batch& batch) {
    const auto deadline = Clock::now() + wait;
    while (true) {
        batch = client_->poll(milliseconds{0});
        const auto now = Clock::now();
        if (client_->is_current()) {
            current_at_ = now;
        }
        if (session_.console().is_closed()) {
            return Turn::Closed;
        }
        if (!batch.empty()) {
            return is_interrupted(milliseconds{0}) ? Turn::Interrupted : Turn::Changed;
        }
        if (now - current_at_ > session_.options().timeout) {
            return Turn::Silent;
        }
        if (now >= deadline) {
            return Turn::Quiet;
        }
        const milliseconds turn = client_->is_current() ? kTurnMax : kTurnAtFirst;
        if (is_interrupted(
                std::min(turn, std::chrono::ceil<milliseconds>(deadline - Clock::now())))) {
            return Turn::Interrupted;
        }
    }
}

Error Follower::silence() const {
    return {ErrorCode::Unavailable,
            fmt::format("the agent has not been heard of for {}: it may have ended, or be stopped "
                        "or overloaded",
                        session_.patience())};
}

}  // namespace memberd::ctl
