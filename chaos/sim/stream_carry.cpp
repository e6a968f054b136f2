// What passes through an open connection, and what TCP does where it doesn't.
#include <algorithm>

#include "chaos/sim/network.hpp"
#include "detector/check.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPhaseMax = 4096ms;  // two of the wheel's third level

}  // namespace

Network::Flow& Network::flow_of(PathId path, bool is_back) {
    Connection& connection = connections_[path];
    return is_back ? connection.back : connection.out;
}

Network::SlowFlow& Network::slow_of(PathId path, bool is_back) {
    Flow& flow = flow_of(path, is_back);
    if (flow.slow == kNone) {
        if (free_slow_.empty()) {
            free_slow_.push_back(static_cast<std::uint32_t>(slow_.size()));
            slow_.push_back(SlowFlow{StreamFlow(flow.window), {}, {}, 0, kNever});
        }
        flow.slow = free_slow_.back();
        free_slow_.pop_back();
        slow_[flow.slow] = SlowFlow{StreamFlow(flow.window), {}, {}, 0, kNever};
    }
    return slow_[flow.slow];
}

ProcessId Network::reader_of(PathId path, bool is_back) {
    return is_back ? paths_[path].from : connections_[path].server;
}

void Network::address_packet(PathId path, bool is_back, PacketId id) {
    const Connection& connection = connections_[path];
    Packet& packet = packets_[id];
    packet.to = reader_of(path, is_back);
    packet.to_run = is_back ? parties_[packet.to].run : connection.server_run;
    packet.connection = connection.version;
}

void Network::transmit(Instant now, PathId path, bool is_back, PacketId id) {
    address_packet(path, is_back, id);
    if (flow_of(path, is_back).slow == kNone && pass_at_once(now, path, is_back, id)) {
        return;
    }
    SlowFlow& slow = slow_of(path, is_back);
    if (slow.tcp.unacknowledged() < rules_.send_buffer_bytes && slow.waiting.count == 0) {
        write(path, is_back, id);
    } else if (slow.waiting.count < rules_.queue_max) {
        slow.waiting.push(packets_, id);
    } else {
        ++counters_.queue_full;
        packets_.release(id);
    }
    pump(now, path, is_back);
}

// With nothing else on its way, a message that arrives and is acknowledged before a timer fires
// needs no more than its delivery. Where that can't be, or is lost, the flow becomes a slow one.
bool Network::pass_at_once(Instant now, PathId path, bool is_back, PacketId id) {
    const ProcessId reader = reader_of(path, is_back);
    const std::size_t bytes = packets_[id].bytes.size();
    if (parties_[reader].is_frozen) {
        return false;
    }
    if (bytes > kSegmentBytes) {
        if (!is_clean_everywhere()) {
            return false;
        }
        pass_long(now, path, is_back, id);
        return true;
    }
    const StreamFlow::Passage passage = carry_segment(now, path, is_back, bytes);
    const bool is_known = passage.known != kNever;
    if (is_known &&
        (passage.known - now < kRetransmitMin ||
         passage.known - now < tcp_path_of(path, is_back).round_trip + kRetransmitMin)) {
        events_.push(passage.arrives, EventKind::Deliver, id);
        return true;
    }
    SlowFlow& slow = slow_of(path, is_back);
    slow.tcp.set_path(tcp_path_of(path, is_back));
    write(path, is_back, id);
    const auto what = slow.tcp.next(bytes);
    MEMBERD_CHECK(what && what->bytes == bytes, "a flow that was idle sends what is written");
    note_sent(now, path, is_back, *what, passage);
    settle(now, path, is_back);
    return true;
}

// The window opens by slow start: ten segments, then twenty more a round trip later, then forty.
void Network::pass_long(Instant now, PathId path, bool is_back, PacketId id) {
    const std::size_t bytes = packets_[id].bytes.size();
    const StreamFlow::Passage passage = carry_segment(now, path, is_back, kSegmentBytes);
    Instant arrives = passage.arrives;
    std::size_t sent = std::size_t{kWindowAtStart} * kSegmentBytes;
    for (std::size_t window = sent; sent < bytes; sent += window) {
        arrives += passage.known - now;
        window *= 2;
    }
    flow_of(path, is_back).last_arrival = arrives;
    events_.push(arrives, EventKind::Deliver, id);
}

