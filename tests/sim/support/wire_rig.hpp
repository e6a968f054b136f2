// A network with its queue and nobody's engines: what arrives is written down.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "chaos/sim/network.hpp"

namespace memberd::sim {

class WireRig {
  public:
    struct Seen {
        Instant at;
        ProcessId to = kNone;
        std::uint32_t number = 0;  // what the message carries
        ReplyToken token = 0;
        bool is_message = false;
        std::optional<LinkState> link;
    };

    explicit WireRig(Carrying carrying,
                     std::uint64_t seed = 1,
                     const StreamRules& rules = memberd_stream(32))
        : network(seed, carrying, rules, events, packets) {
        Conditions plain;
        plain.delay = std::chrono::milliseconds(1);
        plain.jitter_kind = Jitter::None;
        network.topology().set_default(plain);
        for (ProcessId process = 0; process < 4; ++process) {
            network.listen(process, 1, process);
        }
    }

    void send(ProcessId from, ProcessId to, std::uint32_t number, bool fresh = false) {
        std::uint8_t bytes[64] = {};
        std::memcpy(bytes, &number, sizeof number);
        network.request(now, from, endpoint_of(to), bytes, fresh);
    }

    void answer(ProcessId from, ReplyToken token, std::uint32_t number) {
        std::uint8_t bytes[64] = {};
        std::memcpy(bytes, &number, sizeof number);
        network.reply(now, from, token, bytes);
    }

    void run_for(Duration length) {
        const Instant end = now + length;
        while (!events.empty() && events.top().at <= end) {
            const Event event = events.pop();
            now = event.at;
            const Arrival arrival = network.handle(event);
            if (arrival.to == kNone) {
                continue;
            }
            Seen each;
            each.at = now;
            each.to = arrival.to;
            each.token = arrival.token;
            if (arrival.link) {
                each.link = arrival.link->state;
            }
            if (arrival.packet != kNone) {
                each.is_message = true;
                std::memcpy(&each.number, packets[arrival.packet].bytes.data(), sizeof each.number);
                packets.release(arrival.packet);
            }
            seen.push_back(each);
            if (each.is_message && each.token != 0 && answers) {
                answer(each.to, each.token, each.number);
            }
        }
        now = end;
    }

    // Messages that have come to a process, as numbers.
    [[nodiscard]] std::vector<std::uint32_t> numbers(ProcessId to) const {
        std::vector<std::uint32_t> result;
        for (const Seen& each : seen) {
            if (each.to == to && each.is_message) {
                result.push_back(each.number);
            }
        }
        return result;
    }

    [[nodiscard]] std::vector<LinkState> links(ProcessId to) const {
        std::vector<LinkState> result;
        for (const Seen& each : seen) {
            if (each.to == to && each.link) {
                result.push_back(*each.link);
            }
        }
        return result;
    }

    Instant now{std::chrono::seconds(1000)};
    EventQueue events;
    PacketPool packets;
    Network network;
    bool answers = false;
    std::vector<Seen> seen;
};

}  // namespace memberd::sim
