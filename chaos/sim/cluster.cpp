#include "chaos/sim/cluster.hpp"

#include <algorithm>
#include <cstdio>
#include <set>

#include "detector/check.hpp"

namespace memberd::sim {
namespace {

std::string numbered(const char* format, std::size_t number) {
    char text[32];
    std::snprintf(text, sizeof text, format, number);
    return text;
}

WorldOptions world_options(const ClusterOptions& options) {
    WorldOptions world;
    world.seed = options.seed;
    world.carrying = options.carrying;
    // As the agent does it: lasting neighbours and some, or whoever is next.
    world.stream = memberd_stream(
        options.mode == Mode::Memberd ? 2 * std::uint32_t{options.timing.ring_count} + 16 : 256);
    world.checks = options.checks;
    world.receive_buffer_bytes = options.receive_buffer_bytes;
    world.send_buffer_bytes = options.send_buffer_bytes;
    world.engine.mode = options.mode;
    world.engine.timing = options.timing;
    world.engine.flight_recorder_entries = options.flight_recorder_entries;
    return world;
}

}  // namespace

Cluster::Cluster(ClusterOptions options)
    : options_(std::move(options)),
      world_(world_options(options_)) {
    world_.topology().set_default(options_.network);
    NewMember wanted;
    wanted.seeds.clear();
    for (Member seed = 0; seed < options_.seed_count; ++seed) {
        wanted.seeds.push_back(seed);
    }
    for (std::size_t i = 0; i < options_.n; ++i) {
        const auto drift = options_.drifts.find(static_cast<Member>(i));
        wanted.drift_ppm = drift == options_.drifts.end() ? 0 : drift->second;
        const Member member = seat(wanted);
        const Duration wait = options_.start == StartMode::OneByOne
                                  ? options_.start_interval * static_cast<std::int64_t>(i)
                                  : Duration::zero();
        if (options_.start == StartMode::Restored || is_absent(member)) {
            continue;
        }
        if (wait == Duration::zero()) {
            start(member, 1);
        } else {
            world_.at(kBeginning + wait, [this, member] { start(member, 1); });
        }
    }
    if (options_.start == StartMode::Restored) {
        restore_all();
    }
}

Member Cluster::seat(const NewMember& wanted) {
    const Member member = world_.add_process();
    Seat seat;
    seat.name = wanted.name.empty() ? numbered("m%04zu", member) : wanted.name;
    seat.cluster = wanted.cluster;
    seat.is_ours = wanted.cluster.empty() && wanted.dialect != Dialect::NextVersion;
    seat.address = wanted.moves_in ? members_[*wanted.moves_in].address : next_address_++;
    seat.zone = wanted.zone.value_or(member % std::max(options_.zone_count, 1U));
    seat.drift_ppm = wanted.drift_ppm;
    seat.dialect = wanted.dialect;
    for (const Member seed : wanted.seeds) {
        // Seeds are seated first; their address is their number.
        seat.seeds.push_back(endpoint_of(seed < members_.size() ? members_[seed].address : seed));
    }
    world_.topology().set_zone(member, seat.zone);
    members_.push_back(std::move(seat));
    return member;
}

void Cluster::start(Member member, std::uint64_t generation) {
    const Seat& seat = members_[member];
    Start how;
    how.name = seat.name;
    how.cluster = seat.cluster;
    how.address = seat.address;
    how.zone = numbered("z%zu", seat.zone);
    how.generation = generation;
    how.drift_ppm = seat.drift_ppm;
    how.dialect = seat.dialect;
    world_.start(member, how);
    // Those who know everybody from the first instant join when all of them are there.
    if (!is_restoring_) {
        std::vector<Endpoint> seeds = seat.seeds;
        seeds.insert(seeds.end(), seat.disk.known.begin(), seat.disk.known.end());
        std::sort(seeds.begin(), seeds.end());
        seeds.erase(std::unique(seeds.begin(), seeds.end()), seeds.end());
        world_.join(member, seeds);
    }
}

void Cluster::restore_all() {
    std::vector<MemberView> all;
    all.reserve(members_.size());
    std::vector<Member> present;
    is_restoring_ = true;
    for (Member member = 0; member < members_.size(); ++member) {
        if (!is_absent(member)) {
            start(member, 1);
            present.push_back(member);
            all.push_back(world_.engine(member).self());
        }
    }
    is_restoring_ = false;
    for (std::size_t i = 0; i < present.size(); ++i) {
        std::swap(all[i], all.back());
        world_.restore(present[i], std::span(all).first(all.size() - 1));
        std::swap(all[i], all.back());
    }
    for (const Member member : present) {
        world_.join(member, members_[member].seeds);
    }
}

bool Cluster::is_absent(Member member) const {
    return std::binary_search(options_.absent.begin(), options_.absent.end(), member);
}

Member Cluster::add(const NewMember& wanted) {
    const Member member = seat(wanted);
    start(member, wanted.generation);
    return member;
}

void Cluster::pause(Member member) {
    world_.pause(member);
}

void Cluster::resume(Member member) {
    world_.resume(member);
}

void Cluster::pause_for(Member member, Duration length) {
    pause(member);
    world_.at(now() + length, [this, member] { resume(member); });
}

void Cluster::block(Member member, Blocking what) {
    world_.block(member, what);
}

void Cluster::slow(Member member, const CpuLimits& limits) {
    world_.limit_cpu(member, limits);
}

void Cluster::unblock(Member member) {
    world_.unblock(member);
}

void Cluster::set_tag(Member member, std::string_view key, std::string_view value) {
    const Profile profile = world_.pool().open(world_.engine(member).self().profile);
    Attributes attributes{profile.zone, profile.weight_milli, profile.health, profile.tags};
    auto place = std::lower_bound(
        attributes.tags.begin(), attributes.tags.end(), key,
        [](const auto& tag, std::string_view wanted) { return tag.first < wanted; });
    if (place != attributes.tags.end() && place->first == key) {
        place->second = value;
    } else {
        attributes.tags.insert(place, {std::string(key), std::string(value)});
    }
    MEMBERD_CHECK(world_.set_attributes(member, attributes), "the tag is beyond a limit");
}

void Cluster::cut(Member a, Member b) {
    cut_one_way(a, b);
    cut_one_way(b, a);
}

void Cluster::cut_one_way(Member from, Member to) {
    Override layer;
    layer.cut = true;
    world_.topology().set_pair(from, to, layer);
}

void Cluster::cut_ingress(Member member) {
    Override layer;
    layer.cut = true;
    world_.topology().set_ingress(member, layer);
}

void Cluster::cut_egress(Member member) {
    Override layer;
    layer.cut = true;
    world_.topology().set_egress(member, layer);
}

void Cluster::partition(const std::vector<std::vector<Member>>& groups) {
    for (Member member = 0; member < members_.size(); ++member) {
        world_.topology().set_group(member, 0);
    }
    std::uint32_t number = 0;
    for (const std::vector<Member>& group : groups) {
        ++number;
        for (const Member member : group) {
            world_.topology().set_group(member, number);
        }
    }
}

void Cluster::heal() {
    world_.topology().clear();
}

void Cluster::lose(double probability) {
    Conditions conditions = world_.topology().defaults();
    conditions.loss = probability;
    world_.topology().set_default(conditions);
}

void Cluster::lose_egress(Member member, double probability) {
    Override layer;
    layer.loss = probability;
    world_.topology().set_egress(member, layer);
}

void Cluster::lose_ingress(Member member, double probability) {
    Override layer;
    layer.loss = probability;
    world_.topology().set_ingress(member, layer);
}

void Cluster::delay(Duration one_way, Duration jitter_mean) {
    Conditions conditions = world_.topology().defaults();
    conditions.delay = one_way;
    conditions.jitter = jitter_mean;
    world_.topology().set_default(conditions);
}

void Cluster::run_for(Duration length) {
    world_.run_until(now() + length);
}

bool Cluster::run_until(const std::function<bool()>& condition, Duration limit, Duration step) {
    const Instant end = now() + limit;
    while (!condition()) {
        if (now() >= end || !violations().empty()) {
            return false;
        }
        world_.run_until(std::min(now() + step, end));
    }
    return violations().empty();
}

}  // namespace memberd::sim
