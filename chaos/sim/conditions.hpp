// What a message meets between two processes, in one direction.
//
// The conditions of an ordered pair are those of the whole network, overridden by those of its pair
// of zones, of its members, and of the pair itself, in this order. Only these add up: losses of
// members and pairs, since a bad sender and a bad receiver are worse than either; cuts, clogs and
// kinds of message taken out, from any layer.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "chaos/sim/packet_pool.hpp"
#include "detector/time.hpp"
#include "gossip/messages.hpp"

namespace memberd::sim {

enum class Jitter : std::uint8_t {
    None,
    Exponential,  // `jitter` is the mean of what comes on top of the delay
    LogNormal,    // `jitter` is its median, `jitter_sigma` of its logarithm
};

struct Conditions {
    Duration delay = std::chrono::microseconds(250);
    Jitter jitter_kind = Jitter::Exponential;
    Duration jitter = std::chrono::microseconds(50);
    double jitter_sigma = 0.5;
    double loss = 0.0;
    // Gilbert and Elliott: good and bad spells of exponential length, `burst_loss` in the bad ones.
    // A mean of zero: no bursts.
    Duration burst_good_mean{};
    Duration burst_bad_mean{};
    double burst_loss = 1.0;
    double duplicate = 0.0;
    double reorder = 0.0;  // chance of being delayed by up to reorder_delay more
    Duration reorder_delay = std::chrono::milliseconds(5);
    double corrupt = 0.0;                   // chance of one to four flipped bits; a stream resends
    std::uint64_t bytes_per_second = 0;     // 0: unlimited
    std::uint32_t queue_bytes = 64 * 1024;  // before the bottleneck; what doesn't fit is lost
    // IP packets above this size vanish without a word, as behind a tunnel that drops the ICMP too.
    // 0: none does.
    std::uint32_t mtu_bytes = 0;
    Instant clogged_until;            // all is held until then, and arrives after it
    std::uint32_t dropped_types = 0;  // a bit 1 << MessageType for each kind that is taken out
    bool cut = false;

    // Nothing is ever lost, and nothing depends on what passed before.
    [[nodiscard]] bool is_clean() const;
};

constexpr std::uint32_t type_bit(MessageType type) {
    return 1U << static_cast<unsigned>(type);
}

// What a layer changes; what it leaves out stays as the layers before it have it.
struct Override {
    std::optional<Duration> delay;
    std::optional<Jitter> jitter_kind;
    std::optional<Duration> jitter;
    std::optional<double> jitter_sigma;
    std::optional<double> loss;
    std::optional<Duration> burst_good_mean;
    std::optional<Duration> burst_bad_mean;
    std::optional<double> burst_loss;
    std::optional<double> duplicate;
    std::optional<double> reorder;
    std::optional<Duration> reorder_delay;
    std::optional<double> corrupt;
    std::optional<std::uint64_t> bytes_per_second;
    std::optional<std::uint32_t> queue_bytes;
    std::optional<std::uint32_t> mtu_bytes;
    std::optional<Instant> clogged_until;
    std::optional<std::uint32_t> dropped_types;
    std::optional<bool> cut;
};

// Everything but the losses of members and pairs, which resolve() adds up.
void apply(const Override& layer, Conditions& conditions);
// The chance that at least one of two independent losses strikes.
double either(double a, double b);

// Where processes are and what is wrong between them. Complexity: a change O(log changes), plus
// O(1) for every pair that is used again later; resolve() O(log changes).
class Topology {
  public:
    void set_default(const Conditions& conditions);

    [[nodiscard]] const Conditions& defaults() const { return default_; }

    void set_zone(ProcessId process, std::uint32_t zone);
    // Both directions are set apart, so that zones may be asymmetric too.
    void set_zone_pair(std::uint32_t from, std::uint32_t to, const Override& layer);
    // What a process sends, and what it receives. An empty Override takes it back.
    void set_egress(ProcessId process, const Override& layer);
    void set_ingress(ProcessId process, const Override& layer);
    void set_pair(ProcessId from, ProcessId to, const Override& layer);
    // Processes of different groups can't reach one another.
    void set_group(ProcessId process, std::uint32_t group);
    // Takes back everything but the default and the pairs of zones.
    void clear();

    // Grows with every change: what was resolved before is stale.
    [[nodiscard]] std::uint32_t version() const { return version_; }

    // True while nothing but the default applies to anybody.
    [[nodiscard]] bool is_uniform() const;

    // `to` may be kNone: an address that nobody has.
    [[nodiscard]] Conditions resolve(ProcessId from, ProcessId to) const;
    [[nodiscard]] bool is_cut(ProcessId from, ProcessId to) const;

  private:
    struct Place {
        std::uint32_t zone = 0;
        std::uint32_t group = 0;
    };

    Place& place(ProcessId process);
    [[nodiscard]] Place place_of(ProcessId process) const;

    Conditions default_;
    std::vector<Place> places_;
    std::uint32_t grouped_count_ = 0;
    std::map<std::pair<std::uint32_t, std::uint32_t>, Override> zone_pairs_;
    std::map<ProcessId, Override> egress_;
    std::map<ProcessId, Override> ingress_;
    std::map<std::pair<ProcessId, ProcessId>, Override> pairs_;
    std::uint32_t version_ = 1;
};

}  // namespace memberd::sim
