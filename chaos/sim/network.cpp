#include "chaos/sim/network.hpp"

#include <algorithm>

#include "detector/check.hpp"

namespace memberd::sim {
namespace {

constexpr std::uint64_t token_of(PathId path, std::uint32_t version) {
    return static_cast<std::uint64_t>(version) << 32U | (path + 1U);
}

void flip_bits(std::vector<std::uint8_t>& bytes, PacketRandom& random) {
    const std::uint64_t flips = 1 + random.next() % 4;
    for (std::uint64_t i = 0; i < flips && !bytes.empty(); ++i) {
        const std::uint64_t bit = random.next() % (bytes.size() * 8);
        bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << (bit % 8)));
    }
}

}  // namespace

Network::Network(std::uint64_t seed, Carrying carrying, EventQueue& events, PacketPool& packets)
    : seed_(seed),
      carrying_(carrying),
      events_(events),
      packets_(packets),
      resolved_(1) {}

Network::Host& Network::host(AddressId address) {
    if (address >= hosts_.size()) {
        hosts_.resize(address + 1);
    }
    return hosts_[address];
}

ProcessId Network::listener(AddressId address) const {
    return address < hosts_.size() ? hosts_[address].listener : kNone;
}

void Network::listen(ProcessId process, std::uint32_t run, AddressId address) {
    if (process >= parties_.size()) {
        parties_.resize(process + 1);
    }
    Party& party = parties_[process];
    MEMBERD_CHECK(!party.is_running && run > party.run, "the process runs already");
    party = Party{};
    party.run = run;
    party.address = address;
    party.is_running = true;
    host(address) = Host{process, false};
}

void Network::end(Instant now, ProcessId process, bool machine_is_off) {
    Party& party = parties_[process];
    party.is_running = false;
    party.is_frozen = false;
    party.stalled.clear();
    if (host(party.address).listener == process) {
        hosts_[party.address] = Host{kNone, machine_is_off};
    }
    reset_connections(now, process, machine_is_off);
}

void Network::freeze(ProcessId process) {
    parties_[process].is_frozen = true;
}

void Network::thaw(Instant now, ProcessId process) {
    Party& party = parties_[process];
    party.is_frozen = false;
    std::vector<std::pair<PathId, std::uint32_t>> stalled;
    stalled.swap(party.stalled);
    for (const auto& [path, version] : stalled) {
        Connection& connection = connections_[path];
        if (connection.version == version && connection.link == Link::Stalled) {
            connection.link = Link::Opening;
            finish_handshake(now, path);
        }
    }
}

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
    const Conditions& defaults = topology_.defaults();
    const bool is_stateless =
        defaults.burst_bad_mean == Duration::zero() && defaults.bytes_per_second == 0;
    if (topology_.is_uniform() && is_stateless) {
        return default_resolved();
    }
    if (path.resolved_version != topology_.version()) {
        path.resolved_version = topology_.version();
        if (path.resolved == 0) {
            path.resolved = static_cast<std::uint32_t>(resolved_.size());
            resolved_.emplace_back();
        }
        resolved_[path.resolved].conditions = topology_.resolve(path.from, listener(path.to));
    }
    return resolved_[path.resolved];
}

Network::Resolved& Network::default_resolved() {
    if (default_version_ != topology_.version()) {
        default_version_ = topology_.version();
        resolved_[0].conditions = topology_.defaults();
    }
    return resolved_[0];
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
    fate.is_cut = conditions.cut;
    fate.is_lost = !fate.is_cut && is_lost(now, way, bytes, random);
    fate.delay = conditions.delay;
    switch (conditions.jitter_kind) {
        case Jitter::None:
            break;
        case Jitter::Exponential:
            fate.delay += random.exponential(conditions.jitter);
            break;
        case Jitter::LogNormal:
            fate.delay += random.log_normal(conditions.jitter, conditions.jitter_sigma);
            break;
    }
    if (way.busy_until > now) {
        fate.delay += way.busy_until - now;
    }
    return fate;
}

