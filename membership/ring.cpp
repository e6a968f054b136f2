#include "membership/ring.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <xxhash.h>

#include "membership/ring_table.hpp"

namespace memberd {
namespace {

constexpr double kHashSpace = 18446744073709551616.0;  // 2^64

// The places in a preference list that one round over the zones may fill: [next, end).
struct Round {
    std::size_t next;
    std::size_t end;
};

// How `wanted` places are dealt out: every round takes one member of each zone that still has one.
std::vector<Round> deal_rounds(const std::vector<std::uint32_t>& zone_sizes_descending,
                               std::size_t wanted) {
    std::vector<Round> rounds;
    std::size_t zones = zone_sizes_descending.size();
    std::size_t dealt = 0;
    while (dealt < wanted) {
        while (zones > 0 && zone_sizes_descending[zones - 1] <= rounds.size()) {
            --zones;
        }
        const std::size_t taken = std::min(zones, wanted - dealt);
        rounds.push_back({dealt, dealt + taken});
        dealt += taken;
    }
    return rounds;
}

}  // namespace

std::uint64_t ring_key_hash(std::string_view key) {
    return XXH3_64bits_withSeed(key.data(), key.size(), kRingKeySeed);
}

Ring::Ring() : table_(std::make_shared<RingTable>()) {}

Ring::Ring(std::shared_ptr<const RingTable> table) : table_(std::move(table)) {}

Ring Ring::build(std::span<const RingMember> members) {
    return Ring().change(members, {});
}

Ring Ring::change(std::span<const RingMember> put, std::span<const std::string> remove) const {
    return Ring(std::make_shared<const RingTable>(changed_table(*table_, put, remove)));
}

Ring Ring::with(const RingMember& member) const {
    return change({&member, 1}, {});
}

Ring Ring::without(std::string_view name) const {
    if (find(name) == nullptr) {
        return *this;
    }
    const std::string removed(name);
    return change({}, {&removed, 1});
}

std::span<const RingMember> Ring::members() const {
    return table_->members;
}

std::span<const RingPoint> Ring::points() const {
    return {table_->points.data(), table_->point_count()};
}

const RingMember* Ring::find(std::string_view name) const {
    const auto& members = table_->members;
    const auto found =
        std::lower_bound(members.begin(), members.end(), name,
                         [](const RingMember& a, std::string_view b) { return a.name < b; });
    return found != members.end() && found->name == name ? &*found : nullptr;
}

std::uint64_t Ring::digest() const {
    return table_->digest.value();
}

const RingMember* Ring::owner(std::uint64_t key_hash) const {
    const RingTable& table = *table_;
    if (table.points.empty()) {
        return nullptr;
    }
    return &table.members[table.points[table.position_of(key_hash)].member];
}

std::vector<const RingMember*> Ring::preference(std::uint64_t key_hash,
                                                std::size_t replicas) const {
    const RingTable& table = *table_;
    std::size_t eligible = 0;
    for (const std::uint32_t size : table.zone_sizes) {
        eligible += size;
    }
    std::vector<const RingMember*> list(std::min(replicas, eligible), nullptr);
    std::vector<Round> rounds = deal_rounds(table.zone_sizes, list.size());
    std::vector<bool> seen(table.members.size());
    std::vector<std::uint32_t> met(table.zone_sizes.size());  // distinct members met, by zone

    const std::size_t count = table.point_count();
    std::size_t missing = list.size();
    // The walk may start at the entry that closes the table: it stands for the first point.
    for (std::size_t position = missing > 0 ? table.position_of(key_hash) : 0; missing > 0;
         position = position >= count ? 1 : position + 1) {
        const std::uint32_t member = table.points[position].member;
        if (seen[member]) {
            continue;
        }
        seen[member] = true;
        const std::uint32_t round = met[table.zones[member]]++;
        if (round < rounds.size() && rounds[round].next < rounds[round].end) {
            list[rounds[round].next++] = &table.members[member];
            --missing;
        }
    }
    return list;
}

const RingMember* Ring::pick(std::uint64_t key_hash, const RingLoads& loads, double bound) const {
    const RingTable& table = *table_;
    if (table.points.empty()) {
        return nullptr;
    }
    const double capacity_per_weight =
        bound * (static_cast<double>(loads.total) + 1) / static_cast<double>(table.weight_sum);
    const std::size_t count = table.point_count();
    const std::size_t first = table.position_of(key_hash);
    for (std::size_t step = 0; step < count; ++step) {
        const std::size_t position = first + step < count ? first + step : first + step - count;
        const std::uint32_t member = table.points[position].member;
        const double weight = std::min(table.members[member].weight_milli, kRingWeightMilliMax);
        if (static_cast<double>(loads.by_member[member]) <
            std::ceil(capacity_per_weight * weight)) {
            return &table.members[member];
        }
    }
    // Only loads that exceed their stated total, or a bound below 1, leave no room anywhere.
    return owner(key_hash);
}

std::vector<double> Ring::shares() const {
    const auto all = points();
    std::vector<double> owned(members().size(), 0.0);
    for (std::size_t i = 0; i < all.size(); ++i) {
        // Unsigned arithmetic wraps as the circle does. A lone point owns everything, where the
        // difference is 0.
        const std::uint64_t before = all[i == 0 ? all.size() - 1 : i - 1].hash;
        owned[all[i].member] +=
            all.size() == 1 ? 1.0 : static_cast<double>(all[i].hash - before) / kHashSpace;
    }
    return owned;
}

double Ring::balance() const {
    const auto owned = shares();
    double worst = 0;
    for (std::size_t i = 0; i < owned.size(); ++i) {
        if (owned[i] > 0) {
            const double weight = std::min(members()[i].weight_milli, kRingWeightMilliMax);
            worst = std::max(worst, owned[i] * static_cast<double>(table_->weight_sum) / weight);
        }
    }
    return worst;
}

}  // namespace memberd
