// Connections: how they open, who gives them up when, and what their owners learn of it.
#include <algorithm>
#include <tuple>

#include "chaos/sim/kernel_timer.hpp"
#include "chaos/sim/network.hpp"
#include "detector/check.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration kKnockAgain = 1s;             // TCP_TIMEOUT_INIT, doubling
constexpr std::uint8_t kKnocksMax = 6;           // tcp_syn_retries, those with a linear pause aside
constexpr std::uint8_t kGreetings = 2;           // exchanges
constexpr Duration kInUse = 2s;                  // it may still carry what is on its way
constexpr std::uint8_t kGreetingBytes[64] = {};  // ZMTP's greeting and READY, about
constexpr std::uint8_t kHeartbeatBytes[9] = {};

}  // namespace

bool Network::has_expired(Instant now, const Connection& connection) const {
    return connection.link != Link::None &&
           ((connection.unanswered_since != kNever &&
             now - connection.unanswered_since >= rules_.reply_timeout) ||
            now - connection.last_used >= rules_.idle_timeout);
}

void Network::lose_flow(Flow& flow, bool with_waiting) {
    const CongestionWindow fresh;
    flow.window = fresh;
    flow.last_arrival = Instant{};
    flow.unread = 0;
    if (flow.slow == kNone) {
        return;
    }
    SlowFlow& slow = slow_[flow.slow];
    counters_.given_up += slow.kernel.count + (with_waiting ? slow.waiting.count : 0);
    slow.kernel.clear(packets_);
    if (with_waiting || slow.waiting.count == 0) {
        slow.waiting.clear(packets_);
        free_slow_.push_back(flow.slow);
        flow.slow = kNone;
        return;
    }
    const PacketQueue waiting = slow.waiting;
    slow = SlowFlow{StreamFlow(fresh), {}, waiting, 0, kNever};
}

// What waits is lost; what is on its way still arrives, as it would.
void Network::give_up(PathId path) {
    Connection& connection = connections_[path];
    lose_flow(connection.out, true);
    lose_flow(connection.back, true);
    connection.link = Link::None;
    connection.up = false;
    connection.unanswered_since = kNever;
    ++connection.version;
    std::vector<PathId>& opened = parties_[paths_[path].from].opened;
    opened.erase(std::remove(opened.begin(), opened.end(), path), opened.end());
}

