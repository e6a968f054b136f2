#include "chaos/sim/suspicion_checker.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "detector/suspicion_timer.hpp"

namespace memberd::sim {
namespace {

// Whether somebody gossips just this death.
bool is_gossiped(const EngineCall& call, std::string_view name, const Claim& claim) {
    if (call.heard == nullptr || std::holds_alternative<Sync>(call.heard->body) ||
        std::holds_alternative<Welcome>(call.heard->body)) {
        return false;
    }
    Update update;
    for (ListCursor<Update> cursor(call.heard->updates); cursor.next(update);) {
        if (update.name == name && update.claim == claim) {
            return true;
        }
    }
    return false;
}

}  // namespace

void SuspicionChecker::judge(const EngineCall& call, Violations& violations) {
    for (const Change& change : call.out.changes) {
        if (change.kind != ChangeKind::Forgotten) {
            if (is_death(change)) {
                judge_death(call, change, violations);
            }
            note(call, call.pool[change.profile].key, change.claim);
        }
    }
    if (call.heard == nullptr) {
        return;
    }
    // A suspicion of later numbers is another suspicion, though the state shown is the same.
    Update update;
    for (ListCursor<Update> cursor(call.heard->updates); cursor.next(update);) {
        if (const auto view = call.engine.find(update.name)) {
            note(call, call.pool[view->profile].key, view->claim);
        }
    }
}

void SuspicionChecker::note(const EngineCall& call, std::uint64_t key, const Claim& claim) {
    Observer& observer = observers_[call.ghost.run];
    if (claim.state != MemberState::Suspect) {
        observer.suspects.erase(key);
        return;
    }
    const auto known = observer.suspects.find(key);
    if (known != observer.suspects.end() && known->second.claim == claim) {
        return;
    }
    // Whoever arrived in this call may not have counted yet.
    const EngineStatus status = call.engine.status(call.local);
    const auto live = static_cast<std::int64_t>(status.alive) + status.suspect -
                      static_cast<std::int64_t>(call.out.changes.size());
    const auto n = static_cast<std::uint32_t>(std::max<std::int64_t>(live, 1));
    const SuspicionLimits limits = suspicion_limits(n, timing_.period, timing_.alpha, 1.0, 0);
    observer.suspects.insert_or_assign(key, Suspect{claim, call.local, observer.stood, limits.min});
}

void SuspicionChecker::judge_death(const EngineCall& call,
                                   const Change& death,
                                   Violations& violations) {
    const ProfilePool::Entry& profile = call.pool[death.profile];
    if (call.deaths_declared == 0) {
        if (!is_gossiped(call, profile.name(), death.claim)) {
            violations.add(call.now, "I6",
                           fmt::format("{} shows {} dead, which nobody has gossiped", call.who(),
                                       profile.name()));
        }
        return;
    }
    const Observer& observer = observers_[call.ghost.run];
    const auto suspect = observer.suspects.find(profile.key);
    const bool was_suspect = suspect != observer.suspects.end() &&
                             numbers_of(suspect->second.claim) == numbers_of(death.claim);
    const Duration length =
        was_suspect ? call.local - suspect->second.since - (observer.stood - suspect->second.stood)
                    : Duration::zero();
    const Duration least = was_suspect ? suspect->second.least : Duration::zero();
    if (!was_suspect || length < least) {
        violations.add(call.now, "I5",
                       fmt::format("{} declares {} dead after {:.3f} s as a suspect of {:.3f} s",
                                   call.who(), profile.name(), seconds(length), seconds(least)));
    }
}

}  // namespace memberd::sim
