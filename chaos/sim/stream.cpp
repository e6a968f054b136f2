// The connections of the network. Constants are Linux's and those of memberd's own transport.
#include <algorithm>

#include "chaos/sim/network.hpp"
#include "detector/check.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration kRetransmitMin = 200ms;   // TCP_RTO_MIN
constexpr Duration kRetransmitMax = 120s;    // TCP_RTO_MAX
constexpr Duration kRetransmitGivesUp = 5s;  // TCP_MAXRT of the transport
constexpr Duration kKnockAgain = 1s;         // TCP_TIMEOUT_INIT, doubling
constexpr Duration kReplyTimeout = 3s;
constexpr Duration kIdleTimeout = 60s;
constexpr std::uint32_t kQueueMax = 32;
constexpr std::uint32_t kKernelBytes = 64 * 1024;  // SNDBUF
constexpr std::uint32_t kSegmentBytes = 1448;

Duration doubled(Duration first, unsigned times, Duration max) {
    return times >= 16 ? max : std::min(first * (std::int64_t{1} << times), max);
}

}  // namespace

bool Network::has_expired(Instant now, const Connection& connection) const {
    return connection.link != Link::None && ((connection.unanswered_since != kNever &&
                                              now - connection.unanswered_since >= kReplyTimeout) ||
                                             now - connection.last_used >= kIdleTimeout);
}

// What waits is lost; what is on its way still arrives, as it would.
void Network::give_up(PathId path) {
    Connection& connection = connections_[path];
    for (Flow* flow : {&connection.out, &connection.back}) {
        counters_.given_up += flow->waiting.count;
        flow->waiting.clear(packets_);
        *flow = Flow{};
    }
    connection.link = Link::None;
    connection.up = false;
    connection.unanswered_since = kNever;
    ++connection.version;
}

void Network::stream_request(Instant now, PathId path, PacketId id, bool fresh) {
    if (connections_[path].link != Link::None && (fresh || has_expired(now, connections_[path]))) {
        give_up(path);
    }
    if (connections_[path].link == Link::None) {
        open(now, path);
    }
    Connection& connection = connections_[path];
    connection.last_used = now;
    if (connection.unanswered_since == kNever) {
        connection.unanswered_since = now;
    }
    packets_[id].connection = connection.version;
    if (connection.link == Link::Open) {
        transmit(now, path, false, id);
        return;
    }
    if (connection.out.waiting.count >= kQueueMax) {
        ++counters_.queue_full;
        packets_.release(id);
        return;
    }
    connection.out.waiting.push(packets_, id);
}

void Network::stream_reply(Instant now, PathId path, PacketId id) {
    const Connection& connection = connections_[path];
    const Packet& packet = packets_[id];
    if (connection.version != packet.connection || connection.link != Link::Open ||
        connection.server != packet.from || has_expired(now, connection)) {
        ++counters_.stale_replies;
        packets_.release(id);
        return;
    }
    transmit(now, path, true, id);
}

void Network::open(Instant now, PathId path) {
    Connection& connection = connections_[path];
    ++connection.version;
    ++counters_.connections;
    connection.link = Link::Knocking;
    connection.knocks = 0;
    connection.last_used = now;
    connection.server = kNone;
    knock(now, path);
}

// The first segment of a connection and its answer: both ways must be open.
void Network::knock(Instant now, PathId path) {
    if (has_expired(now, connections_[path])) {
        give_up(path);
        return;
    }
    const ProcessId server = listener(paths_[path].to);
    const AddressId address = paths_[path].to;
    const bool is_silent = server == kNone && host(address).is_off;
    PacketRandom random = random_of(path);
    const Fate out = fate_of(now, path, 64, random);
    Fate back;
    back.delay = out.delay;
    if (server != kNone) {
        const PathId reverse = reverse_of(path, server);
        PacketRandom returning = random_of(reverse);
        back = fate_of(now, reverse, 64, returning);
    }
    Connection& connection = connections_[path];
    const bool is_lost = out.is_cut || out.is_lost || back.is_cut || back.is_lost || is_silent;
    if (is_lost) {
        const Duration pause = doubled(kKnockAgain, connection.knocks, 64s);
        ++connection.knocks;
        events_.push(now + pause, EventKind::Handshake, path, connection.version);
        return;
    }
    const Duration round_trip = out.delay + back.delay;
    if (server == kNone) {
        events_.push(now + round_trip, EventKind::Refused, path, connection.version);
        return;
    }
    connection.link = Link::Opening;
    connection.server = server;
    connection.server_run = parties_[server].run;
    // TCP's round trip, and one for ZMTP's greeting and handshake.
    events_.push(now + 2 * round_trip, EventKind::Handshake, path, connection.version);
}

