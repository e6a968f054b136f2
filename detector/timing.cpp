#include "detector/timing.hpp"

namespace memberd {
namespace {

using namespace std::chrono_literals;

Timing lan() {
    Timing t;
    t.period = 1s;
    t.leave_timeout = 2s;
    t.restart_grace = 30s;
    t.tombstone_window = 1h;
    t.dead_window = 72h;
    t.contact_interval = 2s;
    t.join_retry_min = 250ms;
    t.join_retry_max = 5s;

    t.ring_count = 8;
    t.probe_timeout_min = 300ms;
    t.probe_timeout_max = 1s;
    t.suspect_after = 1800ms;
    t.depth_min = 3s;
    t.depth_max = 6s;
    t.phi_threshold = 8.0;
    t.accusers_required = 4;
    t.helper_count = 4;
    t.fresh_ping_interval = 300ms;
    t.suspicion_interval = 500ms;
    t.suspicion_validity = 1200ms;
    t.burst_interval_min = 5s;
    t.flood_delay = 10ms;
    t.random_contact_interval = 10s;
    t.reachable_window = 5s;
    t.doubt_silence = 2500ms;
    t.doubt_end = 10s;
    t.digest_settle = 500ms;

    t.swim_probe_timeout = 500ms;
    t.swim_helper_count = 3;
    t.suspicion_alpha = 4.0;
    t.suspicion_beta = 6.0;
    t.suspicion_confirmations = 3;
    t.gossip_interval = 200ms;
    t.gossip_fanout = 3;
    t.retransmit_multiplier = 4;
    t.sync_interval = 30s;
    return t;
}

// Half the period and a third of the depth: for links whose round trips stay in the milliseconds.
Timing local() {
    Timing t = lan();
    t.period = 500ms;
    t.probe_timeout_min = 150ms;
    t.probe_timeout_max = 500ms;
    t.suspect_after = 600ms;
    t.depth_min = 1s;
    t.depth_max = 2500ms;
    t.fresh_ping_interval = 150ms;
    t.suspicion_interval = 200ms;
    t.suspicion_validity = 500ms;
    t.burst_interval_min = 2500ms;
    t.random_contact_interval = 5s;
    t.reachable_window = 2500ms;
    t.doubt_silence = 900ms;
    t.doubt_end = 5s;
    t.digest_settle = 250ms;
    t.swim_probe_timeout = 250ms;
    t.sync_interval = 15s;
    t.gossip_interval = 100ms;
    return t;
}

// The same period, but timeouts that leave room for round trips of 100 ms and more, and pauses of 4
// s.
Timing wan() {
    Timing t = lan();
    t.probe_timeout_min = 500ms;
    t.probe_timeout_max = 2s;
    t.suspect_after = 3s;
    t.depth_min = 5s;
    t.depth_max = 9s;
    t.fresh_ping_interval = 500ms;
    t.suspicion_validity = 1500ms;
    t.flood_delay = 20ms;
    t.reachable_window = 8s;
    t.doubt_silence = 4s;
    t.doubt_end = 15s;
    t.digest_settle = 1s;
    t.swim_probe_timeout = 1s;
    t.gossip_interval = 500ms;
    t.sync_interval = 60s;
    return t;
}

}  // namespace

std::string_view to_string(TimingProfile profile) {
    switch (profile) {
        case TimingProfile::Lan:
            return "lan";
        case TimingProfile::Local:
            return "local";
        case TimingProfile::Wan:
            return "wan";
    }
    return "unknown";
}

std::optional<TimingProfile> parse_timing_profile(std::string_view text) {
    for (const auto profile : {TimingProfile::Lan, TimingProfile::Local, TimingProfile::Wan}) {
        if (text == to_string(profile)) {
            return profile;
        }
    }
    return std::nullopt;
}

Timing timing_of(TimingProfile profile) {
    switch (profile) {
        case TimingProfile::Lan:
            return lan();
        case TimingProfile::Local:
            return local();
        case TimingProfile::Wan:
            return wan();
    }
    return lan();
}

}  // namespace memberd
