#include "detector/timing.hpp"

#include <algorithm>
#include <string>

#include "detector/check.hpp"

namespace memberd {
namespace {

using namespace std::chrono_literals;

Timing lan_timing() {
    Timing t;
    t.period = 1s;
    t.probe_timeout_min = 300ms;
    t.probe_timeout_max = 1s;
    t.suspect_after = 1800ms;
    t.silence_min = 2800ms;
    t.silence_max = 6s;
    t.phi_threshold = 8;
    t.ring_count = 8;
    t.accuser_count = 4;
    t.ping_req_count = 4;
    t.suspicion_resend = 500ms;
    t.suspicion_validity = 1200ms;
    t.refused_for = 1s;
    t.fresh_ping_interval = 300ms;
    t.share_depths = 5;
    t.burst_gap = 5s;
    t.reachable_window = 5s;
    t.round_trips = {10ms, 25ms, 10ms};
    t.self_doubt = {2500ms, 10s, 500ms, 400ms, 10min, 3, t.suspect_after};
    t.baseline = {1s, 500ms, 3, 4, 6, 3, 200ms, 3, 4, 30s};
    t.membership = {
        2s, 30s, 1h, 72h, 2s, 250ms, 5s, 10ms, 100ms, 500ms, 500ms, 10s, {10min, 60s, 10min}};
    return t;
}

Timing local_timing() {
    Timing t = lan_timing();
    t.period = 500ms;
    t.probe_timeout_min = 150ms;
    t.probe_timeout_max = 500ms;
    t.suspect_after = 600ms;
    t.silence_min = 1s;
    t.silence_max = 2s;
    t.suspicion_resend = 170ms;
    t.suspicion_validity = 400ms;
    t.refused_for = 500ms;
    t.fresh_ping_interval = 150ms;
    t.burst_gap = 2500ms;
    t.reachable_window = 2500ms;
    t.round_trips = {2ms, 10ms, 10ms};
    t.self_doubt = {850ms, 6s, 200ms, 200ms, 10min, 3, t.suspect_after};
    t.baseline = {500ms, 250ms, 3, 4, 6, 3, 100ms, 3, 4, 15s};
    t.membership.flood_gap = 50ms;
    t.membership.flood_storm = 250ms;
    t.membership.random_contact_interval = 5s;
    t.membership.digest_settle = 250ms;
    return t;
}

Timing wan_timing() {
    Timing t = lan_timing();
    t.probe_timeout_min = 500ms;
    t.probe_timeout_max = 1500ms;
    t.suspect_after = 3s;
    t.silence_min = 5s;
    t.silence_max = 10s;
    t.suspicion_resend = 800ms;
    t.suspicion_validity = 2s;
    t.refused_for = 1500ms;
    t.fresh_ping_interval = 500ms;
    t.round_trips = {150ms, 40ms, 10ms};
    t.self_doubt = {4200ms, 15s, 800ms, 1s, 10min, 3, t.suspect_after};
    t.membership.flood_delay = 5ms;
    t.membership.flood_gap = 25ms;
    t.membership.flood_storm = 50ms;
    t.membership.floods_both_ways = true;
    t.membership.digest_settle = 1s;
    return t;
}

}  // namespace

const Timing& timing_of(TimingProfile profile) {
    static const Timing lan = lan_timing();
    static const Timing local = local_timing();
    static const Timing wan = wan_timing();
    switch (profile) {
        case TimingProfile::Lan:
            return lan;
        case TimingProfile::Local:
            return local;
        case TimingProfile::Wan:
            return wan;
    }
    check_failed(__FILE__, __LINE__, "a profile", "not one of the three");
}

std::uint32_t accusers_needed(std::uint32_t most, std::uint32_t n, std::uint32_t reachable) {
    MEMBERD_CHECK(n >= 2, "nobody can be accused where nobody else is");
    return std::min({most, n - 1, std::max(2U, reachable)});
}

std::string_view to_string(TimingProfile profile) {
    switch (profile) {
        case TimingProfile::Lan:
            return "lan";
        case TimingProfile::Local:
            return "local";
        case TimingProfile::Wan:
            return "wan";
    }
    check_failed(__FILE__, __LINE__, "a profile", "not one of the three");
}

Result<TimingProfile> parse_timing_profile(std::string_view name) {
    for (const TimingProfile profile :
         {TimingProfile::Lan, TimingProfile::Local, TimingProfile::Wan}) {
        if (name == to_string(profile)) {
            return profile;
        }
    }
    return Error{ErrorCode::BadInput,
                 "unknown profile '" + std::string(name) + "': it is lan, local or wan"};
}

}  // namespace memberd