void Network::write(PathId path, bool is_back, PacketId id) {
    SlowFlow& slow = slow_of(path, is_back);
    slow.tcp.write(static_cast<std::uint32_t>(packets_[id].bytes.size()));
    slow.kernel.push(packets_, id);
}

void Network::refill(PathId path, bool is_back) {
    SlowFlow& slow = slow_of(path, is_back);
    while (slow.waiting.count > 0 && slow.tcp.unacknowledged() < rules_.send_buffer_bytes) {
        const PacketId id = slow.waiting.pop(packets_);
        address_packet(path, is_back, id);
        write(path, is_back, id);
    }
}

StreamFlow::Path Network::tcp_path_of(PathId path, bool is_back) {
    const ProcessId server = connections_[path].server;
    const ProcessId sender = is_back ? server : paths_[path].from;
    const PathId reverse = is_clean_everywhere() ? path : reverse_of(path, server);
    const auto mean = [&](PathId way) {
        const Conditions& conditions = resolved_of(way).conditions;
        return conditions.delay +
               (conditions.jitter_kind == Jitter::None ? Duration::zero() : conditions.jitter);
    };
    StreamFlow::Path result;
    result.round_trip = mean(path) + mean(reverse);
    result.give_up_after = rules_.give_up_after;
    result.congestion = rules_.congestion;
    result.phase = Duration(
        static_cast<Duration::rep>(mix64(sender) % static_cast<std::uint64_t>(kPhaseMax.count())));
    return result;
}

// A kernel that doesn't know the connection answers with a reset.
bool Network::reaches_server(Instant now, PathId path, const Fate& fate) {
    const Connection& connection = connections_[path];
    if (host(paths_[path].to).is_off) {
        return false;
    }
    const Party& server = parties_[connection.server];
    if (server.is_running && server.run == connection.server_run && !connection.is_forgotten) {
        return true;
    }
    const PathId reverse = reverse_of(path, connection.server);
    PacketRandom random = random_of(reverse);
    const Fate reset = fate_of(now, reverse, kSegmentHeaderBytes, random);
    if (reset.passes()) {
        events_.push(now + fate.delay + reset.delay, EventKind::Closed, path,
                     connections_[path].version);
    }
    return false;
}

// One segment and its acknowledgement, whose chance is the segment's own.
StreamFlow::Passage Network::carry_segment(Instant now,
                                           PathId path,
                                           bool is_back,
                                           std::size_t bytes) {
    const ProcessId server = connections_[path].server;
    const PathId there = is_back ? reverse_of(path, server) : path;
    PacketRandom random = random_of(there);
    Fate fate = fate_of(now, there, bytes + kSegmentHeaderBytes, random);
    const double corrupt = resolved_of(there).conditions.corrupt;
    if (corrupt > 0.0 && fate.passes() && random.chance(corrupt)) {
        ++counters_.corrupted;
        fate.is_lost = true;  // the checksum catches it
    }
    StreamFlow::Passage passage;
    if (!fate.passes() || (!is_back && !reaches_server(now, path, fate))) {
        return passage;
    }
    Flow& flow = flow_of(path, is_back);
    passage.arrives = std::max(now + fate.delay, flow.last_arrival);
    flow.last_arrival = passage.arrives;
    if (is_clean_everywhere()) {
        passage.known = passage.arrives + base_delay(there);
        return passage;
    }
    const PathId back = is_back ? path : reverse_of(path, server);
    const Fate acknowledgement = fate_of(now, back, kSegmentHeaderBytes, random);
    if (acknowledgement.passes()) {
        passage.known = passage.arrives + acknowledgement.delay;
    }
    return passage;
}

