#include "chaos/sim/fold_checker.hpp"

#include <fmt/core.h>

#include "gossip/endpoint.hpp"

namespace memberd::sim {
namespace {

// From the specification's parts, not from what the pool has kept.
std::uint64_t ring_term_of(const ProfilePool& pool, ProfileId id) {
    const Profile profile = pool.open(id);
    return ring_digest_term(profile.name, to_string(profile.endpoint), profile.weight_milli,
                            profile.zone);
}

}  // namespace

void FoldChecker::began(const Ghost& ghost) {
    folds_.emplace_back();
    snapshot(ghost);
}

void FoldChecker::snapshot(const Ghost& ghost) {
    Fold& fold = folds_[ghost.run];
    fold = {};
    const ProfilePool& pool = ghost.engine->profiles();
    const std::vector<MemberView> members = ghost.engine->members();
    fold.is_kept = members.size() <= kKnownMax;
    for (std::size_t i = 0; fold.is_kept && i < members.size(); ++i) {
        const MemberView& view = members[i];
        put(fold, pool[view.profile].key,
            {view.claim.instance, view.claim.generation, view.claim.state,
             pool[view.profile].content_hash, ring_term_of(pool, view.profile)});
    }
}

void FoldChecker::put(Fold& fold, std::uint64_t key, const Shown& shown) {
    drop(fold, key);
    fold.shown.insert_or_assign(key, shown);
    if (!is_gone(shown.state)) {
        fold.ring.add(shown.ring_term);
    }
}

void FoldChecker::drop(Fold& fold, std::uint64_t key) {
    const auto known = fold.shown.find(key);
    if (known != fold.shown.end()) {
        if (!is_gone(known->second.state)) {
            fold.ring.remove(known->second.ring_term);
        }
        fold.shown.erase(known);
    }
}

void FoldChecker::judge(const EngineCall& call, Violations& violations) {
    Fold& fold = folds_[call.ghost.run];
    if (call.out.changes.empty() || !fold.is_kept) {
        return;
    }
    for (const Change& change : call.out.changes) {
        apply(call, fold, change, violations);
    }
    if (fold.shown.size() > kKnownMax) {
        fold = {};
        return;
    }
    compare(call, fold, violations);
}

void FoldChecker::apply(const EngineCall& call,
                        Fold& fold,
                        const Change& change,
                        Violations& violations) {
    const ProfilePool::Entry& profile = call.pool[change.profile];
    const auto known = fold.shown.find(profile.key);
    const bool was_listed = known != fold.shown.end();
    const bool follows =
        change.kind == ChangeKind::State
            ? was_listed != change.is_new && (!was_listed || known->second.state == change.previous)
            : was_listed;
    const bool keeps_state = change.kind != ChangeKind::Updated || !was_listed ||
                             known->second.state == change.claim.state;
    if (!follows || !keeps_state) {
        violations.add(
            call.now, "I8",
            fmt::format("{} says that {} is {} after {}, and had shown it as {}", call.who(),
                        profile.name(), to_string(change.claim.state), to_string(change.previous),
                        was_listed ? to_string(known->second.state) : "nothing"));
    }
    if (change.kind == ChangeKind::Forgotten) {
        drop(fold, profile.key);
        return;
    }
    put(fold, profile.key,
        {change.claim.instance, change.claim.generation, change.claim.state, profile.content_hash,
         ring_term_of(call.pool, change.profile)});
}

void FoldChecker::compare(const EngineCall& call, const Fold& fold, Violations& violations) {
    const std::vector<MemberView> members = call.engine.members();
    if (members.size() != fold.shown.size()) {
        violations.add(call.now, "I8",
                       fmt::format("{} shows {} members, its changes make {}", call.who(),
                                   members.size(), fold.shown.size()));
    }
    for (const MemberView& view : members) {
        const ProfilePool::Entry& profile = call.pool[view.profile];
        const auto known = fold.shown.find(profile.key);
        if (known == fold.shown.end() || known->second.state != view.claim.state ||
            known->second.instance != view.claim.instance ||
            known->second.generation != view.claim.generation ||
            known->second.content != profile.content_hash) {
            violations.add(call.now, "I8",
                           fmt::format("{} shows {} as {}, its changes make it {}", call.who(),
                                       profile.name(), to_string(view.claim.state),
                                       known == fold.shown.end() ? "unknown"
                                                                 : to_string(known->second.state)));
        }
    }
    if (fold.ring.value() != call.engine.status(call.local).ring_digest) {
        violations.add(call.now, "I15",
                       fmt::format("{} has a ring digest that is not that of the members it shows",
                                   call.who()));
    }
}

}  // namespace memberd::sim
