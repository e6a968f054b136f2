// Deadlines of one engine: a binary heap ordered by time, then by age, so that equal inputs fire in
// equal order.
//
// Timers are not cancelled: whoever set one looks, when it fires, whether its reason still stands.
// That keeps the heap free of bookkeeping; stale timers are bounded because each kind is short or
// set once.
#pragma once

#include <cstdint>
#include <vector>

#include "detector/time.hpp"

namespace memberd {

enum class TimerKind : std::uint8_t {
    Sweep,
    Flush,
    Contact,
    JoinRetry,
    LeaveRetry,
    NameCheck,
    PendingDeath,
    HoldEnd,
    Sync,
    // Mode memberd.
    SubjectPing,
    PingTimeout,
    CaseTick,
    AccusationEnd,
    Backlog,
    RandomContact,
    // Modes swim and lifeguard.
    SwimPeriod,
    SwimProbeTimeout,
    SwimHelperTimeout,
    SuspicionEnd,
    SwimGossip,
    // All modes: a caller's probe.
    CallerProbe,
};

struct Timer {
    Instant at;
    std::uint64_t order = 0;
    TimerKind kind = TimerKind::Sweep;
    std::uint32_t key = 0;
    std::uint32_t detail = 0;
};

class TimerQueue {
  public:
    void set(Instant at, TimerKind kind, std::uint32_t key = 0, std::uint32_t detail = 0);

    [[nodiscard]] Instant next() const { return heap_.empty() ? kNever : heap_.front().at; }

    // Removes the first timer if it is due at `now`.
    bool pop(Instant now, Timer& timer);

    void clear() { heap_.clear(); }

    [[nodiscard]] std::size_t size() const { return heap_.size(); }

    [[nodiscard]] std::size_t memory_bytes() const { return heap_.capacity() * sizeof(Timer); }

  private:
    std::vector<Timer> heap_;
    std::uint64_t next_order_ = 0;
};

}  // namespace memberd