void Network::note_sent(Instant now,
                        PathId path,
                        bool is_back,
                        const StreamFlow::Transmission& what,
                        const StreamFlow::Passage& passage) {
    SlowFlow& slow = slow_of(path, is_back);
    slow.tcp.note_sent(now, what, passage);
    counters_.retransmissions += what.kind == StreamFlow::Kind::New ? 0U : 1U;
    counters_.probes += what.kind == StreamFlow::Kind::Probe ? 1U : 0U;
    while (slow.kernel.count > 0) {
        const std::uint64_t end = slow.delivered + packets_[slow.kernel.head].bytes.size();
        if (end > slow.tcp.received()) {
            return;
        }
        slow.delivered = end;
        events_.push(passage.arrives, EventKind::Deliver, slow.kernel.pop(packets_));
    }
}

// Sends what may be sent.
void Network::pump(Instant now, PathId path, bool is_back) {
    slow_of(path, is_back).tcp.set_path(tcp_path_of(path, is_back));
    for (;;) {
        std::uint64_t room = rules_.send_buffer_bytes;
        if (parties_[reader_of(path, is_back)].is_frozen) {
            const std::uint32_t unread = flow_of(path, is_back).unread;
            room = std::max(rules_.receive_buffer_bytes, unread) - unread;
        }
        const auto what = slow_of(path, is_back).tcp.next(room);
        if (!what) {
            break;
        }
        const StreamFlow::Passage passage = carry_segment(now, path, is_back, what->bytes);
        note_sent(now, path, is_back, *what, passage);
    }
    settle(now, path, is_back);
}

// Plans the next look at a slow flow, or takes it back among the fast ones.
void Network::settle(Instant now, PathId path, bool is_back) {
    Flow& flow = flow_of(path, is_back);
    SlowFlow& slow = slow_[flow.slow];
    if (slow.tcp.is_done() && slow.kernel.count == 0 && slow.waiting.count == 0) {
        flow.window = slow.tcp.window();
        free_slow_.push_back(flow.slow);
        flow.slow = kNone;
        return;
    }
    const Instant wake = slow.tcp.next_wake();
    if (wake < slow.planned) {
        slow.planned = std::max(wake, now);
        events_.push(slow.planned, is_back ? EventKind::Resend : EventKind::Retransmit, path,
                     connections_[path].version);
    }
}

Arrival Network::wake(const Event& event, bool is_back) {
    const PathId path = event.subject;
    const Instant now = event.at;
    Connection& connection = connections_[path];
    const Flow& flow = flow_of(path, is_back);
    const bool is_connected = connection.link == Link::Open || connection.link == Link::Greeting;
    if (connection.version != event.version || !is_connected || flow.slow == kNone ||
        slow_[flow.slow].planned != now) {
        return {};
    }
    slow_[flow.slow].planned = kNever;
    if (has_expired(now, connection)) {
        give_up(path);
        return {};
    }
    const StreamFlow::Path tcp_path = tcp_path_of(path, is_back);
    SlowFlow& slow = slow_of(path, is_back);
    slow.tcp.set_path(tcp_path);
    slow.tcp.hear(now);
    if (slow.tcp.has_given_up()) {
        ++counters_.closed;
        if (!is_back) {
            return end_link(now, path, LinkState::Closed);
        }
        // The server's kernel forgets the connection without a word.
        connections_[path].is_forgotten = true;
        lose_flow(connections_[path].back, true);
        return {};
    }
    if (connections_[path].link == Link::Open) {
        refill(path, is_back);
    }
    pump(now, path, is_back);
    return {};
}

void Network::note_unread(const Packet& packet) {
    Party& reader = parties_[packet.to];
    Connection& connection = connections_[packet.path];
    if (!reader.is_frozen || connection.version != packet.connection) {
        return;
    }
    Flow& flow = packet.is_reply ? connection.back : connection.out;
    if (flow.unread == 0) {
        reader.stalled.emplace_back(packet.path, packet.connection);
    }
    flow.unread += static_cast<std::uint32_t>(packet.bytes.size());
}

}  // namespace memberd::sim