void Network::stream_request(Instant now, PathId path, PacketId id, bool fresh) {
    if (connections_[path].link != Link::None && (fresh || has_expired(now, connections_[path]))) {
        give_up(path);
    }
    if (connections_[path].link == Link::None) {
        make_room(now, paths_[path].from);
        parties_[paths_[path].from].opened.push_back(path);
        connections_[path].rests = 0;
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
    SlowFlow& slow = slow_of(path, false);
    if (slow.waiting.count >= rules_.queue_max) {
        ++counters_.queue_full;
        packets_.release(id);
        return;
    }
    slow.waiting.push(packets_, id);
}

void Network::stream_reply(Instant now, PathId path, PacketId id) {
    const Connection& connection = connections_[path];
    const Packet& packet = packets_[id];
    if (connection.version != packet.connection || connection.link != Link::Open ||
        connection.server != packet.from || connection.is_forgotten ||
        has_expired(now, connection)) {
        ++counters_.stale_replies;
        packets_.release(id);
        return;
    }
    transmit(now, path, true, id);
}

// As the transport does it: ConnectionTable::eviction in gossip/zmq_connections.cpp. What has
// expired there is gone at once; here it goes when it is in the way.
void Network::make_room(Instant now, ProcessId process) {
    if (parties_[process].opened.size() < rules_.connections_max) {
        return;
    }
    const std::vector<PathId> opened = parties_[process].opened;
    for (const PathId each : opened) {
        if (has_expired(now, connections_[each])) {
            give_up(each);
        }
    }
    std::vector<PathId>& left = parties_[process].opened;
    if (left.size() < rules_.connections_max) {
        return;
    }
    const auto rank = [&](PathId each) {
        const Connection& connection = connections_[each];
        const bool in_use = now - connection.last_used < kInUse;
        const bool waits = connection.unanswered_since != kNever;
        return std::tuple(in_use, in_use && waits, connection.last_used, each);
    };
    ++counters_.evicted;
    give_up(*std::min_element(left.begin(), left.end(),
                              [&](PathId a, PathId b) { return rank(a) < rank(b); }));
}

void Network::open(Instant now, PathId path) {
    Connection& connection = connections_[path];
    ++connection.version;
    ++counters_.connections;
    connection.link = Link::Knocking;
    connection.is_half_open = false;
    connection.is_forgotten = false;
    connection.is_ending = false;
    connection.attempts = 0;
    connection.greetings = 0;
    connection.opened_at = now;
    connection.last_used = now;
    connection.beat_at = kNever;
    connection.alarm_at = kNever;
    connection.server = kNone;
    knock(now, path);
}

// The first segment of a connection and its answer. A server that has got the first says its answer
// again by itself.
void Network::knock(Instant now, PathId path) {
    if (has_expired(now, connections_[path])) {
        give_up(path);
        return;
    }
    const ProcessId server = listener(paths_[path].to);
    if (server == kNone) {
        const auto refusal = refusal_of(now, path);
        if (refusal) {
            events_.push(now + *refusal, EventKind::Refused, path, connections_[path].version);
        } else {
            knock_again(now, path);
        }
        return;
    }
    PacketRandom random = random_of(path);
    const Fate out = fate_of(now, path, kSegmentHeaderBytes, random);
    const PathId reverse = reverse_of(path, server);
    Connection& connection = connections_[path];
    const bool had_arrived = connection.is_half_open && connection.server == server &&
                             connection.server_run == parties_[server].run;
    std::optional<Duration> answer;
    for (const bool is_heard : {had_arrived, out.passes()}) {
        PacketRandom returning = random_of(reverse);
        const Fate back = fate_of(now, reverse, kSegmentHeaderBytes, returning);
        if (is_heard && back.passes()) {
            answer = back.delay;
        }
    }
    connection.server = server;
    connection.server_run = parties_[server].run;
    connection.is_half_open = had_arrived || out.passes();
    if (!answer) {
        knock_again(now, path);
        return;
    }
    const Duration round_trip = out.delay + *answer;
    connection.attempts = 0;
    if (is_clean_everywhere() || (resolved_of(path).is_clean && resolved_of(reverse).is_clean)) {
        connection.link = Link::Opening;
        events_.push(now + (1 + kGreetings) * round_trip, EventKind::Attend, path,
                     connection.version);
        return;
    }
    connection.link = Link::Answered;
    events_.push(now + round_trip, EventKind::Attend, path, connection.version);
}

// A first segment to an address where nobody listens, and the reset that answers it: nothing where
// either is lost. The way back from nobody is as good as the way there.
std::optional<Duration> Network::refusal_of(Instant now, PathId path) {
    if (host(paths_[path].to).is_off) {
        return std::nullopt;
    }
    PacketRandom random = random_of(path);
    const Fate there = fate_of(now, path, kSegmentHeaderBytes, random);
    const Fate back = fate_of(now, path, kSegmentHeaderBytes, random);
    return there.passes() && back.passes() ? std::optional(there.delay + back.delay) : std::nullopt;
}

void Network::knock_again(Instant now, PathId path) {
    Connection& connection = connections_[path];
    const unsigned linear = rules_.syn_linear_retries;
    const unsigned doublings = connection.attempts < linear ? 0 : connection.attempts - linear;
    const Duration pause = doubled(kKnockAgain, doublings, 64s);
    const Duration left = rules_.connect_timeout - (now - connection.opened_at);
    if (doublings > kKnocksMax || (pause >= left && rules_.reconnect)) {
        events_.push(now + std::min(pause, left), EventKind::Closed, path, connection.version);
    } else if (pause < left) {
        // Where it is too late, libzmq keeps the socket without a connection, and its owner learns
        // nothing until the reply timeout.
        ++connection.attempts;
        events_.push(now + pause, EventKind::Attend, path, connection.version);
    }
}

void Network::stall(ProcessId process, PathId path) {
    Connection& connection = connections_[path];
    connection.is_stalled_greeting = connection.link == Link::Greeting;
    connection.link = Link::Stalled;
    parties_[process].stalled.emplace_back(path, connection.version);
}

// What a process that runs again finds: connections that waited for it, and room for what it has
// not read.
void Network::attend_stalled(Instant now, ProcessId process, PathId path, std::uint32_t version) {
    Connection& connection = connections_[path];
    if (connection.version != version) {
        return;
    }
    if (connection.link == Link::Stalled && connection.is_stalled_greeting) {
        connection.link = Link::Greeting;
        send_control(now, path, process != paths_[path].from, PacketKind::Greeting);
    } else if (connection.link == Link::Stalled) {
        connection.link = Link::Opening;
        finish_handshake(now, path);
    }
    for (const bool is_back : {false, true}) {
        Flow& flow = flow_of(path, is_back);
        if (flow.unread > 0 && connections_[path].link == Link::Open &&
            reader_of(path, is_back) == process) {
            flow.unread = 0;
            if (flow.slow != kNone) {
                pump(now, path, is_back);
            }
        }
    }
}

void Network::finish_handshake(Instant now, PathId path) {
    Connection& connection = connections_[path];
    if (has_expired(now, connection)) {
        give_up(path);
        return;
    }
    const Party& client = parties_[paths_[path].from];
    const Party& server = parties_[connection.server];
    if (!server.is_running || server.run != connection.server_run) {
        events_.push(now, EventKind::Refused, path, connection.version);
    } else if (server.is_frozen || client.is_frozen) {
        stall(server.is_frozen ? connection.server : paths_[path].from, path);
    } else {
        become_open(now, path);
    }
}

void Network::become_open(Instant now, PathId path) {
    Connection& connection = connections_[path];
    connection.link = Link::Open;
    connection.rests = 0;
    if (rules_.heartbeat) {
        connection.beat_at = now + rules_.heartbeat->interval;
        events_.push(connection.beat_at, EventKind::Attend, path, connection.version);
    }
    SlowFlow& slow = slow_of(path, false);
    if (slow.waiting.count == 1 && slow.kernel.count == 0 && slow.tcp.is_done()) {
        const PacketId id = slow.waiting.pop(packets_);
        settle(now, path, false);
        transmit(now, path, false, id);
        return;
    }
    refill(path, false);
    pump(now, path, false);
}

// What libzmq says itself. It comes before the messages that wait.
void Network::send_control(Instant now, PathId path, bool is_back, PacketKind kind) {
    const PacketId id = kind == PacketKind::Greeting ? packets_.make(kGreetingBytes)
                                                     : packets_.make(kHeartbeatBytes);
    Packet& packet = packets_[id];
    packet.kind = kind;
    packet.from = is_back ? connections_[path].server : paths_[path].from;
    packet.path = path;
    packet.is_reply = is_back;
    address_packet(path, is_back, id);
    if (flow_of(path, is_back).slow == kNone && pass_at_once(now, path, is_back, id)) {
        return;
    }
    write(path, is_back, id);
    pump(now, path, is_back);
}

void Network::take_control(Instant now, PacketId id) {
    const Packet& packet = packets_[id];
    const PathId path = packet.path;
    const ProcessId reader = packet.to;
    const bool is_reply = packet.is_reply;
    const bool is_heartbeat = packet.kind == PacketKind::Heartbeat;
    const bool is_of_this = connections_[path].version == packet.connection;
    packets_.release(id);
    Connection& connection = connections_[path];
    const bool is_frozen = parties_[reader].is_frozen;
    if (!is_of_this) {
        return;
    }
    if (is_reply && !is_frozen) {
        connection.alarm_at = kNever;
    }
    if (is_heartbeat) {
        if (!is_reply && !is_frozen) {
            send_control(now, path, true, PacketKind::Heartbeat);
        }
        return;
    }
    if (connection.link != Link::Greeting) {
        return;
    }
    if (is_frozen) {
        stall(reader, path);
    } else if (is_reply && ++connection.greetings >= kGreetings) {
        become_open(now, path);
    } else {
        send_control(now, path, !is_reply, PacketKind::Greeting);
    }
}

Arrival Network::attend(Instant now, PathId path) {
    Connection& connection = connections_[path];
    if (connection.is_ending) {
        announce_end(now, path);
        return {};
    }
    switch (connection.link) {
        case Link::None:
            break;
        case Link::Resting:
            open(now, path);
            break;
        case Link::Knocking:
            knock(now, path);
            break;
        case Link::Opening:
            finish_handshake(now, path);
            break;
        case Link::Answered:
            connection.link = Link::Greeting;
            connection.opened_at = now;
            if (rules_.handshake_timeout != kForever) {
                events_.push(now + rules_.handshake_timeout, EventKind::Attend, path,
                             connection.version);
            }
            send_control(now, path, false, PacketKind::Greeting);
            break;
        case Link::Greeting:
        case Link::Stalled:
            if (now - connection.opened_at >= rules_.handshake_timeout) {
                ++counters_.closed;
                return end_link(now, path, LinkState::Closed);
            }
            break;
        case Link::Open:
            return attend_open(now, path);
    }
    return {};
}

Arrival Network::attend_open(Instant now, PathId path) {
    Connection& connection = connections_[path];
    if (!rules_.heartbeat) {
        return {};
    }
    if (connection.alarm_at <= now) {
        ++counters_.closed;
        return end_link(now, path, LinkState::Closed);
    }
    if (connection.beat_at <= now) {
        connection.beat_at = now + rules_.heartbeat->interval;
        events_.push(connection.beat_at, EventKind::Attend, path, connection.version);
        if (connection.alarm_at == kNever) {
            connection.alarm_at = now + rules_.heartbeat->timeout;
            events_.push(connection.alarm_at, EventKind::Attend, path, connection.version);
        }
        send_control(now, path, false, PacketKind::Heartbeat);
    }
    return {};
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
    connection.alarm_at = kNever;
    arrival.to = packet.to;
    if (!connection.up) {
        connection.up = true;
        arrival.link = LinkEvent{endpoint_of(paths_[packet.path].to), LinkState::Up};
    }
}

}  // namespace memberd::sim
