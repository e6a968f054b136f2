// What a cluster costs in which nothing happens: invariants I10, I11 and I12.
//
// Nothing happens while nobody's membership changes, no claim is gossiped, nobody is suspected or
// looked for, and no fault of the network is set; after kRest of that:
// I10 constant load: members send no more messages, on average, than probing takes: 2.3 a second in
//     mode memberd, 2.1 in the baselines, and one more in every contact_interval where somebody is
//     dead or a seed is missing.
// I11 bounded queues: nothing is left to be passed on. And always: one entry a record at most.
// I12 bounded state: no report of a death waits, nobody is on trial. And always: records are the
//     members that are alive, dead or left, and of the dead no more than are to be remembered.
//
// Thread rule: one thread. Complexity: O(what waits at an engine) a call.
#pragma once

#include <cstdint>

#include "chaos/sim/engine_call.hpp"
#include "chaos/sim/violation.hpp"

namespace memberd::sim {

class LoadChecker {
  public:
    static constexpr Duration kRest = std::chrono::seconds(60);
    static constexpr Duration kWindow = std::chrono::seconds(10);

    explicit LoadChecker(const EngineConfig& config)
        : is_memberd_(config.mode == Mode::Memberd),
          period_(config.mode == Mode::Memberd ? config.timing.period
                                               : config.timing.baseline.period),
          contact_interval_(config.timing.membership.contact_interval) {}

    // Somebody starts, ends, stands still.
    void disturbed(Instant now);
    void judge(const EngineCall& call, std::size_t running, Violations& violations);

    // Nothing has happened for kRest.
    [[nodiscard]] bool is_calm(Instant now) const { return now - disturbed_at_ >= kRest; }

  private:
    [[nodiscard]] bool is_disturbance(const EngineCall& call, const EngineBacklog& backlog) const;
    void judge_tables(const EngineCall& call,
                      const EngineBacklog& backlog,
                      Violations& violations) const;
    void judge_window(const EngineCall& call, std::size_t running, Violations& violations);

    bool is_memberd_;
    Duration period_;
    Duration contact_interval_;
    Instant disturbed_at_ = Instant::min() + kRest;
    std::uint32_t topology_version_ = 0;
    Instant window_since_ = kNever;
    std::uint64_t sent_ = 0;
};

}  // namespace memberd::sim
