// The safety invariants that can be seen from outside an engine, checked at every event.
//
// I1 ownership: nobody shows a member with a generation and incarnation above those it has given
// itself. I2 monotone record: what an observer shows of a member never goes back (generation; left;
// incarnation; state, where a suspicion of mode memberd counts as alive). I3 no resurrection: dead
// or left becomes alive only with greater numbers. I4 self: a member never shows itself suspect or
// dead. I9 size: probe messages and all others keep their limits.
//
// The truth comes from ghosts: what every run of every process has really issued, which only the
// simulator knows. Thread rule: one thread. Complexity: O(log changes) a change, O(1) an event.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chaos/sim/packet_pool.hpp"
#include "detector/time.hpp"
#include "gossip/engine.hpp"

namespace memberd::sim {

// The invariant that was broken, where and when.
struct Violation {
    std::string invariant;
    std::string text;
    Instant at;
};

// One run of one process, as it truly is.
struct Ghost {
    ProcessId process = kNone;
    std::uint64_t instance = 0;
    std::uint64_t generation = 0;    // the greatest it has issued
    std::uint32_t incarnation = 0;   // with that generation
    const Engine* engine = nullptr;  // while it runs
};

class Checker {
  public:
    explicit Checker(Mode mode) : suspicion_is_evidence_(mode == Mode::Memberd) {}

    // Ghosts are kept for the whole run: old claims travel for long.
    void began(ProcessId process, const Engine& engine);
    void ended(ProcessId process);

    // From now on somebody speaks in the names of others: nobody owns what is said of it (I1).
    void allow_forgeries() { has_forgeries_ = true; }

    void check_change(Instant now,
                      ProcessId observer,
                      const Change& change,
                      const ProfilePool& pool);
    void check_self(Instant now, ProcessId process, const Engine& engine);
    void check_size(Instant now, ProcessId process, Bytes message);

    [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }

  private:
    // What an observer showed last of a name.
    struct Shown {
        Claim claim;
    };

    void violated(Instant now, std::string_view invariant, std::string text);
    void check_ownership(Instant now,
                         ProcessId observer,
                         const Claim& claim,
                         std::string_view name);
    [[nodiscard]] MemberState ranked(MemberState state) const;

    bool suspicion_is_evidence_;
    bool has_forgeries_ = false;
    std::vector<Ghost> ghosts_;                                     // in the order of their start
    std::map<std::uint64_t, std::size_t> by_instance_;              // into ghosts_
    std::map<ProcessId, std::size_t> running_;                      // into ghosts_
    std::map<std::pair<std::size_t, std::uint64_t>, Shown> shown_;  // ghost and name key
    std::vector<Violation> violations_;
};

}  // namespace memberd::sim
