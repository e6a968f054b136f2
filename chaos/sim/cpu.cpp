#include "chaos/sim/cpu.hpp"

#include "detector/check.hpp"

namespace memberd::sim {

Instant runs_at(const CpuLimits& limits, Instant at) {
    if (!limits.has_quota()) {
        return at;
    }
    MEMBERD_CHECK(limits.run > Duration::zero(), "a process that never runs is no slow one");
    const Duration into = at.time_since_epoch() % limits.every;
    return into < limits.run ? at : at + (limits.every - into);
}

Instant done_at(const CpuLimits& limits, Instant at, Duration service) {
    const Instant begins = runs_at(limits, at);
    if (!limits.has_quota() || limits.run >= limits.every) {
        return begins + service;
    }
    const Duration into = begins.time_since_epoch() % limits.every;
    const Duration left = limits.run - into;  // of the window in which it begins
    if (service <= left) {
        return begins + service;
    }
    const Instant next = begins + (limits.every - into);
    const Duration rest = service - left;
    const Duration::rep windows = (rest - Duration(1)) / limits.run;
    return next + limits.every * windows + (rest - limits.run * windows);
}

}  // namespace memberd::sim
