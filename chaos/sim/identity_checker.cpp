#include "chaos/sim/identity_checker.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/core.h>

#include "chaos/sim/call_log.hpp"

namespace memberd::sim {
namespace {

// In the order of PROTOCOL.md, "Which claim wins".
auto rank_of(const Claim& claim) {
    return std::tuple(claim.generation, claim.state == MemberState::Left, claim.incarnation,
                      static_cast<int>(claim.state));
}

bool is_join(const Message& message) {
    return std::holds_alternative<Join>(message.body);
}

}  // namespace

void IdentityChecker::began(const Ghost& ghost) {
    memories_.emplace_back().own = ghost.engine->self().claim;
}

void IdentityChecker::ended(const Ghost& ghost) {
    Memory& memory = memories_[ghost.run];
    memory.shown = {};
    memory.buried = {};
}

void IdentityChecker::judge(const EngineCall& call, Violations& violations) {
    for (const Change& change : call.out.changes) {
        judge_change(call, change, violations);
    }
    judge_heard(call, violations);
    judge_sent(call, violations);
    judge_own(call, violations);
}

void IdentityChecker::judge_ownership(const EngineCall& call,
                                      std::string_view name,
                                      const Claim& claim,
                                      std::string_view verb,
                                      Violations& violations) const {
    if (has_forger_) {
        return;
    }
    const Ghost* const ghost = ghosts_.find(claim.instance);
    if (ghost == nullptr) {
        violations.add(
            call.now, "I1",
            fmt::format("{} {} {} with an instance that never was", call.who(), verb, name));
    } else if (numbers_of(claim) > Ghosts::issued(*ghost)) {
        violations.add(call.now, "I1",
                       fmt::format("{} {} {} as {}, more than it ever issued", call.who(), verb,
                                   name, describe(claim)));
    }
}

// --- What is shown ---

void IdentityChecker::judge_change(const EngineCall& call,
                                   const Change& change,
                                   Violations& violations) {
    const ProfilePool::Entry& profile = call.pool[change.profile];
    Memory& memory = memories_[call.ghost.run];
    if (change.kind == ChangeKind::Forgotten) {
        memory.shown.erase(profile.key);
        return;
    }
    judge_shown(call, profile.key, profile.name(), change.claim, violations);
}

void IdentityChecker::judge_shown(const EngineCall& call,
                                  std::uint64_t key,
                                  std::string_view name,
                                  Claim claim,
                                  Violations& violations) {
    judge_ownership(call, name, claim, "shows", violations);
    if (suspicion_is_evidence_ && claim.state == MemberState::Suspect) {
        claim.state = MemberState::Alive;
    }
    Memory& memory = memories_[call.ghost.run];
    const auto [place, is_new] = memory.shown.try_emplace(key, claim);
    if (!is_new) {
        judge_order(call, name, place->second, claim, violations);
        place->second = claim;
    }
    if (!is_gone(claim.state)) {
        judge_return(call, key, name, claim, violations);
        return;
    }
    // The age that came with the claim counts: all forget at one time.
    const auto view = call.engine.find(name);
    const bool is_listed = view && is_gone(view->claim.state);
    memory.buried.insert_or_assign(key, Burial{claim, is_listed ? view->since : call.local});
}

void IdentityChecker::judge_order(const EngineCall& call,
                                  std::string_view name,
                                  const Claim& held,
                                  const Claim& claim,
                                  Violations& violations) const {
    const bool is_same_run = held.instance == claim.instance;
    const auto text = [&] {
        return fmt::format("{} showed {} as {}, now as {}", call.who(), name, describe(held),
                           describe(claim));
    };
    // Of two runs that are over the one with the greater instance is remembered (PROTOCOL.md, which
    // claim wins).
    const bool is_later_tombstone =
        is_gone(held.state) && is_gone(claim.state) && claim.instance > held.instance;
    if (claim.generation < held.generation || (is_same_run && rank_of(claim) < rank_of(held)) ||
        (!is_same_run && claim.generation == held.generation && !is_later_tombstone)) {
        violations.add(call.now, "I2", text());
    }
    if (claim.generation == held.generation && claim.incarnation > held.incarnation &&
        claim.incarnation - held.incarnation > kIncarnationJumpMax) {
        violations.add(call.now, "I7", text());
    }
}

void IdentityChecker::judge_return(const EngineCall& call,
                                   std::uint64_t key,
                                   std::string_view name,
                                   const Claim& claim,
                                   Violations& violations) {
    Memory& memory = memories_[call.ghost.run];
    const auto buried = memory.buried.find(key);
    if (buried == memory.buried.end()) {
        return;
    }
    const Claim& gone = buried->second.claim;
    if (numbers_of(claim) > numbers_of(gone)) {
        memory.buried.erase(buried);
        return;
    }
    const Duration window =
        gone.state == MemberState::Dead ? membership_.dead_window : membership_.tombstone_window;
    const bool is_other_run =
        claim.instance != gone.instance && claim.generation == gone.generation;
    if (!is_other_run && call.local - buried->second.since <= window) {
        violations.add(call.now, "I3",
                       fmt::format("{} showed {} as {}, {:.1f} s later as {}", call.who(), name,
                                   describe(gone), seconds(call.local - buried->second.since),
                                   describe(claim)));
    }
}

// --- What is heard and said ---

void IdentityChecker::judge_heard(const EngineCall& call, Violations& violations) {
    // Of a join only the newcomer's own claim counts; if it is admitted there is a change.
    if (call.heard == nullptr || is_join(*call.heard)) {
        return;
    }
    const Claim own_before = memories_[call.ghost.run].own;
    Update update;
    for (ListCursor<Update> cursor(call.heard->updates); cursor.next(update);) {
        if (update.name == call.ghost.name) {
            judge_accusation(call, update.claim, own_before, violations);
        } else if (const auto view = call.engine.find(update.name)) {
            judge_shown(call, call.pool[view->profile].key, update.name, view->claim, violations);
        }
    }
}

void IdentityChecker::judge_accusation(const EngineCall& call,
                                       const Claim& claim,
                                       const Claim& own_before,
                                       Violations& violations) const {
    const MemberView self = call.engine.self();
    const bool is_no_claim = suspicion_is_evidence_ && claim.state == MemberState::Suspect;
    const bool is_leaving =
        self.claim.state == MemberState::Left || call.pool[self.profile].restarting;
    if (is_no_claim || is_leaving || call.engine.stopped() || claim.generation >= kGenerationMax) {
        return;
    }
    // A claim about a run that never was is no accusation of this one: the engine asks whoever is
    // said to live there.
    if (has_forger_ && claim.instance != own_before.instance) {
        return;
    }
    // Another run that is suspected may live: it is asked first, like one that is alive.
    const bool is_run_that_may_live =
        claim.instance != own_before.instance && claim.state == MemberState::Suspect;
    const bool is_accusation =
        claim.state != MemberState::Alive && !is_run_that_may_live &&
        (numbers_of(claim) >= numbers_of(own_before) ||
         (claim.state == MemberState::Left && claim.generation == own_before.generation));
    // Another run that lives is asked before anybody gives way.
    const bool is_lost_claim = claim.instance == own_before.instance &&
                               claim.state == MemberState::Alive &&
                               numbers_of(claim) > numbers_of(own_before);
    // It may hold itself back, not for ever.
    const Duration held_for = call.engine.status(call.local).held_for;
    const bool is_held =
        claim.state == MemberState::Dead && held_for > Duration::zero() && held_for <= hold_max_;
    if ((is_accusation || is_lost_claim) && !is_held &&
        numbers_of(self.claim) <= numbers_of(claim)) {
        violations.add(call.now, "I4",
                       fmt::format("{} heard that it is {}, and remains {}", call.who(),
                                   describe(claim), describe(self.claim)));
    }
}

void IdentityChecker::judge_sent(const EngineCall& call, Violations& violations) const {
    for (const SentMessage& sent : call.sent) {
        if (std::holds_alternative<Refuse>(sent.message.body)) {
            continue;
        }
        const Envelope& envelope = sent.message.envelope;
        if (envelope.instance != call.ghost.instance ||
            Numbers(envelope.generation, envelope.incarnation) >
                numbers_of(call.engine.self().claim)) {
            violations.add(call.now, "I1",
                           fmt::format("{} speaks as {} {}.{}", call.who(), envelope.name,
                                       envelope.generation, envelope.incarnation));
        }
        Update update;
        for (ListCursor<Update> cursor(sent.message.updates); cursor.next(update);) {
            judge_ownership(call, update.name, update.claim, "says of", violations);
        }
    }
}

void IdentityChecker::judge_own(const EngineCall& call, Violations& violations) {
    const Claim own = call.engine.self().claim;
    Claim& before = memories_[call.ghost.run].own;
    if (own.state == MemberState::Suspect || own.state == MemberState::Dead) {
        violations.add(call.now, "I4",
                       fmt::format("{} shows itself as {}", call.who(), describe(own)));
    }
    if (numbers_of(own) < numbers_of(before) || own.incarnation >= kIncarnationMax ||
        own.generation > kGenerationMax) {
        violations.add(
            call.now, "I7",
            fmt::format("{} was {} and is {}", call.who(), describe(before), describe(own)));
    }
    before = own;
}

}  // namespace memberd::sim