void Network::finish_handshake(Instant now, PathId path) {
    Connection& connection = connections_[path];
    if (has_expired(now, connection)) {
        give_up(path);
        return;
    }
    Party& client = parties_[paths_[path].from];
    Party& server = parties_[connection.server];
    if (!server.is_running || server.run != connection.server_run) {
        events_.push(now, EventKind::Refused, path, connection.version);
        return;
    }
    if (server.is_frozen || client.is_frozen) {
        connection.link = Link::Stalled;
        (server.is_frozen ? server : client).stalled.emplace_back(path, connection.version);
        return;
    }
    connection.link = Link::Open;
    flush(now, path, false);
}

void Network::transmit(Instant now, PathId path, bool is_back, PacketId id) {
    Connection& connection = connections_[path];
    Flow& flow = is_back ? connection.back : connection.out;
    packets_[id].to = is_back ? paths_[path].from : connection.server;
    packets_[id].to_run = parties_[packets_[id].to].run;
    if (!is_back) {
        packets_[id].to_run = connection.server_run;
    }
    if (flow.failing_since == kNever && flow.waiting.count == 0 &&
        attempt(now, path, is_back, id)) {
        return;
    }
    Flow& again = is_back ? connections_[path].back : connections_[path].out;
    if (again.waiting.bytes > kKernelBytes && again.waiting.count >= kQueueMax) {
        ++counters_.queue_full;
        packets_.release(id);
        return;
    }
    again.waiting.push(packets_, id);
}

// True if the segment is on its way; else a retransmission is planned.
bool Network::attempt(Instant now, PathId path, bool is_back, PacketId id) {
    const PathId way = is_back ? reverse_of(path, connections_[path].server) : path;
    PacketRandom random = random_of(way);
    Fate fate = fate_of(now, way, packets_[id].bytes.size(), random);
    const Conditions& conditions = resolved_of(way).conditions;
    if (!fate.is_cut && conditions.corrupt > 0.0 && random.chance(conditions.corrupt)) {
        fate.is_lost = true;  // the checksum catches it
    }
    Connection& connection = connections_[path];
    Flow& flow = is_back ? connection.back : connection.out;
    if (fate.is_cut || fate.is_lost) {
        if (flow.failing_since == kNever) {
            flow.failing_since = now;
            flow.attempts = 0;
        }
        const Duration wait =
            doubled(kRetransmitMin + 2 * conditions.delay, flow.attempts, kRetransmitMax);
        flow.attempts = static_cast<std::uint8_t>(std::min(flow.attempts + 1, 32));
        events_.push(now + wait, is_back ? EventKind::Resend : EventKind::Retransmit, path,
                     connection.version);
        return false;
    }
    flow.failing_since = kNever;
    flow.attempts = 0;
    const Instant arrival = std::max(now + fate.delay, flow.last_arrival);
    flow.last_arrival = arrival;
    events_.push(arrival, EventKind::Deliver, id);
    return true;
}

// Sends what waits, as long as the way lets it through.
void Network::flush(Instant now, PathId path, bool is_back) {
    for (;;) {
        Flow& flow = is_back ? connections_[path].back : connections_[path].out;
        if (flow.waiting.count == 0) {
            return;
        }
        const PacketId id = flow.waiting.head;
        packets_[id].to = is_back ? paths_[path].from : connections_[path].server;
        packets_[id].to_run = parties_[packets_[id].to].run;
        if (!attempt(now, path, is_back, id)) {
            return;
        }
        // The packet is planned already; only the queue lets go of it.
        Flow& sent = is_back ? connections_[path].back : connections_[path].out;
        sent.waiting.pop(packets_);
    }
}

