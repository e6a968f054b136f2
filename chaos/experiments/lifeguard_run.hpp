// One run of the experiments of Lifeguard (Dadgar, Phillips, Currey 2018), section V.
//
// n members, 15 s of quiet; then C of them, chosen at random, block every send and every receive
// for D while their timers run on; what was held is released at the end, all C in lock-step.
//
// Threshold: one block. Asked: how long after its beginning the first other member raises a failure
// event about a blocked one, and when all that are not blocked have. Only failures that were seen
// count, so there is a sample for each blocked member, or none.
//
// Interval: block for D, run for I, again and again for 120 s. Asked: failure events about members
// that are not among the C, false positives (FP), and those of them that were raised at members not
// among the C (FP-). What is raised about one of the C always counts as right, however short its
// block: that is the papers' definition, and why declarations about them are counted too.
//
// Failure event: an observer's own view of a member turns to dead; again after every return.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chaos/sim/cluster.hpp"

namespace memberd::sim {

inline constexpr Duration kLifeguardQuiet = std::chrono::seconds(15);
inline constexpr Duration kIntervalLength = std::chrono::seconds(120);
// How long a threshold run goes on after the block: what is to refute has refuted.
inline constexpr Duration kThresholdTail = std::chrono::seconds(15);

// What becomes of the C. The paper's is Block; the others are ours, for a detector that is good at
// the paper's fault alone is good for nothing.
enum class LifeguardFault : std::uint8_t {
    Block,     // no message is sent or received, timers run
    Sends,     // only sends are held
    Receives,  // only receives are held
    Stop,      // the process stands still
    Phases,    // as Block, each of the C at times of its own (interval experiment only)
    Slow,      // every message takes kSlowMessage to handle
};

// Busy at five messages a second; a member that nobody suspects gets two or three.
inline constexpr Duration kSlowMessage = std::chrono::milliseconds(200);

std::optional<LifeguardFault> parse_lifeguard_fault(std::string_view name);

struct LifeguardCell {
    std::uint32_t blocked = 1;  // C
    Duration block{};           // D
    Duration run{};             // I; unused by the threshold experiment
    bool has_faults = true;     // false: a control run, nobody is blocked
    LifeguardFault fault = LifeguardFault::Block;
};

struct FailureEvents {
    std::uint64_t false_positives = 0;             // FP
    std::uint64_t false_positives_at_healthy = 0;  // FP-
    std::uint64_t declarations = 0;                // about members of the C
};

// Which of the n members are among the C.
using BlockedSet = std::vector<bool>;

FailureEvents count_failure_events(std::span<const Death> deaths, const BlockedSet& blocked);

// What became of one blocked member, from the beginning of its block on.
struct Detection {
    Member victim = kNone;
    Duration first{};                          // at whatever other member
    std::optional<Duration> first_at_healthy;  // at one that is not blocked
    std::optional<Duration> full;  // at the last member that is not blocked; nothing: not at all
};

// Of the blocked members that were declared dead since `begin`, by number.
std::vector<Detection> detections_of(std::span<const Death> deaths,
                                     const BlockedSet& blocked,
                                     Instant begin);

struct LifeguardRun {
    std::vector<Detection> detections;  // threshold only
    FailureEvents failures;
    double messages_per_member_second = 0.0;  // from the first block on
    double bytes_per_member_second = 0.0;
    // Messages that reached the C while they were blocked: more than none, and there was no block.
    std::uint64_t received_while_blocked = 0;
    std::uint64_t events = 0;  // of the kernel, as History::events
    std::uint64_t trace_hash = 0;
    std::string failure;  // a broken invariant, with how to see it again; empty: none
};

// Both require that blocked <= n - 1. `options.network` and transport are the caller's: the papers'
// is a LAN with datagrams.
LifeguardRun run_threshold(const ClusterOptions& options, const LifeguardCell& cell);
LifeguardRun run_interval(const ClusterOptions& options, const LifeguardCell& cell);

}  // namespace memberd::sim
