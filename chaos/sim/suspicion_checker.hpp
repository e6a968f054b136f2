// Death is earned, modes swim and lifeguard: invariants I5 and I6.
//
// I5: a member declares another dead only after it has held it suspect, with these very numbers,
//     for at least Min = alpha max(1, log10 n) T on its own clock, less the time for which it stood
//     still.
// I6: a death that comes with another's table (sync, welcome) is a suspicion at most; only what is
//     gossiped is believed at once.
//
// Thread rule: one thread. Complexity: O(1) a change and an update.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "chaos/sim/engine_call.hpp"
#include "chaos/sim/violation.hpp"

namespace memberd::sim {

class SuspicionChecker {
  public:
    explicit SuspicionChecker(const BaselineTiming& timing) : timing_(timing) {}

    void began() { observers_.emplace_back(); }

    void ended(const Ghost& ghost) { observers_[ghost.run] = {}; }

    // Before the call that tells the engine.
    void stood_still(const Ghost& ghost, Duration gap) { observers_[ghost.run].stood += gap; }

    void judge(const EngineCall& call, Violations& violations);

  private:
    struct Suspect {
        Claim claim;
        Instant since;
        Duration stood{};  // for so long the observer had stood still by then
        Duration least{};  // how long it must be suspect
    };

    struct Observer {
        Duration stood{};
        std::unordered_map<std::uint64_t, Suspect> suspects;  // by name key; never iterated
    };

    void note(const EngineCall& call, std::uint64_t key, const Claim& claim);
    void judge_death(const EngineCall& call, const Change& death, Violations& violations);

    const BaselineTiming timing_;
    std::vector<Observer> observers_;  // by run
};

}  // namespace memberd::sim
