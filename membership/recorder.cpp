#include "membership/recorder.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace memberd {
namespace {

// Three decimals say all that a reader of phi or of a round trip can use.
double rounded(double number) {
    return std::round(number * 1000.0) / 1000.0;
}

}  // namespace

MemberInfo member_info(const Claim& claim, const Profile& profile) {
    MemberInfo member;
    member.name = profile.name;
    member.id = hex16(claim.instance);
    member.address = to_string(profile.endpoint);
    member.state = claim.state;
    member.generation = claim.generation;
    member.incarnation = claim.incarnation;
    member.zone = profile.zone;
    member.weight_milli = profile.weight_milli;
    member.tags.insert(profile.tags.begin(), profile.tags.end());
    member.health = profile.health;
    return member;
}

void add_observation(MemberInfo& member, const std::optional<Observation>& observation) {
    member.phi.reset();
    member.rtt_ms.reset();
    if (!observation) {
        return;
    }
    if (std::isfinite(observation->phi)) {
        member.phi = rounded(observation->phi);
    }
    if (observation->round_trip) {
        member.rtt_ms = rounded(milliseconds(*observation->round_trip));
    }
}

Recorder::Recorder(std::uint64_t epoch) : view_(epoch, 0, hex16(Ring().digest()), Members()) {}

void Recorder::record(const Change& change,
                      const ProfilePool& pool,
                      const std::optional<Observation>& observation,
                      WallTime wall,
                      std::vector<Event>& events) {
    MemberInfo member = member_info(change.claim, pool.open(change.profile));
    add_observation(member, observation);
    const MemberInfo* known = view_.find(member.name);
    const bool is_gone = change.kind == ChangeKind::Forgotten;
    if (is_gone && known == nullptr) {
        return;
    }
    const bool entered = known == nullptr || (!is_gone && known->state != member.state);
    member.since = entered ? rfc3339(wall) : known->since;
    note_ring(member, is_gone);

    Event event;
    event.type =
        is_gone ? EventType::Forgotten : (entered ? event_type(member.state) : EventType::Updated);
    event.member = std::move(member);
    announce(std::move(event), wall, events);
}

void Recorder::record_link(std::string_view name,
                           LinkCondition condition,
                           WallTime wall,
                           std::vector<Event>& events) {
    const MemberInfo* known = view_.find(name);
    if (known == nullptr) {
        return;
    }
    Event event;
    event.type = EventType::Link;
    event.member = *known;
    event.link = condition;
    announce(std::move(event), wall, events);
}

void Recorder::note_ring(const MemberInfo& member, bool is_gone) {
    if (member.is_on_ring() && !is_gone) {
        ring_removed_.erase(member.name);
        ring_put_.insert_or_assign(member.name, ring_member(member));
    } else {
        ring_put_.erase(member.name);
        ring_removed_.insert(member.name);
    }
}

void Recorder::renew_ring(WallTime wall, std::vector<Event>& events) {
    std::vector<RingMember> put;
    for (auto& [name, member] : ring_put_) {
        const RingMember* known = ring_.find(name);
        if (known == nullptr || *known != member) {
            put.push_back(std::move(member));
        }
    }
    std::vector<std::string> removed;
    std::copy_if(ring_removed_.begin(), ring_removed_.end(), std::back_inserter(removed),
                 [&](const std::string& name) { return ring_.find(name) != nullptr; });
    ring_put_.clear();
    ring_removed_.clear();
    if (put.empty() && removed.empty()) {
        return;
    }
    const Ring before = ring_;
    ring_ = before.change(put, removed);
    if (ring_.digest() == before.digest()) {
        return;
    }
    std::vector<MovedRange> moved = moved_ranges(before, ring_);
    Event event;
    event.type = EventType::Ring;
    event.ring_digest = hex16(ring_.digest());
    event.truncated = moved.size() > kMovedRangesTotalMax;
    if (event.truncated) {
        moved.clear();
    }
    const std::size_t parts =
        std::max<std::size_t>(1, (moved.size() + kMovedRangesMax - 1) / kMovedRangesMax);
    event.parts = static_cast<std::uint32_t>(parts);
    for (std::size_t i = 0; i < parts; ++i) {
        const auto first = moved.begin() + static_cast<std::ptrdiff_t>(i * kMovedRangesMax);
        const auto count = std::min<std::ptrdiff_t>(kMovedRangesMax, moved.end() - first);
        event.part = static_cast<std::uint32_t>(i + 1);
        event.moved.assign(first, first + count);
        announce(event, wall, events);
    }
}

void Recorder::announce(Event event, WallTime wall, std::vector<Event>& events) {
    event.seq = view_.seq() + 1;
    event.time = rfc3339(wall);
    view_.apply(event);
    events.push_back(std::move(event));
}

}  // namespace memberd
