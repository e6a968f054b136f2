// Who is probed, and when: invariant I13.
//
// Modes swim and lifeguard: in any 2 n - 1 rounds of its own a member probes every member that it
// holds alive (SWIM section 4.3), n the most that it has held alive.
// Mode memberd: an observer pings each of its subjects at least every K + 2 periods (a turn of all
// K, and what a missed answer or a change of turns costs), less the time for which its timers had
// to wait; and where nothing happens every member
// that is alive is pinged by somebody in any two periods. Whom nobody heeds, because it was removed
// again and again and stays away, has four times as long.
//
// Thread rule: one thread. Complexity: O(1) a ping, O(members known) every 16th round, O(K) a
// period.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "chaos/sim/address.hpp"
#include "chaos/sim/engine_call.hpp"
#include "chaos/sim/violation.hpp"

namespace memberd::sim {

class ProbeChecker {
  public:
    explicit ProbeChecker(const EngineConfig& config)
        : is_memberd_(config.mode == Mode::Memberd),
          period_(config.timing.period),
          ring_count_(config.timing.ring_count) {}

    void began() { probers_.emplace_back(); }

    void ended(const Ghost& ghost) { probers_[ghost.run] = {}; }

    void stood_still(const Ghost& ghost) { probers_[ghost.run].subjects.clear(); }

    // `is_calm`: nothing has happened for long.
    void judge(const EngineCall& call, bool is_calm, Violations& violations);

  private:
    struct Subject {
        AddressId address = 0;
        Instant since;  // the last ping or answer, or when it became a subject
    };

    struct Prober {
        std::uint64_t probes = 0;               // counted by the engine
        std::uint32_t round = 0;                // modes swim and lifeguard
        std::uint32_t most = 0;                 // members that it has held alive at once
        std::vector<std::uint32_t> last_round;  // by address; the round of the last probe
        std::unordered_map<std::uint64_t, AddressId> places;  // by name key; never iterated
        std::vector<Subject> subjects;                        // mode memberd
        Instant looked_at = Instant::min();                   // at its subjects
        bool is_held = false;                                 // at the last look
        Instant due = kNever;                                 // when its timers wanted to fire next
    };

    void judge_round(const EngineCall& call, Prober& prober, Violations& violations);
    void judge_gap(const EngineCall& call,
                   Prober& prober,
                   AddressId address,
                   std::string_view name,
                   Violations& violations);
    void note_arrivals(const EngineCall& call, Prober& prober);
    void judge_subjects(const EngineCall& call, Prober& prober, Violations& violations);
    static void excuse_waiting(const EngineCall& call, Prober& prober);
    void judge_coverage(const EngineCall& call, bool is_calm, Violations& violations);

    bool is_memberd_;
    Duration period_;
    std::uint32_t ring_count_;
    std::vector<Prober> probers_;     // by run
    std::vector<Instant> pinged_at_;  // by address, while all is calm; kNever: not yet
};

}  // namespace memberd::sim
