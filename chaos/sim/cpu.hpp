// The CPU of a slow process: what its work costs, and when it is let onto a core at all.
//
// Work takes its service time, counted only while the process runs. With a quota it runs in the
// first `run` of every `every` of global time, whatever it has used before: that is what a process
// meets that shares its quota or its core with busy others, and harsher than a quota of its own.
//
// Thread rule: one thread. Complexity: O(1).
#pragma once

#include "detector/time.hpp"

namespace memberd::sim {

struct CpuLimits {
    Duration per_message{};  // from the socket to the last answer that it causes
    Duration per_timer{};    // one call of the engine for all that is due
    Duration run{};          // of every `every`
    Duration every{};        // zero: no quota

    [[nodiscard]] bool has_quota() const { return every > Duration::zero(); }

    // Without limits a process costs nothing.
    [[nodiscard]] bool are_none() const {
        return per_message == Duration::zero() && per_timer == Duration::zero() && !has_quota();
    }
};

// The first instant not before `at` at which the process runs. Requires run > 0 with a quota.
Instant runs_at(const CpuLimits& limits, Instant at);

// When work is done that begins at `at` and takes `service`.
Instant done_at(const CpuLimits& limits, Instant at, Duration service);

}  // namespace memberd::sim
