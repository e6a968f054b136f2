#include "chaos/plan/generator.hpp"

#include <algorithm>
#include <array>

#include "chaos/plan/draft.hpp"
#include "detector/check.hpp"

namespace memberd::sim {
namespace {

constexpr std::array<std::size_t, 9> kSizes{1, 2, 3, 4, 5, 8, 16, 30, 64};
constexpr std::size_t kLargeSize = 300;
constexpr double kLargeShare = 0.02;
// One way. The baselines ask members in turn, mostly over new connections: where four round trips
// take longer than their timeout, helpers are asked too, and no bound on idle load can hold.
constexpr std::uint64_t kWanDelayMsMax = 100;
constexpr std::uint64_t kWanDelayMsMaxOfBaselines = 50;
constexpr std::uint64_t kLanDelayMsMax = 5;

// A stream for each name: what one draws doesn't shift what another draws.
Random stream(std::uint64_t seed, std::string_view name) {
    std::uint64_t mixed = mix64(seed);
    for (const char letter : name) {
        mixed = mix64(mixed ^ static_cast<unsigned char>(letter));
    }
    return Random(mixed);
}

std::size_t draw_size(Random& random, std::size_t n_max) {
    const bool is_large = random.chance(kLargeShare);
    const std::size_t size = kSizes[random.below(kSizes.size())];
    if (is_large && n_max >= kLargeSize) {
        return kLargeSize;
    }
    // What is too large becomes one of those that fit: the draw must not depend on the limit.
    std::size_t fitting = 0;
    while (fitting < kSizes.size() && kSizes[fitting] <= n_max) {
        ++fitting;
    }
    MEMBERD_CHECK(fitting > 0, "n_max is at least 1");
    return size <= n_max ? size : kSizes[size % fitting];
}

Mode draw_mode(Random& random) {
    const std::uint64_t draw = random.below(10);
    return draw < 7 ? Mode::Memberd : draw < 9 ? Mode::Lifeguard : Mode::Swim;
}

TimingProfile draw_profile(Random& random) {
    const std::uint64_t draw = random.below(10);
    return draw < 7 ? TimingProfile::Lan : draw < 8 ? TimingProfile::Local : TimingProfile::Wan;
}

StartMode draw_start(Random& random) {
    constexpr std::array kAll{StartMode::Restored, StartMode::OneByOne, StartMode::AllAtOnce};
    return kAll[random.below(kAll.size())];
}

void draw_cluster(Draft& draft, std::uint64_t seed, const SwarmLimits& limits) {
    Random random = stream(seed, "cluster");
    Plan& plan = draft.plan;
    plan.seed = seed;
    plan.n = draw_size(random, limits.n_max);
    const Mode mode = draw_mode(random);
    plan.mode = limits.mode.value_or(mode);
    plan.profile = draw_profile(random);
    plan.carrying = random.chance(0.6) ? Carrying::Stream : Carrying::Datagram;
    plan.start = draw_start(random);
    plan.seed_count = draw(random, 1, std::min<std::size_t>(plan.n, 3));
    plan.faults_end = draw_wide_ms(random, 8'000, 120'000);
    draft.is_mild = random.chance(0.5) && plan.mode == Mode::Memberd;
}

void draw_network(Draft& draft, std::uint64_t seed) {
    Random random = stream(seed, "network");
    Plan& plan = draft.plan;
    const std::uint64_t wan_max =
        plan.mode == Mode::Memberd ? kWanDelayMsMax : kWanDelayMsMaxOfBaselines;
    if (plan.profile == TimingProfile::Wan) {
        plan.network.delay = draw_wide_ms(random, 1, wan_max);
        plan.network.jitter = plan.network.delay / 10;
    }
    if (random.chance(0.3)) {
        plan.zone_count = static_cast<std::uint32_t>(draw(random, 2, 4));
        const std::uint64_t max = plan.profile == TimingProfile::Wan ? wan_max : kLanDelayMsMax;
        for (std::uint32_t from = 0; from < plan.zone_count; ++from) {
            for (std::uint32_t to = 0; to < plan.zone_count; ++to) {
                if (from != to) {
                    plan.zone_links.push_back({from, to, draw_wide_ms(random, 1, max)});
                }
            }
        }
    }
}

void draw_drifts(Draft& draft, std::uint64_t seed) {
    Random random = stream(seed, "drift");
    const auto max = static_cast<std::int32_t>(draw_wide(random, 10, draft.is_mild ? 500 : 20'000));
    if (!random.chance(0.5)) {
        return;
    }
    for (Member member = 0; member < draft.plan.n; ++member) {
        const auto ppm =
            static_cast<std::int32_t>(random.below(2 * static_cast<std::uint64_t>(max) + 1));
        draft.plan.drifts[member] = ppm - max;
    }
}

// Promises are of the profiles, so only wild plans have other constants.
void draw_timing(Draft& draft, std::uint64_t seed) {
    Random random = stream(seed, "timing");
    const auto maybe = [&](std::string_view key, std::uint64_t low, std::uint64_t high) {
        const auto value = static_cast<double>(draw_wide(random, low, high));
        if (random.chance(0.5) && !draft.is_mild) {
            draft.plan.timing[std::string(key)] = value;
        }
    };
    maybe("accuser_count", 1, 8);
    maybe("alpha", 2, 8);
    maybe("beta", 1, 8);
    maybe("confirmations", 1, 7);
    // A record that is forgotten is a change: none within a run.
    maybe("dead_window_s", 1'000, 259'200);
    maybe("flood_delay_ms", 1, 200);
    maybe("gossip_fanout", 1, 8);
    maybe("gossip_interval_ms", 50, 1'000);
    maybe("left_window_s", 1'000, 3'600);
    maybe("ping_req_count", 1, 8);
    maybe("retransmit_multiplier", 2, 8);
    maybe("ring_count", 2, 16);
    maybe("sync_interval_ms", 15'000, 60'000);
}

void draw_faults(Draft& draft, std::uint64_t seed, std::span<const FaultKind> kinds) {
    for (const FaultKind& kind : kinds) {
        Random random = stream(seed, kind.name);
        if (random.chance(0.5) && (kind.is_ever_mild || !draft.is_mild)) {
            kind.add(draft, random);
        }
    }
}

bool has(const Plan& plan, OperationKind kind) {
    return std::any_of(plan.operations.begin(), plan.operations.end(),
                       [&](const Operation& of) { return of.kind == kind; });
}

// Loss, corruption and pauses are promised each by itself: what is corrupted is lost too, and what
// follows a pause must get through.
void keep_promises_apart(Plan& plan) {
    if (!has(plan, OperationKind::Lose)) {
        return;
    }
    for (Operation& of : plan.operations) {
        if (of.kind == OperationKind::Pause && of.length) {
            *of.length /= 2;
        }
        if (of.kind == OperationKind::Mangle) {
            of.corrupt = 0.0;
        }
    }
}

}  // namespace

Plan generate_plan(std::uint64_t seed, const SwarmLimits& limits) {
    Draft draft;
    draw_cluster(draft, seed, limits);
    draw_network(draft, seed);
    draw_drifts(draft, seed);
    draw_timing(draft, seed);
    draw_faults(draft, seed, process_fault_kinds());
    draw_faults(draft, seed, network_fault_kinds());
    Plan& plan = draft.plan;
    if (draft.is_mild) {
        keep_promises_apart(plan);
        plan.expect.no_false_deaths = true;
    }
    std::stable_sort(plan.operations.begin(), plan.operations.end(),
                     [](const Operation& a, const Operation& b) { return a.at < b.at; });
    const Status status = check(plan);
    MEMBERD_CHECK(status.has_value(), status.error().text);
    return plan;
}

}  // namespace memberd::sim
