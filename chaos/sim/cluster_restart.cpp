// The ends of members and their restarts: what their disks remember, where they come back, who
// takes their name or their address.
#include <algorithm>

#include "chaos/sim/cluster.hpp"
#include "detector/check.hpp"

namespace memberd::sim {
namespace {

// The virtual wall clock at the beginning.
constexpr std::int64_t kWallSecondsAtBeginning = 1'700'000'000;
constexpr std::size_t kKnownAddressesMax = 32;

}  // namespace

void Cluster::save(Member member) {
    std::vector<Endpoint>& known = members_[member].disk.known;
    known.clear();
    for (const MemberView& view : world_.engine(member).members()) {
        if (known.size() < kKnownAddressesMax && !is_gone(view.claim.state)) {
            known.push_back(world_.pool()[view.profile].endpoint);
        }
    }
}

void Cluster::kill(Member member) {
    if (!world_.is_outsider(member)) {
        save(member);
    }
    world_.kill(member);
}

void Cluster::power_off(Member member) {
    save(member);
    world_.power_off(member);
}

std::vector<Member> Cluster::kill_all() {
    std::vector<Member> killed;
    for (Member member = 0; member < members_.size(); ++member) {
        if (is_ours(member) && world_.life(member) != Life::Absent) {
            killed.push_back(member);
            kill(member);
        }
    }
    return killed;
}

void Cluster::leave(Member member) {
    save(member);
    world_.leave(member);
}

void Cluster::announce_restart(Member member) {
    save(member);
    world_.announce_restart(member);
}

std::vector<std::string> Cluster::ask_evidence(Member by, Member member, std::uint64_t cookie) {
    return world_.ask_evidence(by, members_[member].name, cookie);
}

bool Cluster::forget(Member by, Member member) {
    return world_.forget(by, members_[member].name);
}

std::uint64_t Cluster::wall_seconds(Member member) const {
    const std::int64_t clock = kWallSecondsAtBeginning + members_[member].wall_offset_s +
                               std::chrono::floor<std::chrono::seconds>(elapsed()).count();
    return static_cast<std::uint64_t>(std::max<std::int64_t>(1, clock));
}

void Cluster::jump_wall_clock(Member member, std::int64_t seconds) {
    members_[member].wall_offset_s += seconds;
}

void Cluster::change_dialect(Member member, Dialect dialect) {
    members_[member].dialect = dialect;
    members_[member].is_ours = members_[member].cluster.empty() && dialect != Dialect::NextVersion;
}

void Cluster::restart(Member member, DataDirectory directory, Address address) {
    Seat& seat = members_[member];
    seat.disk.generation = world_.generation(member);
    Disk left = seat.disk;
    std::uint64_t generation = 0;
    switch (directory) {
        case DataDirectory::Kept:
            generation = seat.disk.generation + 1;
            break;
        case DataDirectory::Lost:
            seat.disk = {};
            generation = wall_seconds(member);
            break;
        case DataDirectory::Stale:
            seat.disk = seat.before;
            generation = seat.disk.generation + 1;
            break;
    }
    seat.before = std::move(left);
    if (address == Address::New) {
        seat.address = next_address_++;
    }
    start(member, generation);
}

void Cluster::restart_all(std::span<const Member> members, Duration span, double lost_share) {
    Random& random = world_.schedule();
    for (const Member member : members) {
        const auto directory =
            random.chance(lost_share) ? DataDirectory::Lost : DataDirectory::Kept;
        const Duration wait = random.between(Duration::zero(), span);
        world_.at(now() + wait, [this, member, directory] {
            if (world_.life(member) == Life::Absent) {
                restart(member, directory);
            }
        });
    }
}

Member Cluster::clone(Member member) {
    NewMember copy;
    copy.name = name(member);
    copy.zone = members_[member].zone;
    copy.generation = world_.generation(member) + 1;
    const Member twin = seat(copy);
    members_[twin].seeds = members_[member].seeds;
    members_[twin].disk = members_[member].disk;
    start(twin, copy.generation);
    return twin;
}

void Cluster::swap_addresses(Member a, Member b) {
    MEMBERD_CHECK(world_.life(a) == Life::Absent && world_.life(b) == Life::Absent,
                  "addresses of running members can't be exchanged");
    std::swap(members_[a].address, members_[b].address);
}

}  // namespace memberd::sim
