#include "chaos/plan/network_faults.hpp"

#include <algorithm>
#include <map>

namespace memberd::sim {
namespace {

// Everything that is wrong, collected before it is handed to the topology.
struct Layers {
    Conditions everywhere;
    std::map<Member, Override> egress;
    std::map<Member, Override> ingress;
    std::vector<std::pair<Member, Member>> cuts;
    std::vector<const Operation*> partitions;
};

void worsen(Override& layer, double loss) {
    if (loss >= 1.0) {
        layer.cut = true;
    } else {
        layer.loss = either(layer.loss.value_or(0.0), loss);
    }
}

void worsen_member(Layers& layers, const Operation& of, double loss) {
    if (of.direction != Direction::Ingress) {
        worsen(layers.egress[of.member], loss);
    }
    if (of.direction != Direction::Egress) {
        worsen(layers.ingress[of.member], loss);
    }
}

void worsen_everywhere(Conditions& conditions, const Operation& of) {
    if (of.kind == OperationKind::Lose) {
        conditions.loss = either(conditions.loss, of.loss);
    } else if (of.kind == OperationKind::Delay) {
        conditions.delay = std::max(conditions.delay, of.delay);
        conditions.jitter = std::max(conditions.jitter, of.jitter);
    } else if (of.kind == OperationKind::Burst) {
        conditions.burst_good_mean = of.good_mean;
        conditions.burst_bad_mean = of.bad_mean;
        conditions.burst_loss = of.loss;
    } else if (of.kind == OperationKind::Mangle) {
        conditions.duplicate = std::max(conditions.duplicate, of.duplicate);
        conditions.reorder = std::max(conditions.reorder, of.reorder);
        conditions.corrupt = std::max(conditions.corrupt, of.corrupt);
    }
}

void add(Layers& layers, const Operation& of) {
    if (of.kind == OperationKind::Cut || of.kind == OperationKind::CutOneWay) {
        layers.cuts.emplace_back(of.member, of.other);
        if (of.kind == OperationKind::Cut) {
            layers.cuts.emplace_back(of.other, of.member);
        }
    } else if (of.kind == OperationKind::Partition) {
        layers.partitions.push_back(&of);
    } else if (of.kind == OperationKind::Degrade || of.kind == OperationKind::FlipFlop) {
        worsen_member(layers, of, of.kind == OperationKind::FlipFlop ? 1.0 : of.loss);
    } else {
        worsen_everywhere(layers.everywhere, of);
    }
}

// Which group of a partition a member is in; 0 for those in none.
std::uint32_t group_of(const Operation& partition, Member member) {
    for (std::uint32_t i = 0; i < partition.groups.size(); ++i) {
        const std::vector<Member>& group = partition.groups[i];
        if (std::find(group.begin(), group.end(), member) != group.end()) {
            return i + 1;
        }
    }
    return 0;
}

// Who is together in every partition is together.
void apply_partitions(const std::vector<const Operation*>& partitions, Cluster& cluster) {
    std::map<std::vector<std::uint32_t>, std::uint32_t> numbers;
    numbers[std::vector<std::uint32_t>(partitions.size(), 0)] = 0;
    for (Member member = 0; member < cluster.size(); ++member) {
        std::vector<std::uint32_t> groups;
        groups.reserve(partitions.size());
        for (const Operation* const each : partitions) {
            groups.push_back(group_of(*each, member));
        }
        const auto next = static_cast<std::uint32_t>(numbers.size());
        cluster.world().topology().set_group(member,
                                             numbers.try_emplace(groups, next).first->second);
    }
}

}  // namespace

void NetworkFaults::begin(std::size_t operation) {
    if (std::find(in_force_.begin(), in_force_.end(), operation) == in_force_.end()) {
        in_force_.push_back(operation);
        apply();
    }
}

bool NetworkFaults::end(std::size_t operation) {
    const auto place = std::find(in_force_.begin(), in_force_.end(), operation);
    if (place == in_force_.end()) {
        return false;
    }
    in_force_.erase(place);
    apply();
    return true;
}

bool NetworkFaults::end_all() {
    if (in_force_.empty()) {
        return false;
    }
    in_force_.clear();
    apply();
    return true;
}

void NetworkFaults::apply() {
    Layers layers;
    layers.everywhere = cluster_.options().network;
    for (const std::size_t each : in_force_) {
        add(layers, plan_.operations[each]);
    }
    Topology& topology = cluster_.world().topology();
    topology.clear();
    topology.set_default(layers.everywhere);
    for (const auto& [member, layer] : layers.egress) {
        topology.set_egress(member, layer);
    }
    for (const auto& [member, layer] : layers.ingress) {
        topology.set_ingress(member, layer);
    }
    for (const auto& [from, to] : layers.cuts) {
        cluster_.cut_one_way(from, to);
    }
    if (!layers.partitions.empty()) {
        apply_partitions(layers.partitions, cluster_);
    }
}

}  // namespace memberd::sim
