#include "chaos/experiments/ablation.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

// Longer than any run.
constexpr Duration kLong = 10'000h;

constexpr std::array kParts{
    Part{"self-doubt", "nobody ever doubts itself",
         [](Timing& t) {
             t.self_doubt.silence = kLong;
             t.self_doubt.stall_min = kLong;
             t.self_doubt.slow_floor = kLong;
             t.self_doubt.slow_max = kLong;
         }},
    Part{"breadth", "one accuser decides for itself", [](Timing& t) { t.accuser_count = 1; }},
    Part{"phi", "depth is P, mean and 4 deviations, however heavy the tail",
         [](Timing& t) { t.phi_threshold = 0; }},
    Part{"helpers", "nobody is asked to ping", [](Timing& t) { t.ping_req_count = 0; }},
    Part{"burst", "a miss is no reason to ping the others", [](Timing& t) { t.burst_gap = kLong; }},
    Part{"proof", "an answer that others had ends no case",
         [](Timing& t) { t.heeds_proof_of_others = false; }},
    Part{"fresh-pings", "a missed member is pinged again in its turn only",
         [](Timing& t) { t.fresh_ping_interval = t.silence_max; }},
    Part{"learned-timeout", "a probe may always take the longest time",
         [](Timing& t) { t.probe_timeout_min = t.probe_timeout_max; }},
    Part{"refusal", "refused connections say nothing", [](Timing& t) { t.refused_for = kLong; }},
    Part{"share", "the share of answers is not counted", [](Timing& t) { t.share_depths = 0; }},
    Part{"damping", "the removed are back at once",
         [](Timing& t) {
             t.membership.flapping.first = 0s;
             t.membership.flapping.next = 0s;
         }},
    Part{"rings", "5 observers and 3 accusers in place of 8 and 4",
         [](Timing& t) {
             t.ring_count = 5;
             t.accuser_count = 3;
         }},
};

}  // namespace

std::span<const Part> rule_parts() {
    return kParts;
}

Status leave_out(Timing& timing, std::string_view names) {
    std::vector<const Part*> parts;
    while (!names.empty()) {
        const std::size_t end = std::min(names.find(','), names.size());
        const std::string_view name = names.substr(0, end);
        const auto* const found = std::find_if(kParts.begin(), kParts.end(),
                                               [&](const Part& part) { return part.name == name; });
        if (found == kParts.end()) {
            std::string known;
            for (const Part& part : kParts) {
                known += fmt::format("{}{}", known.empty() ? "" : ", ", part.name);
            }
            return Error{ErrorCode::BadInput,
                         fmt::format("{} is no part of the rule; there are {}", name, known)};
        }
        parts.push_back(found);
        names.remove_prefix(std::min(end + 1, names.size()));
    }
    for (const Part* const part : parts) {
        part->leave_out(timing);
    }
    return {};
}

}  // namespace memberd::sim
