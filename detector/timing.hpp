// Every constant of failure detection and dissemination that has a duration or a count, by profile.
//
// The table with reasons is in README.md beside this file. Timings that depend on the number of
// members are functions (suspicion.hpp), not constants.
#pragma once

#include <optional>
#include <string_view>

#include "detector/time.hpp"

namespace memberd {

enum class TimingProfile : std::uint8_t {
    Lan,    // one data centre: tolerates pauses of 2 s and round trips up to 100 ms
    Local,  // one rack or one machine: faster, tolerates pauses of 1 s
    Wan,    // several sites: round trips of 100 ms and more, pauses of 4 s
};

std::string_view to_string(TimingProfile profile);
std::optional<TimingProfile> parse_timing_profile(std::string_view text);

struct Timing {
    // All modes.
    Duration period{};            // T: every member is pinged once in it
    Duration leave_timeout{};     // a leave waits this long for acknowledgements
    Duration restart_grace{};     // how long a member that announced a restart keeps its place
    Duration tombstone_window{};  // the left are remembered this long
    Duration dead_window{};       // the dead are contacted and remembered this long
    Duration contact_interval{};  // one unreachable seed or dead member is contacted each
    Duration join_retry_min{};    // first retry of a join; doubles
    Duration join_retry_max{};

    // Mode memberd.
    int ring_count = 0;            // K
    Duration probe_timeout_min{};  // bounds of srtt + 6 deviations
    Duration probe_timeout_max{};
    Duration suspect_after{};  // V
    Duration depth_min{};      // P
    Duration depth_max{};      // bound of P + mean + 4 deviations
    double phi_threshold = 0.0;
    int accusers_required = 0;       // H
    int helper_count = 0;            // asked at a miss
    Duration fresh_ping_interval{};  // while a case is open
    Duration suspicion_interval{};   // a suspicion is repeated
    Duration suspicion_validity{};   // and holds
    Duration burst_interval_min{};   // all own subjects are pinged at a miss, at most this often
    Duration flood_delay{};  // changes are collected for this long before they are passed on
    Duration random_contact_interval{};
    Duration reachable_window{};  // a round trip this recent counts a member as reachable
    Duration doubt_silence{};     // W
    Duration doubt_end{};         // from silence alone
    Duration digest_settle{};     // a digest that differs is looked at when ours has been still for
                                  // this long

    // Modes swim and lifeguard (memberlist's LAN constants).
    Duration swim_probe_timeout{};
    int swim_helper_count = 0;        // k
    double suspicion_alpha = 0.0;     // Min = alpha * max(1, log10 n) * T
    double suspicion_beta = 0.0;      // Max = beta * Min, lifeguard only
    int suspicion_confirmations = 0;  // K, lifeguard only
    Duration gossip_interval{};
    int gossip_fanout = 0;
    int retransmit_multiplier = 0;  // lambda
    Duration sync_interval{};
};

Timing timing_of(TimingProfile profile);

}  // namespace memberd
