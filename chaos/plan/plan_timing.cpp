// The constants of the protocol that plans vary.
#include <array>

#include <fmt/core.h>

#include "chaos/plan/plan.hpp"

namespace memberd::sim {
namespace {

struct Knob {
    std::string_view key;
    double min;
    double max;
    void (*set)(Timing& timing, double value);
};

Duration ms(double value) {
    return from_seconds(value / 1000.0);
}

std::uint32_t count(double value) {
    return static_cast<std::uint32_t>(value);
}

// The limits keep a protocol that can work: a plan is to find mistakes of ours, not of whoever
// configures nonsense.
constexpr std::array kKnobs{
    Knob{"accuser_count", 1, 8, [](Timing& t, double v) { t.accuser_count = count(v); }},
    Knob{"alpha", 2, 8, [](Timing& t, double v) { t.baseline.alpha = v; }},
    Knob{"beta", 1, 8, [](Timing& t, double v) { t.baseline.beta = v; }},
    Knob{"confirmations", 0, 7, [](Timing& t, double v) { t.baseline.confirmations = count(v); }},
    Knob{"dead_window_s", 60, 259'200,
         [](Timing& t, double v) { t.membership.dead_window = from_seconds(v); }},
    Knob{"flood_delay_ms", 1, 200, [](Timing& t, double v) { t.membership.flood_delay = ms(v); }},
    Knob{"gossip_fanout", 1, 8, [](Timing& t, double v) { t.baseline.gossip_fanout = count(v); }},
    Knob{"gossip_interval_ms", 50, 1'000,
         [](Timing& t, double v) { t.baseline.gossip_interval = ms(v); }},
    Knob{"left_window_s", 60, 3'600,
         [](Timing& t, double v) { t.membership.tombstone_window = from_seconds(v); }},
    Knob{"ping_req_count", 1, 8,
         [](Timing& t, double v) {
             t.ping_req_count = count(v);
             t.baseline.ping_req_count = count(v);
         }},
    Knob{"retransmit_multiplier", 2, 8,
         [](Timing& t, double v) { t.baseline.retransmit_multiplier = count(v); }},
    Knob{"ring_count", 2, 16, [](Timing& t, double v) { t.ring_count = count(v); }},
    Knob{"sync_interval_ms", 2'000, 60'000,
         [](Timing& t, double v) { t.baseline.sync_interval = ms(v); }},
};

}  // namespace

std::vector<std::string_view> timing_keys() {
    std::vector<std::string_view> keys;
    for (const Knob& knob : kKnobs) {
        keys.push_back(knob.key);
    }
    return keys;
}

Status set_timing(Timing& timing, std::string_view key, double value) {
    for (const Knob& knob : kKnobs) {
        if (knob.key != key) {
            continue;
        }
        if (!(value >= knob.min && value <= knob.max)) {
            return Error{ErrorCode::BadInput, fmt::format("timing.{} is {}, not from {} to {}", key,
                                                          value, knob.min, knob.max)};
        }
        knob.set(timing, value);
        return {};
    }
    return Error{ErrorCode::BadInput, fmt::format("timing.{} is no constant of the protocol", key)};
}

Timing timing_of(const Plan& plan) {
    Timing timing = memberd::timing_of(plan.profile);
    for (const auto& [key, value] : plan.timing) {
        const Status status = set_timing(timing, key, value);
        MEMBERD_CHECK(status.has_value(), "the plan was checked");
    }
    return timing;
}

}  // namespace memberd::sim
