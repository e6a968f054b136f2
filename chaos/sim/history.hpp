// What happened in a run, as the tests and the reports ask for it: deaths with their truth, and
// traffic by kind of message.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "chaos/sim/packet_pool.hpp"
#include "detector/time.hpp"
#include "gossip/messages.hpp"

namespace memberd::sim {

// One observer shows one run of a member as dead.
struct Death {
    Instant at;
    ProcessId observer = kNone;
    ProcessId victim = kNone;
    bool is_first_hand = false;      // declared by the observer itself
    bool is_of_present_run = false;  // the victim's run that was declared dead ran, or stood still
    bool is_false = false;           // the victim ran, healthy, and observer and victim could talk
    bool observer_is_healthy = false;
};

inline constexpr std::size_t kMessageTypeCount = 16;  // 0: not a message

struct Traffic {
    std::array<std::uint64_t, kMessageTypeCount> messages{};
    std::array<std::uint64_t, kMessageTypeCount> bytes{};

    [[nodiscard]] std::uint64_t message_count() const;
    [[nodiscard]] std::uint64_t byte_count() const;
};

struct History {
    std::vector<Death> deaths;
    Traffic sent;
    std::uint64_t events = 0;      // calls that delivered a message or fired a deadline
    std::uint64_t deliveries = 0;  // of these, messages
    std::uint64_t changes = 0;
    std::uint64_t suspicions = 0;  // changes to suspect
    std::uint64_t returns = 0;     // changes from dead to alive
    std::uint64_t dropped_while_paused = 0;

    // False deaths: FP anywhere, FP- at healthy observers.
    [[nodiscard]] std::uint64_t false_deaths() const;
    [[nodiscard]] std::uint64_t false_deaths_at_healthy() const;
};

// The type without decoding; 0 if these bytes are no message of ours.
std::size_t message_type(Bytes bytes);

}  // namespace memberd::sim
