// Signals as something to poll: blocked for the process, read from a descriptor.
//
// To be made before any thread starts (libzmq's context with its first socket), so that every
// thread inherits the mask. Thread rule: one thread.
#pragma once

#include <optional>

#include "detector/result.hpp"

namespace memberd {

class Signals {
  public:
    // Blocks SIGTERM, SIGINT and SIGHUP, and ignores SIGPIPE.
    static Result<Signals> create();

    Signals(Signals&& other) noexcept;
    Signals& operator=(Signals&& other) = delete;
    ~Signals();

    // The number of the next signal that has come, or nothing.
    std::optional<int> next();

    // Readable while a signal waits.
    [[nodiscard]] int fd() const { return fd_; }

  private:
    explicit Signals(int fd) : fd_(fd) {}

    int fd_;
};

}  // namespace memberd
