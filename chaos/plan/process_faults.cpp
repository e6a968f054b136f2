#include "chaos/plan/process_faults.hpp"

#include "detector/check.hpp"

namespace memberd::sim {

using namespace std::chrono_literals;

Duration tolerated_pause(TimingProfile profile) {
    switch (profile) {
        case TimingProfile::Lan:
            return 2s;
        case TimingProfile::Local:
            return 1s;
        case TimingProfile::Wan:
            return 4s;
    }
    return 0s;
}

ProcessFaults::ProcessFaults(const Plan& plan, Cluster& cluster) : plan_(plan), cluster_(cluster) {}

void ProcessFaults::reserve_members() {
    std::map<Member, const Operation*> adding;
    for (const Operation& of : plan_.operations) {
        if (adds_member(of.kind)) {
            adding[of.member] = &of;
        }
    }
    for (auto member = static_cast<Member>(plan_.n); member < member_count(plan_); ++member) {
        NewMember wanted;
        wanted.seeds.clear();
        for (Member seed = 0; seed < plan_.seed_count; ++seed) {
            wanted.seeds.push_back(seed);
        }
        const auto found = adding.find(member);
        if (found != adding.end() && found->second->kind == OperationKind::Clone) {
            wanted.name = cluster_.name(found->second->other);
        }
        const Member given = cluster_.reserve(wanted);
        MEMBERD_CHECK(given == member, "a plan's members have the cluster's numbers");
    }
}

bool ProcessFaults::runs(Member member) const {
    return cluster_.world().life(member) != Life::Absent;
}

bool ProcessFaults::is_up(Member member) const {
    return cluster_.is_up(member);
}

bool ProcessFaults::begin(std::size_t operation) {
    const Operation& of = plan_.operations[operation];
    switch (of.kind) {
        case OperationKind::Kill:
        case OperationKind::PowerOff:
            if (!runs(of.member)) {
                return false;
            }
            paused_by_.erase(of.member);
            blocked_by_.erase(of.member);
            of.kind == OperationKind::Kill ? cluster_.kill(of.member)
                                           : cluster_.power_off(of.member);
            return true;
        case OperationKind::Restart:
        case OperationKind::Join:
        case OperationKind::Clone:
            return start(of);
        case OperationKind::Pause:
            return pause(operation);
        case OperationKind::Resume:
            return resume(of.member);
        case OperationKind::Block:
            return block(operation);
        case OperationKind::Unblock:
            return unblock(of.member);
        case OperationKind::Leave:
            // A process that stands still can't be told.
            if (!is_up(of.member)) {
                return false;
            }
            cluster_.leave(of.member);
            return true;
        case OperationKind::SetTag:
            return set_tag(of);
        case OperationKind::Forget:
            return forget(of);
        case OperationKind::Cut:
        case OperationKind::CutOneWay:
        case OperationKind::Partition:
        case OperationKind::Heal:
        case OperationKind::Lose:
        case OperationKind::Delay:
        case OperationKind::Burst:
        case OperationKind::Mangle:
        case OperationKind::Degrade:
        case OperationKind::FlipFlop:
            break;
    }
    check_failed(__FILE__, __LINE__, "an operation on a process", to_string(of.kind));
}

bool ProcessFaults::end(std::size_t operation) {
    const Operation& of = plan_.operations[operation];
    const auto is_held = [&](const std::map<Member, std::size_t>& holders) {
        const auto found = holders.find(of.member);
        return found != holders.end() && found->second == operation;
    };
    if (of.kind == OperationKind::Pause) {
        return is_held(paused_by_) && resume(of.member);
    }
    return is_held(blocked_by_) && unblock(of.member);
}

void ProcessFaults::end_all() {
    for (Member member = 0; member < cluster_.size(); ++member) {
        resume(member);
        unblock(member);
    }
    for (Member seed = 0; seed < plan_.seed_count; ++seed) {
        if (!runs(seed)) {
            cluster_.restart(seed);
        }
    }
}

bool ProcessFaults::pause(std::size_t operation) {
    const Member member = plan_.operations[operation].member;
    if (!is_up(member)) {
        return false;
    }
    cluster_.pause(member);
    paused_by_[member] = operation;
    paused_at_[member] = cluster_.now();
    return true;
}

bool ProcessFaults::resume(Member member) {
    paused_by_.erase(member);
    if (cluster_.world().life(member) != Life::Paused) {
        return false;
    }
    cluster_.resume(member);
    return true;
}

bool ProcessFaults::block(std::size_t operation) {
    const Member member = plan_.operations[operation].member;
    if (!runs(member) || cluster_.world().is_blocked(member)) {
        return false;
    }
    cluster_.block(member);
    blocked_by_[member] = operation;
    return true;
}

bool ProcessFaults::unblock(Member member) {
    blocked_by_.erase(member);
    if (!runs(member) || !cluster_.world().is_blocked(member)) {
        return false;
    }
    cluster_.unblock(member);
    return true;
}

bool ProcessFaults::start(const Operation& of) {
    const bool has_run = cluster_.world().generation(of.member) != 0;
    // Who was not there yet can't restart, and nobody is added twice.
    if (runs(of.member) || has_run != (of.kind == OperationKind::Restart)) {
        return false;
    }
    cluster_.restart(of.member, of.state, of.address);
    return true;
}

bool ProcessFaults::set_tag(const Operation& of) {
    if (!is_up(of.member) || cluster_.engine(of.member).stopped()) {
        return false;
    }
    cluster_.set_tag(of.member, of.key, of.value);
    return true;
}

bool ProcessFaults::forget(const Operation& of) {
    return is_up(of.member) && cluster_.world().forget(of.member, cluster_.name(of.other));
}

bool ProcessFaults::is_promised_to_live(const Death& death) const {
    if (!death.is_of_present_run || death.victim == kNone) {
        return false;
    }
    const auto paused = paused_at_.find(death.victim);
    const bool stands_still = cluster_.world().life(death.victim) == Life::Paused;
    return stands_still && paused != paused_at_.end() &&
           death.at - paused->second <= tolerated_pause(plan_.profile);
}

}  // namespace memberd::sim
