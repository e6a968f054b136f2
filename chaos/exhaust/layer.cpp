#include "chaos/exhaust/layer.hpp"

#include "detector/random.hpp"

namespace memberd::sim {
namespace {

constexpr std::uint32_t kFree = 0xffffffff;
constexpr std::size_t kPlacesMin = 1024;

std::uint64_t hash_of(const ClusterState& state) {
    std::uint64_t hash = 0;
    for (const HistoryId id : state) {
        hash = mix64(hash ^ id);
    }
    return hash;
}

}  // namespace

std::uint64_t add_ways(std::uint64_t one, std::uint64_t other) {
    return one > Layer::kManyWays - other ? Layer::kManyWays : one + other;
}

void Layer::add(const ClusterState& state, std::uint64_t ways) {
    if (2 * (entries_.size() + 1) > table_.size()) {
        grow();
    }
    std::uint32_t& place = table_[place_of(state)];
    if (place == kFree) {
        place = static_cast<std::uint32_t>(entries_.size());
        entries_.push_back({state, ways});
    } else {
        entries_[place].ways = add_ways(entries_[place].ways, ways);
    }
}

std::uint64_t Layer::ways() const {
    std::uint64_t sum = 0;
    for (const Entry& entry : entries_) {
        sum = add_ways(sum, entry.ways);
    }
    return sum;
}

// Where the state is, or the free place where it would be.
std::size_t Layer::place_of(const ClusterState& state) const {
    const std::size_t mask = table_.size() - 1;
    std::size_t place = hash_of(state) & mask;
    while (table_[place] != kFree && entries_[table_[place]].state != state) {
        place = (place + 1) & mask;
    }
    return place;
}

void Layer::grow() {
    table_.assign(table_.empty() ? kPlacesMin : 2 * table_.size(), kFree);
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        table_[place_of(entries_[i].state)] = static_cast<std::uint32_t>(i);
    }
}

}  // namespace memberd::sim
