// What the ways between processes do to what travels on them.
#include <algorithm>

#include "chaos/sim/history.hpp"
#include "chaos/sim/network.hpp"

namespace memberd::sim {
namespace {

constexpr std::size_t kDatagramHeader = 28;  // of IP and UDP

void flip_bits(std::vector<std::uint8_t>& bytes, PacketRandom& random) {
    const std::uint64_t flips = 1 + random.next() % 4;
    for (std::uint64_t i = 0; i < flips && !bytes.empty(); ++i) {
        const std::uint64_t bit = random.next() % (bytes.size() * 8);
        bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << (bit % 8)));
    }
}

Duration jittered(const Conditions& conditions, PacketRandom& random) {
    switch (conditions.jitter_kind) {
        case Jitter::None:
            break;
        case Jitter::Exponential:
            return conditions.delay + random.exponential(conditions.jitter);
        case Jitter::LogNormal:
            return conditions.delay + random.log_normal(conditions.jitter, conditions.jitter_sigma);
    }
    return conditions.delay;
}

}  // namespace

PathId Network::path_of(ProcessId from, AddressId to) {
    const std::uint64_t key = static_cast<std::uint64_t>(from) << 32U | to;
    if (const std::uint32_t* found = path_index_.find(key)) {
        return *found;
    }
    const auto id = static_cast<PathId>(paths_.size());
    Path path;
    path.from = from;
    path.to = to;
    paths_.push_back(path);
    if (carrying_ == Carrying::Stream) {
        connections_.emplace_back();
    }
    path_index_.insert(key, id);
    return id;
}

PathId Network::reverse_of(PathId path, ProcessId server) {
    const AddressId home = parties_[paths_[path].from].address;
    const PathId known = paths_[path].reverse;
    if (known != kNone && paths_[known].from == server && paths_[known].to == home) {
        return known;
    }
    const PathId reverse = path_of(server, home);
    paths_[path].reverse = reverse;
    return reverse;
}

// Everybody shares the default until something is changed for somebody. Bursts and bottlenecks have
// a state, so they are each pair's own.
Network::Resolved& Network::resolved_of(PathId id) {
    Path& path = paths_[id];
    Resolved& shared = default_resolved();
    const Conditions& defaults = shared.conditions;
    const bool is_stateless =
        defaults.burst_bad_mean == Duration::zero() && defaults.bytes_per_second == 0;
    if (is_stateless && topology_.is_uniform()) {
        return shared;
    }
    if (path.resolved_version != topology_.version()) {
        path.resolved_version = topology_.version();
        if (path.resolved == 0) {
            path.resolved = static_cast<std::uint32_t>(resolved_.size());
            resolved_.emplace_back();
        }
        Resolved& own = resolved_[path.resolved];
        own.conditions = topology_.resolve(path.from, listener(path.to));
        own.is_clean = own.conditions.is_clean();
    }
    return resolved_[path.resolved];
}

Network::Resolved& Network::default_resolved() {
    if (default_version_ != topology_.version()) {
        default_version_ = topology_.version();
        resolved_[0].conditions = topology_.defaults();
        resolved_[0].is_clean = topology_.defaults().is_clean();
        is_clean_everywhere_ = resolved_[0].is_clean && topology_.is_uniform();
    }
    return resolved_[0];
}

bool Network::is_clean_everywhere() {
    default_resolved();
    return is_clean_everywhere_;
}

PacketRandom Network::random_of(PathId id) {
    Path& path = paths_[id];
    const std::uint64_t pair = static_cast<std::uint64_t>(path.from) << 32U | path.to;
    return {seed_ ^ mix64(pair), path.position++};
}

