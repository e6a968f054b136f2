#include "chaos/plan/plan.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/core.h>

#include "detector/check.hpp"

namespace memberd::sim {
namespace {

constexpr std::int32_t kDriftMax = 100'000;  // parts in a million
constexpr Duration kDelayMax = std::chrono::seconds(60);
constexpr std::size_t kTagBytesMax = 64;
constexpr double kJumpMax = 4e8;  // more than ten years

Error bad(std::string text) {
    return {ErrorCode::BadInput, std::move(text)};
}

bool is_share(double value) {
    return value >= 0.0 && value <= 1.0;
}

bool is_delay(Duration value) {
    return value >= Duration::zero() && value <= kDelayMax;
}

bool has_sane_values(const Operation& of) {
    const bool is_flipping =
        of.kind != OperationKind::FlipFlop ||
        (of.on >= std::chrono::milliseconds(1) && of.off >= std::chrono::milliseconds(1));
    const bool is_running = of.every == Duration::zero() ||
                            (of.run >= std::chrono::milliseconds(1) && of.run <= of.every);
    return is_flipping && is_running && is_delay(of.per_message) && is_delay(of.per_timer) &&
           is_delay(of.run) && is_delay(of.every) && std::abs(of.jump_seconds) <= kJumpMax &&
           is_share(of.loss) && is_share(of.duplicate) && is_share(of.reorder) &&
           is_share(of.corrupt) && is_delay(of.delay) && is_delay(of.jitter) &&
           is_delay(of.good_mean) && is_delay(of.bad_mean) && of.on >= Duration::zero() &&
           of.off >= Duration::zero() && of.key.size() <= kTagBytesMax &&
           of.value.size() <= kTagBytesMax;
}

Status check_operation(const Plan& plan, const Operation& of, std::size_t members) {
    if (of.at < Duration::zero() || of.at > plan.faults_end) {
        return bad("its time is not between the beginning and faults_end");
    }
    if (of.length && (*of.length < Duration::zero() || *of.length > kPlanLengthMax)) {
        return bad("its length is out of bounds");
    }
    if (has_field(of.kind, Field::Who) && of.member >= members) {
        return bad(fmt::format("there is no member {}", of.member));
    }
    if (has_field(of.kind, Field::Other) && of.other >= members) {
        return bad(fmt::format("there is no member {}", of.other));
    }
    if (adds_member(of.kind) && of.member < plan.n) {
        return bad(fmt::format("member {} is there from the beginning", of.member));
    }
    if (of.kind == OperationKind::Clone && of.other >= of.member) {
        return bad("a clone has a greater number than whom it is of");
    }
    for (const std::vector<Member>& group : of.groups) {
        for (const Member member : group) {
            if (member >= members) {
                return bad(fmt::format("there is no member {}", member));
            }
        }
    }
    return has_sane_values(of) ? Status() : bad("a value is out of bounds");
}

Status check_operations(const Plan& plan) {
    if (plan.operations.size() > kPlanOperationsMax) {
        return bad(fmt::format("more than {} operations", kPlanOperationsMax));
    }
    const std::size_t members = member_count(plan);
    std::set<Member> added;
    Duration before{};
    for (std::size_t i = 0; i < plan.operations.size(); ++i) {
        const Operation& of = plan.operations[i];
        const Status status = check_operation(plan, of, members);
        if (!status) {
            return bad(
                fmt::format("operations[{}], {}: {}", i, to_string(of.kind), status.error().text));
        }
        if (of.at < before) {
            return bad(fmt::format("operations[{}] is earlier than the one before", i));
        }
        before = of.at;
        if (adds_member(of.kind) && !added.insert(of.member).second) {
            return bad(fmt::format("operations[{}]: member {} was added before", i, of.member));
        }
    }
    return {};
}

Status check_network(const Plan& plan) {
    if (!is_delay(plan.network.delay) || !is_delay(plan.network.jitter)) {
        return bad("network: a value is out of bounds");
    }
    for (const ZoneLink& link : plan.zone_links) {
        if (link.from >= plan.zone_count || link.to >= plan.zone_count || !is_delay(link.delay)) {
            return bad("zone_links: there is no such zone, or the delay is out of bounds");
        }
    }
    return {};
}

Status check_members(const Plan& plan) {
    if (plan.n < 1 || member_count(plan) > kPlanMembersMax) {
        return bad(fmt::format("members are 1 to {}", kPlanMembersMax));
    }
    if (plan.seed_count < 1 || plan.seed_count > plan.n) {
        return bad("seeds are 1 to n");
    }
    if (plan.zone_count < 1 || plan.zone_count > kPlanMembersMax) {
        return bad(fmt::format("zones are 1 to {}", kPlanMembersMax));
    }
    for (std::size_t i = 0; i < plan.without.size(); ++i) {
        const Member member = plan.without[i];
        if (member < plan.seed_count || member >= plan.n ||
            (i > 0 && member <= plan.without[i - 1])) {
            return bad("without: members of the beginning that are no seeds, in ascending order");
        }
    }
    for (const auto& [member, ppm] : plan.drifts) {
        if (member >= plan.n || ppm < -kDriftMax || ppm > kDriftMax) {
            return bad("drifts: there is no such member, or the drift is out of bounds");
        }
    }
    return {};
}

}  // namespace

std::size_t member_count(const Plan& plan) {
    std::size_t count = plan.n;
    for (const Operation& of : plan.operations) {
        if (adds_member(of.kind)) {
            count = std::max<std::size_t>(count, std::size_t{of.member} + 1);
        }
    }
    return count;
}

Status check(const Plan& plan) {
    if (plan.faults_end < Duration::zero() || plan.faults_end > kPlanLengthMax) {
        return bad("faults_end is out of bounds");
    }
    Status status = check_members(plan);
    if (status) {
        status = check_network(plan);
    }
    if (status) {
        Timing timing = memberd::timing_of(plan.profile);
        for (const auto& [key, value] : plan.timing) {
            status = set_timing(timing, key, value);
            if (!status) {
                return status;
            }
        }
        status = check_operations(plan);
    }
    return status;
}

ClusterOptions cluster_options(const Plan& plan) {
    ClusterOptions options;
    options.n = plan.n;
    options.absent = plan.without;
    options.seed = plan.seed;
    options.mode = plan.mode;
    options.timing = timing_of(plan);
    options.carrying = plan.carrying;
    options.start = plan.start;
    options.seed_count = plan.seed_count;
    options.zone_count = plan.zone_count;
    options.drifts = plan.drifts;
    options.network.delay = plan.network.delay;
    options.network.jitter = plan.network.jitter;
    options.network.bytes_per_second = plan.network.bytes_per_second;
    return options;
}

}  // namespace memberd::sim
