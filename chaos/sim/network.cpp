#include "chaos/sim/network.hpp"

#include "detector/check.hpp"

namespace memberd::sim {
namespace {

constexpr std::uint64_t token_of(PathId path, std::uint32_t version) {
    return static_cast<std::uint64_t>(version) << 32U | (path + 1U);
}

}  // namespace

Network::Network(std::uint64_t seed,
                 Carrying carrying,
                 const StreamRules& rules,
                 EventQueue& events,
                 PacketPool& packets)
    : seed_(seed),
      carrying_(carrying),
      rules_(rules),
      events_(events),
      packets_(packets),
      resolved_(1) {
    MEMBERD_CHECK(rules.connections_max > 0, "no connection is allowed");
}

Network::Host& Network::host(AddressId address) {
    if (address >= hosts_.size()) {
        hosts_.resize(address + 1);
    }
    return hosts_[address];
}

ProcessId Network::listener(AddressId address) const {
    return address < hosts_.size() ? hosts_[address].listener : kNone;
}

std::size_t Network::connection_count(ProcessId process) const {
    return process < parties_.size() ? parties_[process].opened.size() : 0;
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
        attend_stalled(now, process, path, version);
    }
}

void Network::request(Instant now, ProcessId from, const Endpoint& to, Bytes bytes, bool fresh) {
    ++counters_.requests;
    const auto address = address_of(to);
    if (!address) {
        ++counters_.nobody;
        return;
    }
    const PathId path = path_of(from, *address);
    if (is_filtered(path, bytes)) {
        return;
    }
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
    if (!is_clean_everywhere() && is_filtered(reverse_of(path, from), bytes)) {
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
            return wake(event, false);
        case EventKind::Resend:
            return wake(event, true);
        case EventKind::Attend:
        case EventKind::Refused:
        case EventKind::Closed:
            break;
        case EventKind::Deadline:
        case EventKind::Action:
            MEMBERD_CHECK(false, "not an event of the network");
    }
    const PathId path = event.subject;
    const Connection& connection = connections_[path];
    if (connection.version != event.version) {
        return {};
    }
    if (event.kind() == EventKind::Refused) {
        return refuse(event.at, path);
    }
    if (connection.link == Link::None) {
        return {};
    }
    if (event.kind() == EventKind::Closed) {
        ++counters_.closed;
        return end_link(event.at, path, LinkState::Closed);
    }
    return attend(event.at, path);
}

Arrival Network::deliver(Instant now, PacketId id) {
    Packet& packet = packets_[id];
    const bool is_gone = packet.to == kNone || !parties_[packet.to].is_running ||
                         (packet.to_run != 0 && parties_[packet.to].run != packet.to_run);
    Arrival arrival;
    if (is_gone) {
        counters_.nobody += packet.kind == PacketKind::Message ? 1U : 0U;
        answer_with_reset(now, packet);
        packets_.release(id);
        return arrival;
    }
    if (packet.kind != PacketKind::Message) {
        take_control(now, id);
        return arrival;
    }
    if (carrying_ == Carrying::Stream) {
        note_unread(packet);
        if (packet.is_reply) {
            arrive_reply(now, packet, arrival);
            if (arrival.to == kNone) {
                packets_.release(id);
                return arrival;
            }
        }
    }
    ++counters_.delivered;
    arrival.to = packet.to;
    arrival.packet = id;
    arrival.token = packet.is_reply ? 0 : token_of(packet.path, packet.connection);
    return arrival;
}

}  // namespace memberd::sim
