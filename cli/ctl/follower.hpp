// Following the agent until somebody says stop: what `events` and `members --watch` wait on.
//
// SIGINT and SIGTERM are blocked while one exists and end its waiting; a reader of stdout that goes
// away and an agent that falls silent do so too. Thread rule: one thread, one follower at a time.
#pragma once

#include <chrono>
#include <csignal>
#include <cstdint>

#include "cli/ctl/events.hpp"
#include "cli/ctl/session.hpp"
#include "membership/client.hpp"

namespace memberd::ctl {

enum class Turn : std::uint8_t {
    Changed,      // the batch is not empty
    Quiet,        // nothing happened for as long as one wanted to wait
    Interrupted,  // by a signal
    Closed,       // nobody reads stdout any more
    Silent,       // the agent can't be followed any more, or could not from the start
};

class Follower {
  public:
    // The session must outlive the follower. A message is Silent when the view has not been current
    // for the time of --timeout.
    explicit Follower(Session& session);
    ~Follower();
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;

    // Call it first. Unavailable: the agent can't be reached.
    Status begin();

    // Waits for at most `wait`. Requires begin().
    Turn next(std::chrono::milliseconds wait, Batch& batch);

    [[nodiscard]] const View& view() const { return client_->view(); }

    // What to tell the operator after Silent.
    [[nodiscard]] Error silence() const;

  private:
    [[nodiscard]] bool is_interrupted(std::chrono::milliseconds wait) const;

    Session& session_;
    Client* client_ = nullptr;
    sigset_t mask_before_{};
    int signals_ = -1;
    std::chrono::steady_clock::time_point current_at_{};
};

}  // namespace memberd::ctl
