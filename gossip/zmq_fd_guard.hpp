// Keeps strangers' connections from using up the file descriptors.
//
// Without one libzmq spins at 100 % of a core on the listening socket that it can't accept from,
// and aborts the process at the next connection to a local socket. Closing the listener closes
// every connection that came in through it, so that is what the guard asks for, long before the end
// is reached; members come back with their next message.
#pragma once

#include <cstdint>

#include "detector/time.hpp"

namespace memberd {

// Descriptors of this process. The lowest free one stands for how many are in use: descriptors are
// given out from below.
struct FdUse {
    std::uint64_t lowest_free = 0;
    std::uint64_t limit = 0;  // RLIMIT_NOFILE, soft
    std::uint64_t own = 0;    // what we opened ourselves and strangers can't grow
};

// `any_fd` is any open descriptor.
FdUse measure_fds(int any_fd, std::uint64_t own);

enum class FdVerdict : std::uint8_t {
    Keep,
    Unbind,
    Bind,
};

class FdGuard {
  public:
    // Between two looks; a look costs three system calls.
    static constexpr Duration kInterval = std::chrono::milliseconds(100);
    // A listener stays closed for at least this long. Less than the second after which observers
    // take a member that refuses connections for dead, more than libzmq needs to close thousands.
    static constexpr Duration kClosedFor = std::chrono::milliseconds(500);

    [[nodiscard]] Instant next_deadline() const { return next_look_; }

    // Unbind when half of what strangers could use is used; Bind when no more than a quarter is.
    [[nodiscard]] FdVerdict look(Instant now, const FdUse& use, bool listening);

  private:
    Instant next_look_ = Instant::min();
    Instant closed_until_ = Instant::min();
};

}  // namespace memberd