bool Network::is_lost(Instant now, Resolved& way, std::size_t bytes, PacketRandom& random) {
    const Conditions& conditions = way.conditions;
    bool lost = conditions.loss > 0.0 && random.chance(conditions.loss);
    if (conditions.burst_bad_mean > Duration::zero()) {
        while (way.burst_until <= now) {
            if (way.burst_until == Instant{}) {
                way.burst_until = now + random.exponential(conditions.burst_good_mean);
                continue;
            }
            way.burst_is_bad = !way.burst_is_bad;
            way.burst_until +=
                Duration(1) + random.exponential(way.burst_is_bad ? conditions.burst_bad_mean
                                                                  : conditions.burst_good_mean);
        }
        lost = lost || (way.burst_is_bad && random.chance(conditions.burst_loss));
    }
    if (conditions.mtu_bytes > 0 && bytes > conditions.mtu_bytes) {
        ++counters_.oversized;
        lost = true;
    }
    if (conditions.bytes_per_second > 0) {
        const Instant start = std::max(now, way.busy_until);
        const double queued =
            seconds(start - now) * static_cast<double>(conditions.bytes_per_second);
        if (queued + static_cast<double>(bytes) > static_cast<double>(conditions.queue_bytes)) {
            return true;
        }
        way.busy_until = start + from_seconds(static_cast<double>(bytes) /
                                              static_cast<double>(conditions.bytes_per_second));
    }
    return lost;
}

Network::Fate Network::fate_of(Instant now, PathId path, std::size_t bytes, PacketRandom& random) {
    Resolved& way = resolved_of(path);
    const Conditions& conditions = way.conditions;
    Fate fate;
    if (way.is_clean) {
        fate.delay = jittered(conditions, random);
        return fate;
    }
    fate.is_cut = conditions.cut;
    fate.is_lost = !fate.is_cut && is_lost(now, way, bytes, random);
    counters_.cut += fate.is_cut ? 1U : 0U;
    counters_.lost += fate.is_lost ? 1U : 0U;
    fate.delay = jittered(conditions, random);
    if (way.busy_until > now) {
        fate.delay += way.busy_until - now;
    }
    if (conditions.clogged_until > now) {
        fate.delay += conditions.clogged_until - now;
    }
    return fate;
}

Duration Network::base_delay(PathId path) {
    return resolved_of(path).conditions.delay;
}

bool Network::is_filtered(PathId path, Bytes bytes) {
    const std::uint32_t dropped = resolved_of(path).conditions.dropped_types;
    const bool is_dropped = dropped != 0 && (dropped >> message_type(bytes) & 1U) != 0;
    counters_.filtered += is_dropped ? 1U : 0U;
    return is_dropped;
}

void Network::send_datagram(Instant now, PathId path, PacketId id) {
    PacketRandom random = random_of(path);
    const Fate fate = fate_of(now, path, packets_[id].bytes.size() + kDatagramHeader, random);
    if (!fate.passes()) {
        packets_.release(id);
        return;
    }
    const Conditions& conditions = resolved_of(path).conditions;
    Instant arrival = now + fate.delay;
    if (conditions.reorder > 0.0 && random.chance(conditions.reorder)) {
        arrival += Duration(static_cast<Duration::rep>(
            random.unit() * static_cast<double>(conditions.reorder_delay.count())));
    }
    if (conditions.corrupt > 0.0 && random.chance(conditions.corrupt)) {
        ++counters_.corrupted;
        flip_bits(packets_[id].bytes, random);
    }
    if (conditions.duplicate > 0.0 && random.chance(conditions.duplicate)) {
        ++counters_.duplicated;
        const std::vector<std::uint8_t> copy = packets_[id].bytes;
        const PacketId twin = packets_.make(copy);
        Packet& second = packets_[twin];
        const Packet& first = packets_[id];
        second.from = first.from;
        second.to = first.to;
        second.to_run = first.to_run;
        second.path = first.path;
        second.connection = first.connection;
        second.is_reply = first.is_reply;
        events_.push(arrival + fate.delay, EventKind::Deliver, twin);
    }
    events_.push(arrival, EventKind::Deliver, id);
}

}  // namespace memberd::sim
