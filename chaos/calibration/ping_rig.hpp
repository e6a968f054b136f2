// The experiments that the stream model is compared with: one process sends numbered pings at a
// steady pace over one connection, another answers each at once. No engine takes part.
//
// Thread rule: one thread a run; runs share nothing. Equal arguments, equal outcomes. Complexity: a
// run costs some hundred events.
#pragma once

#include <cstdint>

#include "chaos/sim/conditions.hpp"
#include "chaos/sim/network.hpp"
#include "chaos/sim/stream_rules.hpp"

namespace memberd::sim {

// When a fault begins.
enum class Onset : std::uint8_t {
    BeforeConnecting,
    WhileConnected,
};

struct LossOutcome {
    // Shares of the pings that were answered within 0.5, 1 and 2 s.
    double within_half_second = 0.0;
    double within_second = 0.0;
    double within_two_seconds = 0.0;
    double answered = 0.0;  // by the end of the run
    double worst_s = 0.0;   // round trip of an answered ping; 0: none was
};

// 20 pings a second for 25 s while each way loses this share; answers count until 2 s later.
LossOutcome ping_under_loss(
    std::uint64_t seed, Carrying carrying, const StreamRules& rules, double loss, Onset onset);

struct BlackoutOutcome {
    double first_answer_s = 0.0;  // after the heal, of whatever ping
    double stale = 0.0;           // pings sent during the blackout that arrived after it
    double oldest_s = 0.0;        // of these, at their arrival
};

// 5 pings a second; after some seconds nothing passes for `length`, then everything does again.
BlackoutOutcome ping_through_blackout(std::uint64_t seed,
                                      Carrying carrying,
                                      const StreamRules& rules,
                                      Duration length);

// Messages of 250 bytes that a peer takes which was stopped: sent as fast as can be until one is
// dropped. All of them reach it when it runs again.
std::uint32_t taken_by_stopped_peer(const StreamRules& rules);

}  // namespace memberd::sim