Duration Network::base_delay(PathId path) {
    return resolved_of(path).conditions.delay;
}

void Network::send_datagram(Instant now, PathId path, PacketId id) {
    PacketRandom random = random_of(path);
    const Fate fate = fate_of(now, path, packets_[id].bytes.size(), random);
    if (fate.is_cut || fate.is_lost) {
        ++(fate.is_cut ? counters_.cut : counters_.lost);
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

void Network::request(Instant now, ProcessId from, const Endpoint& to, Bytes bytes, bool fresh) {
    ++counters_.requests;
    const auto address = address_of(to);
    if (!address) {
        ++counters_.nobody;
        return;
    }
    const PathId path = path_of(from, *address);
    const PacketId id = packets_.make(bytes);
    Packet& packet = packets_[id];
    packet.from = from;
    packet.to = listener(*address);
    packet.path = path;
    if (carrying_ == Carrying::Stream) {
        stream_request(now, path, id, fresh);
        return;
    }
    if (packet.to == kNone) {
        ++counters_.nobody;
        packets_.release(id);
        return;
    }
    packet.connection = parties_[from].run;
    send_datagram(now, path, id);
}

void Network::reply(Instant now, ProcessId from, ReplyToken token, Bytes bytes) {
    ++counters_.replies;
    const PathId path = static_cast<PathId>(token & 0xffffffffU) - 1U;
    const auto version = static_cast<std::uint32_t>(token >> 32U);
    if (token == 0 || path >= paths_.size()) {
        ++counters_.stale_replies;
        return;
    }
    const PacketId id = packets_.make(bytes);
    Packet& packet = packets_[id];
    packet.from = from;
    packet.to = paths_[path].from;
    packet.path = path;
    packet.connection = version;
    packet.is_reply = true;
    if (carrying_ == Carrying::Stream) {
        stream_reply(now, path, id);
        return;
    }
    packet.to_run = version;
    send_datagram(now, reverse_of(path, from), id);
}

Arrival Network::handle(const Event& event) {
    switch (event.kind()) {
        case EventKind::Deliver:
            return deliver(event.at, event.subject);
        case EventKind::Retransmit:
            return retransmit(event.at, event, false);
        case EventKind::Resend:
            return retransmit(event.at, event, true);
        case EventKind::Handshake:
        case EventKind::Refused:
        case EventKind::Closed:
            break;
        case EventKind::Deadline:
        case EventKind::Action:
            MEMBERD_CHECK(false, "not an event of the network");
    }
    const PathId path = event.subject;
    const Connection& connection = connections_[path];
    if (connection.version != event.version || connection.link == Link::None) {
        return {};
    }
    if (event.kind() == EventKind::Refused) {
        ++counters_.refused;
        return end_link(path, LinkState::Refused);
    }
    if (event.kind() == EventKind::Closed) {
        return end_link(path, LinkState::Closed);
    }
    if (connection.link == Link::Knocking) {
        knock(event.at, path);
    } else if (connection.link == Link::Opening) {
        finish_handshake(event.at, path);
    }
    return {};
}

Arrival Network::deliver(Instant now, PacketId id) {
    Packet& packet = packets_[id];
    const bool is_gone = packet.to == kNone || !parties_[packet.to].is_running ||
                         (packet.to_run != 0 && parties_[packet.to].run != packet.to_run);
    Arrival arrival;
    if (is_gone) {
        ++counters_.nobody;
        answer_with_reset(now, packet);
        packets_.release(id);
        return arrival;
    }
    if (packet.is_reply && carrying_ == Carrying::Stream) {
        arrive_reply(now, packet, arrival);
        if (arrival.to == kNone) {
            packets_.release(id);
            return arrival;
        }
    }
    ++counters_.delivered;
    arrival.to = packet.to;
    arrival.packet = id;
    arrival.token = packet.is_reply ? 0 : token_of(packet.path, packet.connection);
    return arrival;
}

}  // namespace memberd::sim
