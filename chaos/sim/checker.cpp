#include "chaos/sim/checker.hpp"

#include <tuple>

#include "chaos/sim/history.hpp"
#include "gossip/messages.hpp"

namespace memberd::sim {
namespace {

constexpr std::size_t kViolationsKept = 16;  // the first is what counts

std::string describe(const Claim& claim) {
    return std::string(to_string(claim.state)) + " " + std::to_string(claim.generation) + "." +
           std::to_string(claim.incarnation);
}

std::tuple<std::uint64_t, std::uint32_t> numbers(const Claim& claim) {
    return {claim.generation, claim.incarnation};
}

bool is_gone(MemberState state) {
    return state == MemberState::Dead || state == MemberState::Left;
}

}  // namespace

void Checker::began(ProcessId process, const Engine& engine) {
    const MemberView self = engine.self();
    running_[process] = ghosts_.size();
    by_instance_[self.claim.instance] = ghosts_.size();
    ghosts_.push_back(Ghost{process, self.claim.instance, self.claim.generation,
                            self.claim.incarnation, &engine});
}

void Checker::ended(ProcessId process) {
    Ghost& ghost = ghosts_[running_.at(process)];
    const MemberView self = ghost.engine->self();
    ghost.generation = self.claim.generation;
    ghost.incarnation = self.claim.incarnation;
    ghost.engine = nullptr;
    running_.erase(process);
}

MemberState Checker::ranked(MemberState state) const {
    return suspicion_is_evidence_ && state == MemberState::Suspect ? MemberState::Alive : state;
}

void Checker::violated(Instant now, std::string_view invariant, std::string text) {
    if (violations_.size() < kViolationsKept) {
        violations_.push_back(Violation{std::string(invariant), std::move(text), now});
    }
}

void Checker::check_ownership(Instant now,
                              ProcessId observer,
                              const Claim& claim,
                              std::string_view name) {
    if (has_forgeries_) {
        return;
    }
    const auto found = by_instance_.find(claim.instance);
    if (found == by_instance_.end()) {
        violated(now, "I1", std::string(name) + " is shown with an instance that never was");
        return;
    }
    const Ghost& ghost = ghosts_[found->second];
    std::tuple issued{ghost.generation, ghost.incarnation};
    if (ghost.engine != nullptr) {
        issued = numbers(ghost.engine->self().claim);
    }
    if (numbers(claim) > issued) {
        violated(now, "I1",
                 "process " + std::to_string(observer) + " shows " + std::string(name) + " as " +
                     describe(claim) + ", more than it ever issued");
    }
}

void Checker::check_change(Instant now,
                           ProcessId observer,
                           const Change& change,
                           const ProfilePool& pool) {
    const ProfilePool::Entry& profile = pool[change.profile];
    const std::pair key{running_.at(observer), profile.key};
    if (change.kind == ChangeKind::Forgotten) {
        shown_.erase(key);
        return;
    }
    Claim claim = change.claim;
    claim.state = ranked(claim.state);
    check_ownership(now, observer, claim, profile.name());
    const auto [place, is_new] = shown_.try_emplace(key, Shown{claim});
    if (is_new) {
        return;
    }
    const Claim held = place->second.claim;
    place->second.claim = claim;
    const bool is_same_run = held.generation != claim.generation || held.instance == claim.instance;
    const auto rank = [](const Claim& of) {
        return std::tuple(of.generation, of.state == MemberState::Left, of.incarnation,
                          static_cast<int>(of.state));
    };
    const std::string text = "process " + std::to_string(observer) + " showed " +
                             std::string(profile.name()) + " as " + describe(held) + ", now as " +
                             describe(claim);
    if (is_same_run && rank(claim) < rank(held)) {
        violated(now, "I2", text);
    }
    if (is_gone(held.state) && !is_gone(claim.state) && numbers(claim) <= numbers(held)) {
        violated(now, "I3", text);
    }
}

void Checker::check_self(Instant now, ProcessId process, const Engine& engine) {
    const Claim claim = engine.self().claim;
    if (claim.state == MemberState::Suspect || claim.state == MemberState::Dead) {
        violated(now, "I4",
                 "process " + std::to_string(process) + " shows itself as " + describe(claim));
    }
}

void Checker::check_size(Instant now, ProcessId process, Bytes message) {
    const std::size_t type = message_type(message);
    const bool is_probe = type >= static_cast<std::size_t>(MessageType::Ping) &&
                          type <= static_cast<std::size_t>(MessageType::Suspicion) &&
                          type != static_cast<std::size_t>(MessageType::Gossip);
    const std::size_t limit = is_probe ? kProbeBytesMax : kMessageBytesMax;
    if (type == 0 || message.size() > limit) {
        violated(now, "I9",
                 "process " + std::to_string(process) + " sends " + std::to_string(message.size()) +
                     " bytes of type " + std::to_string(type));
    }
}

}  // namespace memberd::sim
