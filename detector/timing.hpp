// The constants of failure detection, one set for each kind of network.
//
// Every number that decides when something is a failure stands here; detector/README.md has them as
// a table and says why they differ. Immutable, thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

#include "detector/result.hpp"
#include "detector/round_trip.hpp"
#include "detector/self_doubt.hpp"
#include "detector/time.hpp"

namespace memberd {

enum class TimingProfile : std::uint8_t {
    Lan,    // one site; pauses of 2 s are normal
    Local,  // one rack or machine, fast, pauses of 1 s at most
    Wan,    // links of 50 to 100 ms one way, pauses of 4 s
};

// Modes `swim` and `lifeguard`; `swim` is Lifeguard with beta = 1, no confirmations and no local
// health. The values are those of the papers' experiments and of common practice.
struct BaselineTiming {
    Duration period{};         // T, one probe of one member
    Duration probe_timeout{};  // then ping-req; the ack may come until the end of the period
    std::uint32_t ping_req_count = 0;
    double alpha = 0;
    double beta = 0;
    std::uint32_t confirmations = 0;  // K
    Duration gossip_interval{};
    std::uint32_t gossip_fanout = 0;
    std::uint32_t retransmit_multiplier = 0;  // an update is sent this often times log10(n + 1)
    Duration sync_interval{};
};

// Of members that are removed again and again, see flap_damping.hpp.
struct FlapSettings {
    Duration window{};  // without a removal after a return: all is forgotten
    Duration first{};   // >= 0
    Duration next{};    // >= first
};

// What all modes share.
struct MembershipTiming {
    Duration leave_timeout{};     // a leave waits this long for acknowledgements
    Duration restart_grace{};     // how long a member that announced a restart keeps its place
    Duration tombstone_window{};  // the left are remembered this long
    Duration dead_window{};       // the dead are contacted and remembered this long
    Duration contact_interval{};  // a seed or a dead member that is not with us is contacted each
    Duration join_retry_min{};    // the first retry of a join; doubles
    Duration join_retry_max{};

    // Mode memberd.
    Duration flood_delay{};  // changes are collected this long before they are passed on
    Duration flood_gap{};    // least time between two floods of one member
    // Where the second flood before is no older than this, changes go in one direction of the
    // rings.
    Duration flood_storm{};
    Duration digest_settle{};            // our digest is compared when it was still for this long
    Duration random_contact_interval{};  // a member that is no subject is pinged each
    FlapSettings flapping;               // of a member that is removed again and again
    // Where no storm is, also what was heard goes in both directions of the rings: fewer steps for
    // twice the messages, where a step takes long.
    bool floods_both_ways = false;
};

// Mode `memberd`, and what all modes share.
struct Timing {
    Duration period{};             // T, every subject is probed once in it by somebody
    Duration probe_timeout_min{};  // limits of RoundTrips::probe_timeout
    Duration probe_timeout_max{};
    Duration suspect_after{};         // V, of my unanswered ping
    Duration silence_min{};           // P, the depth of a death before mean, deviation and phi
    Duration silence_max{};           // the cap of required_silence
    double phi_threshold = 0;         // of required_silence
    std::uint32_t ring_count = 0;     // K, observers of a member
    std::uint32_t accuser_count = 0;  // H, breadth of a death, see accusers_needed
    std::uint32_t ping_req_count = 0;
    Duration suspicion_resend{};
    Duration suspicion_validity{};
    // R: a subject whose machine refuses connections for this long needs no longer silence; it is
    // suspect after half of it. Not above suspect_after.
    Duration refused_for{};
    Duration fresh_ping_interval{};  // to a member whose ping is missed
    // What share of its probes a subject answers is judged by those of the last so many P; 0:
    // never.
    std::uint32_t share_depths = 0;
    // An answer that others had ends a case; false: for ablation only.
    bool heeds_proof_of_others = true;
    Duration burst_gap{};         // least time between two pings to all subjects at once
    Duration reachable_window{};  // a round trip this recent makes a member count in r
    RoundTripPrior round_trips;
    SelfDoubtSettings self_doubt;
    BaselineTiming baseline;
    MembershipTiming membership;
};

// The object lives as long as the process, so it may be referred to.
const Timing& timing_of(TimingProfile profile);

// H = min(most, n - 1, max(2, r)): how many fresh, independent suspicions a death needs, mine
// included. n counts the members that are not dead or left, this one and the accused included (n >=
// 2); r those with a recent round trip to me, me included, the accused excluded.
std::uint32_t accusers_needed(std::uint32_t most, std::uint32_t n, std::uint32_t reachable);

std::string_view to_string(TimingProfile profile);

// "lan", "local" or "wan", in lower case; anything else is BadInput with a sentence for the
// operator.
Result<TimingProfile> parse_timing_profile(std::string_view name);

}  // namespace memberd
