// Hostile processes in the words of the cluster.
#include "chaos/sim/cluster.hpp"

namespace memberd::sim {

Member Cluster::add_hostile() {
    NewMember wanted;
    wanted.seeds = {};
    const Member member = seat(wanted);
    Seat& seat = members_[member];
    seat.is_ours = false;
    // Its chance depends on its place and on nothing else.
    seat.hostile = std::make_unique<Hostile>(world_, member, seat.address,
                                             mix64(mix64(options_.seed) ^ member));
    Hostile* const hostile = seat.hostile.get();
    world_.start_outsider(member, seat.address, [hostile](ReplyToken token, Bytes bytes) {
        hostile->heard(token, bytes);
    });
    return member;
}

void Cluster::attack(Member hostile, HostileAct act, Duration length, double per_second) {
    members_[hostile].hostile->begin(act, up(), length, per_second);
}

void Cluster::record_packets(std::size_t count_max) {
    world_.record_packets(count_max);
}

}  // namespace memberd::sim
