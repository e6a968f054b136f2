// The kinds of faults that happen to processes, as the swarm draws them.
#include <algorithm>
#include <array>
#include <map>

#include "chaos/plan/draft.hpp"
#include "chaos/plan/process_faults.hpp"

namespace memberd::sim {
namespace {

constexpr std::uint64_t kJoinsMax = 32;
constexpr std::uint64_t kProcessHitsMax = 40;
constexpr std::uint64_t kTagsMax = 100;
// After a tolerated pause a member must have answered before it may stand still again.
constexpr std::uint64_t kPauseGapMs = 10'000;

std::uint64_t hits(Random& random, const Draft& draft) {
    return draw_wide(random, 1, std::min<std::uint64_t>(2 * draft.plan.n, kProcessHitsMax));
}

DataDirectory draw_state(Random& random) {
    const std::uint64_t draw = random.below(8);
    return draw < 5 ? DataDirectory::Kept : draw < 7 ? DataDirectory::Lost : DataDirectory::Stale;
}

void add_restart(Draft& draft, Random& random, std::uint64_t at_ms, Member member) {
    Operation& of = draft.add(OperationKind::Restart, at_ms, member);
    of.state = draw_state(random);
    // A seed must be found where it was: who has lost everything else has no other way in.
    const bool moves = random.chance(0.25);
    of.address = moves && member >= draft.plan.seed_count ? Address::New : Address::Same;
}

void add_joins(Draft& draft, Random& random) {
    const std::uint64_t count =
        draw_wide(random, 1, std::min<std::uint64_t>(draft.plan.n, kJoinsMax));
    const bool is_storm = random.chance(0.3);
    const std::uint64_t at = draw_time_ms(random, draft);
    for (std::uint64_t i = 0; i < count; ++i) {
        draft.add(OperationKind::Join,
                  is_storm ? at + random.below(100) : draw_time_ms(random, draft),
                  static_cast<Member>(draft.plan.n + i));
    }
}

void add_clones(Draft& draft, Random& random) {
    const std::uint64_t count = draw_wide(random, 1, 4);
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto number = static_cast<Member>(member_count(draft.plan));
        const Member original = draw_member(random, draft);
        if (original < draft.plan.seed_count) {
            continue;  // its address must stay that of a seed
        }
        draft.add(OperationKind::Clone, draw_time_ms(random, draft), number).other = original;
    }
}

void add_kills(Draft& draft, Random& random) {
    const std::uint64_t count = hits(random, draft);
    const bool is_power = random.chance(0.3);
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t at = draw_time_ms(random, draft);
        const Member member = draw_member(random, draft);
        draft.add(is_power ? OperationKind::PowerOff : OperationKind::Kill, at, member);
        const std::uint64_t down = draw_wide(random, 50, 60'000);
        if (random.chance(0.75)) {
            add_restart(draft, random, at + down, member);
        }
    }
}

void add_mass_restart(Draft& draft, Random& random) {
    const std::uint64_t at = draw_time_ms(random, draft);
    const std::uint64_t down = draw_wide(random, 100, 30'000);
    const std::uint64_t spread = draw_wide(random, 1, 10'000);
    const bool everybody = random.chance(0.5);
    for (Member member = 0; member < draft.plan.n; ++member) {
        const std::uint64_t offset = random.below(spread);
        if (everybody || random.chance(0.5)) {
            draft.add(OperationKind::Kill, at, member);
            add_restart(draft, random, at + down + offset, member);
        }
    }
}

void add_rolling_restart(Draft& draft, Random& random) {
    std::uint64_t at = draw_time_ms(random, draft);
    const std::uint64_t down = draw_wide(random, 50, 10'000);
    const std::uint64_t gap = draw_wide(random, 100, 10'000);
    const bool is_announced = random.chance(0.5);
    for (Member member = 0; member < draft.plan.n && at + down < draft.length_ms(); ++member) {
        draft.add(is_announced ? OperationKind::AnnounceRestart : OperationKind::Kill, at, member);
        draft.add(OperationKind::Restart, at + down, member);
        at += down + gap;
    }
}

void add_pauses(Draft& draft, Random& random) {
    const auto tolerated = static_cast<std::uint64_t>(tolerated_pause(draft.plan.profile) /
                                                      std::chrono::milliseconds(1));
    const std::uint64_t count = hits(random, draft);
    std::map<Member, std::vector<std::uint64_t>> times;
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t at = draw_time_ms(random, draft);
        const Member member = draw_member(random, draft);
        const Duration length = draw_wide_ms(random, 50, draft.is_mild ? tolerated : 60'000);
        std::vector<std::uint64_t>& before = times[member];
        const bool is_soon = std::any_of(before.begin(), before.end(), [&](std::uint64_t other) {
            return std::max(at, other) - std::min(at, other) < kPauseGapMs;
        });
        if (draft.is_mild && is_soon) {
            continue;
        }
        before.push_back(at);
        draft.add(OperationKind::Pause, at, member).length = length;
    }
}

void add_blocks(Draft& draft, Random& random) {
    const std::uint64_t count = hits(random, draft);
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t at = draw_time_ms(random, draft);
        const Member member = draw_member(random, draft);
        Operation& of = draft.add(OperationKind::Block, at, member);
        of.length = draw_wide_ms(random, 50, 60'000);
        of.direction = draw_direction(random);
    }
}

void add_slowness(Draft& draft, Random& random) {
    const std::uint64_t count = draw_wide(random, 1, std::max<std::uint64_t>(draft.plan.n / 2, 1));
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t at = draw_time_ms(random, draft);
        Operation& of = draft.add(OperationKind::Slow, at, draw_member(random, draft));
        of.length = draw_wide_ms(random, 500, 120'000);
        of.per_message = draw_wide_ms(random, 1, 500);
        of.per_timer = draw_wide_ms(random, 1, 500);
        if (random.chance(0.5)) {
            of.every = draw_wide_ms(random, 100, 10'000);
            of.run = std::max<Duration>(of.every / static_cast<std::int64_t>(draw(random, 2, 50)),
                                        std::chrono::milliseconds(1));
        }
    }
}

void add_clock_jumps(Draft& draft, Random& random) {
    const std::uint64_t count = draw_wide(random, 1, 4);
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t at = draw_time_ms(random, draft);
        Operation& of = draft.add(OperationKind::JumpClock, at, draw_member(random, draft));
        const auto far = static_cast<double>(draw_wide(random, 1, 300'000'000));
        of.jump_seconds = random.chance(0.5) ? far : -far;
    }
}

void add_leaves(Draft& draft, Random& random) {
    const std::uint64_t count = draw_wide(random, 1, std::max<std::uint64_t>(draft.plan.n / 2, 1));
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t at = draw_time_ms(random, draft);
        const Member member = draw_member(random, draft);
        draft.add(OperationKind::Leave, at, member);
        const std::uint64_t away = draw_wide(random, 500, 60'000);
        if (random.chance(0.5)) {
            add_restart(draft, random, at + away, member);
        }
    }
}

void add_tags(Draft& draft, Random& random) {
    const std::uint64_t count = draw_wide(random, 1, kTagsMax);
    const bool is_storm = random.chance(0.3);
    const std::uint64_t begin = draw_time_ms(random, draft);
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t at =
            is_storm ? begin + random.below(1000) : draw_time_ms(random, draft);
        Operation& of = draft.add(OperationKind::SetTag, at, draw_member(random, draft));
        of.key = "k" + std::to_string(random.below(3));
        of.value = std::to_string(i);
    }
}

// Of those that are killed, mostly.
void add_forgets(Draft& draft, Random& random) {
    std::vector<std::pair<std::uint64_t, Member>> killed;
    for (const Operation& of : draft.plan.operations) {
        if (of.kind == OperationKind::Kill || of.kind == OperationKind::PowerOff) {
            killed.emplace_back(of.at / std::chrono::milliseconds(1), of.member);
        }
    }
    const std::uint64_t count = draw_wide(random, 1, 8);
    for (std::uint64_t i = 0; i < count && !killed.empty(); ++i) {
        const auto [at, member] = killed[random.below(killed.size())];
        const std::uint64_t wait = draw_wide(random, 3'000, 40'000);
        draft.add(OperationKind::Forget, at + wait, draw_member(random, draft)).other = member;
    }
}

constexpr std::array kProcessKinds{
    FaultKind{"join", true, add_joins},
    FaultKind{"clone", false, add_clones},
    FaultKind{"kill", true, add_kills},
    FaultKind{"mass-restart", false, add_mass_restart},
    FaultKind{"rolling-restart", true, add_rolling_restart},
    FaultKind{"pause", true, add_pauses},
    FaultKind{"block", false, add_blocks},
    FaultKind{"slow", false, add_slowness},
    FaultKind{"leave", true, add_leaves},
    FaultKind{"jump_clock", true, add_clock_jumps},
    FaultKind{"tags", true, add_tags},
    FaultKind{"forget", true, add_forgets},
};

}  // namespace

std::span<const FaultKind> process_fault_kinds() {
    return kProcessKinds;
}

}  // namespace memberd::sim
