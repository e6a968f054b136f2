// The kinds of faults that happen to the network, as the swarm draws them.
#include <algorithm>
#include <array>

#include "chaos/plan/draft.hpp"

namespace memberd::sim {
namespace {

constexpr std::uint64_t kNetworkHitsMax = 20;
constexpr double kMildLoss = 0.1;
constexpr double kMildLossOfMany = 0.2;  // from kMany members on
constexpr std::size_t kMany = 16;
constexpr std::uint64_t kMildDelayMs = 50;

std::uint64_t hits(Random& random) {
    return draw_wide(random, 1, kNetworkHitsMax);
}

void add_cuts(Draft& draft, Random& random) {
    const std::uint64_t count = hits(random);
    const bool is_one_way = random.chance(0.5);
    for (std::uint64_t i = 0; i < count; ++i) {
        Operation& of = draft.add(is_one_way ? OperationKind::CutOneWay : OperationKind::Cut,
                                  draw_time_ms(random, draft), draw_member(random, draft));
        of.other = draw_member(random, draft);
        of.length = draw_wide_ms(random, 100, 60'000);
    }
}

void add_partitions(Draft& draft, Random& random) {
    const std::uint64_t count = draw_wide(random, 1, 4);
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t group_count = random.chance(0.7) ? 1 : 2;
        // One out, a half, or anything between.
        const double share = static_cast<double>(draw_wide(random, 1, 50)) / 100.0;
        std::vector<std::vector<Member>> groups(group_count);
        for (Member member = 0; member < member_count(draft.plan); ++member) {
            for (std::vector<Member>& group : groups) {
                if (random.chance(share)) {
                    group.push_back(member);
                    break;
                }
            }
        }
        Operation& of = draft.add(OperationKind::Partition, draw_time_ms(random, draft));
        of.groups = std::move(groups);
        of.length = draw_wide_ms(random, 500, 120'000);
    }
}

void add_losses(Draft& draft, Random& random) {
    const double mild = draft.plan.n >= kMany ? kMildLossOfMany : kMildLoss;
    const std::uint64_t count = draw_wide(random, 1, 3);
    for (std::uint64_t i = 0; i < (draft.is_mild ? 1 : count); ++i) {
        Operation& of = draft.add(OperationKind::Lose, draw_time_ms(random, draft));
        of.loss = draw_share(random, draft.is_mild ? mild : 0.9);
        of.length = draw_wide_ms(random, 1'000, 120'000);
    }
}

void add_delays(Draft& draft, Random& random) {
    const std::uint64_t max = draft.is_mild ? kMildDelayMs : 3'000;
    Operation& of = draft.add(OperationKind::Delay, draw_time_ms(random, draft));
    of.delay = draw_wide_ms(random, 1, max);
    of.jitter = draw_wide_ms(random, 1, std::max<std::uint64_t>(max / 2, 1));
    of.length = draw_wide_ms(random, 1'000, 120'000);
}

void add_bursts(Draft& draft, Random& random) {
    Operation& of = draft.add(OperationKind::Burst, draw_time_ms(random, draft));
    of.good_mean = draw_wide_ms(random, 100, 20'000);
    of.bad_mean = draw_wide_ms(random, 50, 5'000);
    of.loss = random.chance(0.5) ? 1.0 : draw_share(random, 1.0);
    of.length = draw_wide_ms(random, 1'000, 120'000);
}

void add_mangling(Draft& draft, Random& random) {
    Operation& of = draft.add(OperationKind::Mangle, draw_time_ms(random, draft));
    of.duplicate = draw_share(random, 0.5);
    of.reorder = draw_share(random, 0.5);
    // What is corrupted on the way is told by TCP's checksum. Datagrams have none until members
    // authenticate one another, and anything may come of them.
    of.corrupt = draft.plan.carrying == Carrying::Stream ? draw_share(random, 0.2) : 0.0;
    of.length = draw_wide_ms(random, 1'000, 120'000);
}

void add_degradations(Draft& draft, Random& random) {
    const std::uint64_t count = draw_wide(random, 1, std::max<std::uint64_t>(draft.plan.n / 3, 1));
    for (std::uint64_t i = 0; i < count; ++i) {
        Operation& of = draft.add(OperationKind::Degrade, draw_time_ms(random, draft),
                                  draw_member(random, draft));
        of.direction = draw_direction(random);
        of.loss = random.chance(0.3) ? 1.0 : draw_share(random, 1.0);
        of.length = draw_wide_ms(random, 500, 120'000);
    }
}

void add_flip_flops(Draft& draft, Random& random) {
    const std::uint64_t count = draw_wide(random, 1, std::max<std::uint64_t>(draft.plan.n / 8, 1));
    for (std::uint64_t i = 0; i < count; ++i) {
        Operation& of = draft.add(OperationKind::FlipFlop, draw_time_ms(random, draft),
                                  draw_member(random, draft));
        of.direction = draw_direction(random);
        of.on = draw_wide_ms(random, 200, 25'000);
        of.off = draw_wide_ms(random, 200, 25'000);
        of.length = draw_wide_ms(random, 5'000, 120'000);
    }
}

constexpr std::array kNetworkKinds{
    FaultKind{"cut", false, add_cuts},
    FaultKind{"partition", false, add_partitions},
    FaultKind{"lose", true, add_losses},
    FaultKind{"delay", true, add_delays},
    FaultKind{"burst", false, add_bursts},
    FaultKind{"mangle", true, add_mangling},
    FaultKind{"degrade", false, add_degradations},
    FaultKind{"flip_flop", false, add_flip_flops},
};

}  // namespace

std::span<const FaultKind> network_fault_kinds() {
    return kNetworkKinds;
}

}  // namespace memberd::sim
