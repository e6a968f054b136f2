#include "chaos/exhaust/view_checker.hpp"

#include <tuple>

#include <fmt/core.h>

namespace memberd::sim {
namespace {

std::string words_of(const Claim& claim) {
    return fmt::format("{} {}.{}", to_string(claim.state), claim.generation, claim.incarnation);
}

// faults.md orders the records of one member so: nobody leaves here.
auto rank_of(const Claim& claim) {
    return std::tuple(claim.generation, claim.incarnation, static_cast<int>(claim.state));
}

}  // namespace

void ViewChecker::began() {
    memories_ = {};
    own_ = {};
}

const std::vector<ShownMember>& ViewChecker::judge(Instant now,
                                                   const Engine& engine,
                                                   Violations& violations) {
    view_.clear();
    for (const MemberView& member : engine.members()) {
        const RunOf of = facts_.run_of(member.claim.instance);
        view_.push_back({of, member.claim});
        if (of.process == process_) {
            continue;  // self() speaks for it.
        }
        if (of.process == kNone) {
            violations.add(now, "I1",
                           fmt::format("{} shows a run that never was", Facts::name_of(process_)));
            continue;
        }
        judge_other(now, of.process, member.claim, violations);
    }
    judge_self(now, engine.self().claim, violations);
    return view_;
}

void ViewChecker::judge_other(Instant now, ProcessId member, Claim claim, Violations& violations) {
    if (facts_.config().mode == Mode::Memberd && claim.state == MemberState::Suspect) {
        claim.state = MemberState::Alive;  // Evidence, no claim.
    }
    Memory& memory = memories_.at(member);
    const auto text = [&](const Claim& before) {
        return fmt::format("the view of {} has {} as {} after {}", Facts::name_of(process_),
                           Facts::name_of(member), words_of(claim), words_of(before));
    };
    if (memory.shown) {
        const bool is_other_run = memory.shown->instance != claim.instance;
        if (rank_of(claim) < rank_of(*memory.shown) ||
            (is_other_run && claim.generation == memory.shown->generation)) {
            violations.add(now, "I2", text(*memory.shown));
        }
    }
    if (memory.buried && !is_gone(claim.state)) {
        if (numbers_of(claim) <= numbers_of(*memory.buried)) {
            violations.add(now, "I3", text(*memory.buried));
        }
        memory.buried.reset();
    }
    memory.shown = claim;
    if (is_gone(claim.state)) {
        memory.buried = claim;
    }
}

void ViewChecker::judge_self(Instant now, const Claim& claim, Violations& violations) {
    if (claim.state != MemberState::Alive) {
        violations.add(
            now, "I4",
            fmt::format("{} has itself as {}", Facts::name_of(process_), words_of(claim)));
    }
    if (numbers_of(claim) < numbers_of(own_)) {
        violations.add(now, "I4",
                       fmt::format("{} was {} and is {}", Facts::name_of(process_), words_of(own_),
                                   words_of(claim)));
    }
    own_ = claim;
}

}  // namespace memberd::sim
