#include "chaos/plan/process_faults.hpp"

#include <cmath>

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

namespace {

Blocking blocking_of(Direction direction) {
    switch (direction) {
        case Direction::Both:
            return Blocking::Both;
        case Direction::Ingress:
            return Blocking::Receives;
        case Direction::Egress:
            return Blocking::Sends;
    }
    return Blocking::Nothing;
}

}  // namespace

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
            forget_holds(of.member);
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
        case OperationKind::Slow:
            return slow(operation);
        case OperationKind::Leave:
        case OperationKind::AnnounceRestart:
            return say_goodbye(of);
        case OperationKind::JumpClock:
            cluster_.jump_wall_clock(of.member, std::llround(of.jump_seconds));
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
    if (of.kind == OperationKind::Slow) {
        return is_held(slowed_by_) && quicken(of.member);
    }
    return is_held(blocked_by_) && unblock(of.member);
}

void ProcessFaults::forget_holds(Member member) {
    paused_by_.erase(member);
    blocked_by_.erase(member);
    slowed_by_.erase(member);
}

void ProcessFaults::restart(Member member, DataDirectory state, Address address) {
    forget_holds(member);
    leaving_.erase(member);
    announced_.erase(member);
    cluster_.restart(member, state, address);
}

void ProcessFaults::restart_announced() {
    const std::set<Member> announced = announced_;
    for (const Member member : announced) {
        if (!runs(member)) {
            restart(member, DataDirectory::Kept, Address::Same);
        }
    }
}

std::vector<Member> ProcessFaults::core() const {
    std::vector<Member> members;
    for (const Member member : cluster_.up()) {
        if (leaving_.count(member) == 0) {
            members.push_back(member);
        }
    }
    return members;
}

void ProcessFaults::end_all() {
    for (Member member = 0; member < cluster_.size(); ++member) {
        resume(member);
        unblock(member);
        quicken(member);
    }
    start_seeds();
}

void ProcessFaults::start_seeds() {
    for (Member seed = 0; seed < plan_.seed_count; ++seed) {
        if (!runs(seed)) {
            restart(seed, DataDirectory::Kept, Address::Same);
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
    if (!runs(member) || cluster_.world().blocking(member) != Blocking::Nothing) {
        return false;
    }
    cluster_.block(member, blocking_of(plan_.operations[operation].direction));
    blocked_by_[member] = operation;
    return true;
}

bool ProcessFaults::unblock(Member member) {
    blocked_by_.erase(member);
    if (!runs(member) || cluster_.world().blocking(member) == Blocking::Nothing) {
        return false;
    }
    cluster_.unblock(member);
    return true;
}

bool ProcessFaults::slow(std::size_t operation) {
    const Operation& of = plan_.operations[operation];
    const CpuLimits limits{of.per_message, of.per_timer, of.run, of.every};
    if (!is_up(of.member) || limits.are_none() || slowed_by_.count(of.member) != 0) {
        return false;
    }
    cluster_.slow(of.member, limits);
    slowed_by_[of.member] = operation;
    return true;
}

bool ProcessFaults::quicken(Member member) {
    const bool was_slow = slowed_by_.erase(member) != 0;
    if (!was_slow || !runs(member)) {
        return false;
    }
    cluster_.quicken(member);
    return true;
}

// A process that stands still can't be told.
bool ProcessFaults::say_goodbye(const Operation& of) {
    if (!is_up(of.member) || cluster_.engine(of.member).stopped()) {
        return false;
    }
    leaving_.insert(of.member);
    if (of.kind == OperationKind::Leave) {
        cluster_.leave(of.member);
    } else {
        announced_.insert(of.member);
        cluster_.announce_restart(of.member);
    }
    return true;
}

bool ProcessFaults::start(const Operation& of) {
    const bool has_run = cluster_.world().generation(of.member) != 0;
    // Who was not there yet can't restart, and nobody is added twice.
    if (runs(of.member) || has_run != (of.kind == OperationKind::Restart)) {
        return false;
    }
    restart(of.member, of.state, of.address);
    return true;
}

bool ProcessFaults::set_tag(const Operation& of) {
    // Who leaves says nothing new about itself.
    if (!is_up(of.member) || leaving_.count(of.member) != 0) {
        return false;
    }
    cluster_.set_tag(of.member, of.key, of.value);
    return true;
}

bool ProcessFaults::forget(const Operation& of) {
    return is_up(of.member) && cluster_.forget(of.member, of.other);
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
