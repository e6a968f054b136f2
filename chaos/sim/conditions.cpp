#include "chaos/sim/conditions.hpp"

#include <algorithm>

namespace memberd::sim {
namespace {

template <typename T>
void take(const std::optional<T>& value, T& into) {
    if (value) {
        into = *value;
    }
}

template <typename Map, typename Key>
void apply_from(const Map& layers, const Key& key, Conditions& conditions, double& loss) {
    const auto found = layers.find(key);
    if (found == layers.end()) {
        return;
    }
    apply(found->second, conditions);
    if (found->second.loss) {
        loss = either(loss, *found->second.loss);
    }
}

}  // namespace

void apply(const Override& layer, Conditions& conditions) {
    take(layer.delay, conditions.delay);
    take(layer.jitter_kind, conditions.jitter_kind);
    take(layer.jitter, conditions.jitter);
    take(layer.jitter_sigma, conditions.jitter_sigma);
    take(layer.loss, conditions.loss);
    take(layer.burst_good_mean, conditions.burst_good_mean);
    take(layer.burst_bad_mean, conditions.burst_bad_mean);
    take(layer.burst_loss, conditions.burst_loss);
    take(layer.duplicate, conditions.duplicate);
    take(layer.reorder, conditions.reorder);
    take(layer.reorder_delay, conditions.reorder_delay);
    take(layer.corrupt, conditions.corrupt);
    take(layer.bytes_per_second, conditions.bytes_per_second);
    take(layer.queue_bytes, conditions.queue_bytes);
    take(layer.mtu_bytes, conditions.mtu_bytes);
    conditions.clogged_until =
        std::max(conditions.clogged_until, layer.clogged_until.value_or(Instant{}));
    conditions.dropped_types |= layer.dropped_types.value_or(0);
    conditions.cut = conditions.cut || layer.cut.value_or(false);
}

bool Conditions::is_clean() const {
    return loss == 0.0 && burst_bad_mean == Duration::zero() && corrupt == 0.0 &&
           bytes_per_second == 0 && mtu_bytes == 0 && clogged_until == Instant{} && !cut;
}

double either(double a, double b) {
    return 1.0 - (1.0 - a) * (1.0 - b);
}

void Topology::set_default(const Conditions& conditions) {
    default_ = conditions;
    ++version_;
}

Topology::Place& Topology::place(ProcessId process) {
    if (process >= places_.size()) {
        places_.resize(process + 1);
    }
    return places_[process];
}

Topology::Place Topology::place_of(ProcessId process) const {
    return process < places_.size() ? places_[process] : Place{};
}

void Topology::set_zone(ProcessId process, std::uint32_t zone) {
    place(process).zone = zone;
    ++version_;
}

void Topology::set_zone_pair(std::uint32_t from, std::uint32_t to, const Override& layer) {
    zone_pairs_[{from, to}] = layer;
    ++version_;
}

void Topology::set_egress(ProcessId process, const Override& layer) {
    egress_[process] = layer;
    ++version_;
}

void Topology::set_ingress(ProcessId process, const Override& layer) {
    ingress_[process] = layer;
    ++version_;
}

void Topology::set_pair(ProcessId from, ProcessId to, const Override& layer) {
    pairs_[{from, to}] = layer;
    ++version_;
}

void Topology::set_group(ProcessId process, std::uint32_t group) {
    std::uint32_t& held = place(process).group;
    grouped_count_ += group != 0 ? 1U : 0U;
    grouped_count_ -= held != 0 ? 1U : 0U;
    held = group;
    ++version_;
}

void Topology::clear() {
    for (Place& each : places_) {
        each.group = 0;
    }
    grouped_count_ = 0;
    egress_.clear();
    ingress_.clear();
    pairs_.clear();
    ++version_;
}

bool Topology::is_uniform() const {
    return grouped_count_ == 0 && zone_pairs_.empty() && egress_.empty() && ingress_.empty() &&
           pairs_.empty();
}

Conditions Topology::resolve(ProcessId from, ProcessId to) const {
    Conditions conditions = default_;
    if (is_uniform()) {
        return conditions;
    }
    const Place here = place_of(from);
    const Place there = to == kNone ? here : place_of(to);
    const auto zones = zone_pairs_.find({here.zone, there.zone});
    if (zones != zone_pairs_.end()) {
        apply(zones->second, conditions);
    }
    double loss = conditions.loss;
    apply_from(egress_, from, conditions, loss);
    apply_from(ingress_, to, conditions, loss);
    apply_from(pairs_, std::pair(from, to), conditions, loss);
    conditions.loss = loss;
    conditions.cut = conditions.cut || here.group != there.group;
    return conditions;
}

bool Topology::is_cut(ProcessId from, ProcessId to) const {
    return resolve(from, to).cut;
}

}  // namespace memberd::sim
