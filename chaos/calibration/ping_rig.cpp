#include "chaos/calibration/ping_rig.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration kOneWay = 50us;  // between two network namespaces of one machine
constexpr Duration kPatience = 2s;
constexpr ProcessId kClient = 0;
constexpr ProcessId kServer = 1;
constexpr std::size_t kPingBytes = 64;

class PingRig {
  public:
    struct Ping {
        Instant sent_at;
        Instant arrived_at = kNever;
        Instant answered_at = kNever;
    };

    PingRig(std::uint64_t seed, Carrying carrying, const StreamRules& rules)
        : network_(seed, carrying, rules, events_, packets_) {
        Conditions conditions;
        conditions.delay = kOneWay;
        conditions.jitter = kOneWay / 10;
        network_.topology().set_default(conditions);
        network_.listen(kClient, 1, kClient);
        network_.listen(kServer, 1, kServer);
    }

    [[nodiscard]] Instant now() const { return now_; }

    [[nodiscard]] Network& network() { return network_; }

    [[nodiscard]] const std::vector<Ping>& pings() const { return pings_; }

    void set_loss(double loss) {
        Conditions conditions = network_.topology().defaults();
        conditions.loss = loss;
        network_.topology().set_default(conditions);
    }

    void send(std::size_t bytes) {
        std::array<std::uint8_t, 1024> message{};
        const auto number = static_cast<std::uint32_t>(pings_.size());
        std::memcpy(message.data(), &number, sizeof number);
        pings_.push_back({now_});
        network_.request(now_, kClient, endpoint_of(kServer), {message.data(), bytes}, false);
    }

    void run_for(Duration length) {
        const Instant end = now_ + length;
        while (!events_.empty() && events_.top().at <= end) {
            const Event event = events_.pop();
            now_ = event.at;
            const Arrival arrival = network_.handle(event);
            if (arrival.packet != kNone) {
                take(arrival);
            }
        }
        now_ = end;
    }

    // The pace goes on from call to call, whatever their lengths are.
    void ping_for(Duration length, Duration pause) {
        const Instant end = now_ + length;
        while (next_ping_at_ < end) {
            run_for(std::max(next_ping_at_ - now_, Duration::zero()));
            send(kPingBytes);
            next_ping_at_ = now_ + pause;
        }
        run_for(end - now_);
    }

  private:
    void take(const Arrival& arrival) {
        const std::vector<std::uint8_t> bytes = packets_[arrival.packet].bytes;
        packets_.release(arrival.packet);
        std::uint32_t number = 0;
        std::memcpy(&number, bytes.data(), sizeof number);
        Ping& ping = pings_[number];
        if (arrival.to == kServer) {
            ping.arrived_at = std::min(ping.arrived_at, now_);
            network_.reply(now_, kServer, arrival.token, bytes);
        } else {
            ping.answered_at = std::min(ping.answered_at, now_);
        }
    }

    Instant now_{1000s};
    Instant next_ping_at_;
    EventQueue events_;
    PacketPool packets_;
    Network network_;
    std::vector<Ping> pings_;
};

// Faults meet the timers of both kernels at any phase.
Duration settling_time(std::uint64_t seed) {
    return 3s + Duration(static_cast<Duration::rep>(mix64(seed) % 4'000'000'000U));
}

}  // namespace

LossOutcome ping_under_loss(
    std::uint64_t seed, Carrying carrying, const StreamRules& rules, double loss, Onset onset) {
    PingRig rig(seed, carrying, rules);
    rig.run_for(settling_time(seed));
    if (onset == Onset::WhileConnected) {
        rig.ping_for(2s, 50ms);
    }
    const std::size_t first = rig.pings().size();
    rig.set_loss(loss);
    rig.ping_for(25s, 50ms);
    rig.run_for(kPatience);

    LossOutcome outcome;
    const double share = 1.0 / static_cast<double>(rig.pings().size() - first);
    for (std::size_t i = first; i < rig.pings().size(); ++i) {
        const PingRig::Ping& ping = rig.pings()[i];
        if (ping.answered_at == kNever) {
            continue;
        }
        const Duration took = ping.answered_at - ping.sent_at;
        outcome.within_half_second += took <= 500ms ? share : 0.0;
        outcome.within_second += took <= 1s ? share : 0.0;
        outcome.within_two_seconds += took <= 2s ? share : 0.0;
        outcome.answered += share;
        outcome.worst_s = std::max(outcome.worst_s, seconds(took));
    }
    return outcome;
}

BlackoutOutcome ping_through_blackout(std::uint64_t seed,
                                      Carrying carrying,
                                      const StreamRules& rules,
                                      Duration length) {
    PingRig rig(seed, carrying, rules);
    rig.ping_for(settling_time(seed), 200ms);
    const Instant began = rig.now();
    Conditions dark = rig.network().topology().defaults();
    dark.cut = true;
    const Conditions light = rig.network().topology().defaults();
    rig.network().topology().set_default(dark);
    rig.ping_for(length, 200ms);
    rig.network().topology().set_default(light);
    const Instant healed = rig.now();
    rig.ping_for(2 * length + 30s, 200ms);

    BlackoutOutcome outcome;
    Instant answered = kNever;
    for (const PingRig::Ping& ping : rig.pings()) {
        if (ping.answered_at >= healed) {
            answered = std::min(answered, ping.answered_at);
        }
        const bool is_stale = ping.sent_at >= began && ping.sent_at < healed &&
                              ping.arrived_at != kNever && ping.arrived_at >= healed;
        if (is_stale) {
            outcome.stale += 1.0;
            outcome.oldest_s = std::max(outcome.oldest_s, seconds(ping.arrived_at - ping.sent_at));
        }
    }
    outcome.first_answer_s = seconds(answered - healed);
    return outcome;
}

std::uint32_t taken_by_stopped_peer(const StreamRules& rules) {
    PingRig rig(1, Carrying::Stream, rules);
    rig.send(250);
    rig.run_for(1s);
    rig.network().freeze(kServer);
    std::uint32_t taken = 0;
    while (rig.network().counters().queue_full == 0) {
        rig.send(250);
        rig.run_for(10us);
        ++taken;
    }
    return taken - 1;
}

}  // namespace memberd::sim