// One segment is sent again; it carries as many waiting messages as fit. What is behind it follows
// a round trip later, when the segment has been acknowledged.
Arrival Network::retransmit(Instant now, const Event& event, bool is_back) {
    const PathId path = event.subject;
    Connection& connection = connections_[path];
    if (connection.version != event.version || connection.link != Link::Open) {
        return {};
    }
    if (has_expired(now, connection)) {
        give_up(path);
        return {};
    }
    Flow& flow = is_back ? connection.back : connection.out;
    if (flow.failing_since != kNever && now - flow.failing_since >= kRetransmitGivesUp) {
        ++counters_.closed;
        return end_link(path, LinkState::Closed);
    }
    ++counters_.retransmissions;
    if (flow.waiting.count == 0 || !attempt(now, path, is_back, flow.waiting.head)) {
        return {};
    }
    Flow& sent = is_back ? connections_[path].back : connections_[path].out;
    std::uint32_t room = kSegmentBytes;
    PacketId id = sent.waiting.pop(packets_);
    room -= std::min(room, static_cast<std::uint32_t>(packets_[id].bytes.size()));
    while (sent.waiting.count > 0 && packets_[sent.waiting.head].bytes.size() <= room) {
        id = sent.waiting.pop(packets_);
        room -= static_cast<std::uint32_t>(packets_[id].bytes.size());
        events_.push(sent.last_arrival, EventKind::Deliver, id);
    }
    if (sent.waiting.count > 0) {
        events_.push(now + 2 * base_delay(path), event.kind(), path, event.version);
    }
    return {};
}

Arrival Network::end_link(PathId path, LinkState state) {
    give_up(path);
    Arrival arrival;
    if (parties_[paths_[path].from].is_running) {
        arrival.to = paths_[path].from;
        arrival.link = LinkEvent{endpoint_of(paths_[path].to), state};
    }
    return arrival;
}

void Network::arrive_reply(Instant now, Packet& packet, Arrival& arrival) {
    Connection& connection = connections_[packet.path];
    if (connection.version != packet.connection || connection.link != Link::Open ||
        has_expired(now, connection)) {
        ++counters_.stale_replies;
        return;
    }
    connection.unanswered_since = kNever;
    connection.last_used = now;
    arrival.to = packet.to;
    if (!connection.up) {
        connection.up = true;
        arrival.link = LinkEvent{endpoint_of(paths_[packet.path].to), LinkState::Up};
    }
}

// A segment of a connection that the living machine doesn't know.
void Network::answer_with_reset(Instant now, const Packet& packet) {
    if (carrying_ != Carrying::Stream || packet.is_reply || host(paths_[packet.path].to).is_off) {
        return;
    }
    const Connection& connection = connections_[packet.path];
    if (connection.version == packet.connection && connection.link == Link::Open) {
        events_.push(now + base_delay(packet.path), EventKind::Closed, packet.path,
                     packet.connection);
    }
}

void Network::forget_all(ProcessId process) {
    for (PathId path = 0; path < connections_.size(); ++path) {
        if (paths_[path].from == process && connections_[path].link != Link::None) {
            give_up(path);
        }
    }
}

void Network::reset_connections(Instant now, ProcessId process, bool machine_is_off) {
    for (PathId path = 0; path < connections_.size(); ++path) {
        Connection& connection = connections_[path];
        if (connection.link == Link::None) {
            continue;
        }
        if (paths_[path].from == process) {
            give_up(path);
        } else if (connection.server == process && !machine_is_off &&
                   (connection.link == Link::Open || connection.link == Link::Stalled)) {
            // FIN or RST; what the other way does to it decides whether the client hears of it.
            const PathId reverse = reverse_of(path, process);
            PacketRandom random = random_of(reverse);
            const Fate fate = fate_of(now, reverse, 64, random);
            if (!fate.is_cut && !fate.is_lost) {
                ++counters_.closed;
                events_.push(now + fate.delay, EventKind::Closed, path, connections_[path].version);
            }
        }
    }
}

}  // namespace memberd::sim
