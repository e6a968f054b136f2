// How connections end, and who learns of it.
#include <algorithm>

#include "chaos/sim/kernel_timer.hpp"
#include "chaos/sim/network.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t kFarewellsMax = 8;  // tcp_orphan_retries

}  // namespace

Arrival Network::end_link(Instant now, PathId path, LinkState state) {
    // An end is news of a connection that was answered; a refusal always is.
    const bool is_news = state != LinkState::Closed || connections_[path].up;
    if (rules_.reconnect) {
        rest(now, path);
    } else {
        give_up(path);
    }
    if (state == LinkState::Closed && rules_.knocks_after_end) {
        knock_after_end(now, path);
    }
    Arrival arrival;
    if (is_news && parties_[paths_[path].from].is_running) {
        arrival.to = paths_[path].from;
        arrival.link = LinkEvent{endpoint_of(paths_[path].to), state};
    }
    return arrival;
}

// libzmq opens the connection again, after a pause with some chance in it. What waited in the
// kernels is lost, what waited before them is not.
void Network::rest(Instant now, PathId path) {
    Connection& connection = connections_[path];
    lose_flow(connection.out, false);
    lose_flow(connection.back, true);
    connection.link = Link::Resting;
    connection.up = false;
    ++connection.version;
    PacketRandom random = random_of(path);
    const Duration pause =
        doubled(rules_.reconnect->first, connection.rests, rules_.reconnect->max) +
        Duration(static_cast<Duration::rep>(random.unit() *
                                            static_cast<double>(rules_.reconnect->first.count())));
    connection.rests = static_cast<std::uint8_t>(std::min(connection.rests + 1, 32));
    events_.push(now + pause, EventKind::Attend, path, connection.version);
}

// The transport's Knocker: a connect of its own, for two seconds, which has time for two segments.
void Network::knock_after_end(Instant now, PathId path) {
    if (listener(paths_[path].to) != kNone) {
        return;
    }
    for (const Duration wait : {Duration::zero(), Duration(1s)}) {
        const auto refusal = refusal_of(now + wait, path);
        if (refusal) {
            events_.push(now + wait + *refusal, EventKind::Refused, path,
                         connections_[path].version);
            return;
        }
    }
}

Arrival Network::refuse(Instant now, PathId path) {
    const Link link = connections_[path].link;
    if (link == Link::Knocking || link == Link::Opening) {
        ++counters_.refused;
        return end_link(now, path, LinkState::Refused);
    }
    Arrival arrival;
    if (link == Link::None && listener(paths_[path].to) == kNone &&
        parties_[paths_[path].from].is_running) {
        ++counters_.refused;
        arrival.to = paths_[path].from;
        arrival.link = LinkEvent{endpoint_of(paths_[path].to), LinkState::Refused};
    }
    return arrival;
}

// A segment of a connection that the living machine doesn't know.
void Network::answer_with_reset(Instant now, const Packet& packet) {
    if (carrying_ != Carrying::Stream || packet.is_reply || packet.to == kNone ||
        host(paths_[packet.path].to).is_off) {
        return;
    }
    const PathId path = packet.path;
    const std::uint32_t version = packet.connection;
    const PathId reverse = reverse_of(path, packet.to);
    PacketRandom random = random_of(reverse);
    const Fate reset = fate_of(now, reverse, kSegmentHeaderBytes, random);
    if (reset.passes() && connections_[path].version == version) {
        events_.push(now + reset.delay, EventKind::Closed, path, version);
    }
}

// The kernel of a process that has ended says so, again and again until it is heard.
void Network::announce_end(Instant now, PathId path) {
    const PathId reverse = reverse_of(path, connections_[path].server);
    PacketRandom random = random_of(reverse);
    const Fate fate = fate_of(now, reverse, kSegmentHeaderBytes, random);
    Connection& connection = connections_[path];
    if (fate.passes()) {
        events_.push(now + fate.delay, EventKind::Closed, path, connection.version);
    } else if (connection.attempts < kFarewellsMax) {
        const Duration pause = doubled(kRetransmitMin, connection.attempts, kRetransmitMax);
        ++connection.attempts;
        events_.push(now + pause, EventKind::Attend, path, connection.version);
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
            continue;
        }
        const bool is_connected =
            connection.link == Link::Open || connection.link == Link::Stalled ||
            connection.link == Link::Answered || connection.link == Link::Greeting;
        if (connection.server != process || !is_connected) {
            continue;
        }
        lose_flow(connection.back, true);
        connection.is_forgotten = true;
        if (!machine_is_off) {
            connection.is_ending = true;
            connection.attempts = 0;
            announce_end(now, path);
        }
    }
}

}  // namespace memberd::sim
