#include "chaos/sim/ring_checker.hpp"

#include <algorithm>
#include <set>

#include <fmt/core.h>

#include "detector/random.hpp"
#include "membership/ring_change.hpp"

namespace memberd::sim {
namespace {

constexpr std::uint64_t kKeys = 256;
constexpr std::uint64_t kPreferenceKeys = 32;
constexpr std::size_t kReplicas = 3;
constexpr double kRounding = 1e-9;  // of sums of shares

RingMember ring_member_of(const ProfilePool& pool, ProfileId id) {
    const Profile profile = pool.open(id);
    return {profile.name, to_string(profile.endpoint), profile.weight_milli, profile.zone};
}

bool has(const std::vector<RingMember>& members, std::string_view name) {
    return std::any_of(members.begin(), members.end(),
                       [name](const RingMember& member) { return member.name == name; });
}

std::vector<std::string> names_of(const std::vector<RingMember>& members) {
    std::vector<std::string> names;
    names.reserve(members.size());
    for (const RingMember& member : members) {
        names.push_back(member.name);
    }
    return names;
}

// The share of all keys that these members own in a ring that holds them.
double share_of(const Ring& ring, const std::vector<RingMember>& members) {
    const std::vector<double> shares = ring.shares();
    double sum = 0;
    for (std::size_t i = 0; i < shares.size(); ++i) {
        sum += has(members, ring.members()[i].name) ? shares[i] : 0.0;
    }
    return sum;
}

std::set<std::string> zones_of(std::span<const RingMember> members) {
    std::set<std::string> zones;
    for (const RingMember& member : members) {
        if (member.weight_milli > 0) {
            zones.insert(member.zone);
        }
    }
    return zones;
}

// Nothing where the list is as it should be.
std::string preference_fault(const Ring& before,
                             const Ring& after,
                             const RingChecker::Difference& difference,
                             std::uint64_t hash) {
    const auto list = after.preference(hash, kReplicas);
    std::set<std::string> names;
    std::set<std::string> zones;
    for (const RingMember* member : list) {
        names.insert(member->name);
        zones.insert(member->zone);
    }
    if (names.size() != list.size()) {
        return "names a member twice";
    }
    if (zones.size() < std::min(zones_of(after.members()).size(), list.size())) {
        return "leaves a zone out";
    }
    if (!difference.came.empty()) {
        return {};
    }
    for (const RingMember* member : before.preference(hash, kReplicas)) {
        if (!has(difference.went, member->name) && names.count(member->name) == 0) {
            return fmt::format("drops {}, which stays", member->name);
        }
    }
    return {};
}

}  // namespace

void RingChecker::began(const Ghost& ghost) {
    digests_.push_back(0);
    snapshot(ghost);
}

void RingChecker::snapshot(const Ghost& ghost) {
    digests_[ghost.run] = ghost.engine->status(Instant{}).ring_digest;
}

void RingChecker::judge(const EngineCall& call, Violations& violations) {
    if (call.out.changes.empty() || points_ >= kPoints) {
        return;
    }
    const std::uint64_t after = call.engine.status(call.local).ring_digest;
    const std::uint64_t before = std::exchange(digests_[call.ghost.run], after);
    if (before != after && judged_.insert({before, after}).second) {
        judge_pair(call, before, violations);
    }
}

void RingChecker::judge_pair(const EngineCall& call,
                             std::uint64_t digest_before,
                             Violations& violations) {
    std::vector<RingMember> members;
    for (const MemberView& view : call.engine.members()) {
        if (!is_gone(view.claim.state)) {
            members.push_back(ring_member_of(call.pool, view.profile));
        }
    }
    Difference difference;
    for (const Change& change : call.out.changes) {
        if (change.kind != ChangeKind::State) {
            continue;
        }
        const bool was_in = !change.is_new && !is_gone(change.previous);
        const bool is_in = !is_gone(change.claim.state);
        if (was_in != is_in) {
            (is_in ? difference.came : difference.went)
                .push_back(ring_member_of(call.pool, change.profile));
        }
    }
    const Ring after = Ring::build(members);
    points_ += 2 * after.points().size();
    if (after.digest() != call.engine.status(call.local).ring_digest) {
        violations.add(call.now, "I15",
                       call.who() + " has another digest than the ring of its members");
    }
    const Ring before = after.change(difference.went, names_of(difference.came));
    if (before.digest() != digest_before) {
        return;  // Somebody's attributes have changed too; what they were is not known any more.
    }
    const Ring again = before.change(difference.came, names_of(difference.went));
    const auto points = after.points();
    if (!std::equal(points.begin(), points.end(), again.points().begin(), again.points().end())) {
        violations.add(call.now, "I15", call.who() + " has another ring by change than built anew");
    }
    judge_change(call, before, after, difference, violations);
}

void RingChecker::judge_change(const EngineCall& call,
                               const Ring& before,
                               const Ring& after,
                               const Difference& difference,
                               Violations& violations) {
    for (std::uint64_t key = 0; key < kKeys; ++key) {
        const std::uint64_t hash = mix64(key);
        const RingMember* const from = before.owner(hash);
        const RingMember* const to = after.owner(hash);
        const bool is_moved = from != nullptr && to != nullptr && from->name != to->name;
        if (is_moved && !has(difference.went, from->name) && !has(difference.came, to->name)) {
            violations.add(call.now, "I16",
                           fmt::format("at {} a key moves from {} to {}, which both stay",
                                       call.who(), from->name, to->name));
        }
        if (key >= kPreferenceKeys) {
            continue;
        }
        const std::string fault = preference_fault(before, after, difference, hash);
        if (!fault.empty()) {
            violations.add(call.now, "I16",
                           fmt::format("at {} a preference list {}", call.who(), fault));
        }
    }
    double moved = 0;
    for (const MovedRange& range : moved_ranges(before, after)) {
        moved += range.share();
    }
    const double due = share_of(after, difference.came) + share_of(before, difference.went);
    if (moved > due + kRounding) {
        violations.add(
            call.now, "I16",
            fmt::format("at {} {:.4f} of all keys move, {:.4f} are due", call.who(), moved, due));
    }
}

}  // namespace memberd::sim
