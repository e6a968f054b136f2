#include "gossip/neighbours.hpp"

#include <algorithm>

namespace memberd {
namespace {

// More changes than this at once are looked up anew: also the bound of what is remembered.
constexpr std::size_t kChangesMax = 64;

template <typename Nearest>
void take_nearer(Nearest& nearest, Slot member, std::uint64_t distance) {
    if (distance < nearest.distance) {
        nearest = {member, distance};
    }
}

}  // namespace

Neighbours::Neighbours(const Roster& roster, Slot self, int ring_count)
    : roster_(roster),
      self_(self),
      ring_count_(ring_count) {}

void Neighbours::changed(Slot member) {
    if (!is_complete_) {
        return;
    }
    if (changed_.size() >= kChangesMax) {
        is_complete_ = false;
        changed_.clear();
        return;
    }
    changed_.push_back(member);
}

bool Neighbours::everybody() const {
    const std::uint32_t others = roster_.live() - (roster_.is_live(self_) ? 1U : 0U);
    return others <= static_cast<std::uint32_t>(ring_count_);
}

bool Neighbours::refresh() {
    if (is_complete_ && changed_.empty()) {
        return false;
    }
    // A ring without anybody in it was never looked at: the cluster was small until now.
    const bool is_known = is_complete_ && nearest_subjects_[0].member != kNoSlot;
    if (everybody() || !is_known) {
        find_all();
    } else {
        for (const Slot member : changed_) {
            take_in(member);
        }
        list(nearest_subjects_, subjects_);
        list(nearest_observers_, observers_);
    }
    is_complete_ = true;
    changed_.clear();
    return true;
}

void Neighbours::find_all() {
    nearest_subjects_.fill({});
    nearest_observers_.fill({});
    if (everybody()) {
        find_subjects(roster_, self_, ring_count_, subjects_);
        observers_ = subjects_;
        return;
    }
    for (int ring = 0; ring < ring_count_; ++ring) {
        own_positions_[static_cast<std::size_t>(ring)] =
            ring_position(roster_.profile(self_).key, ring);
    }
    for (Slot slot = 0; slot < roster_.slot_count(); ++slot) {
        if (slot != self_ && roster_.is_live(slot)) {
            compare(slot);
        }
    }
    list(nearest_subjects_, subjects_);
    list(nearest_observers_, observers_);
}

void Neighbours::take_in(Slot member) {
    if (member == self_) {
        return;
    }
    // Where it was the nearest it may be gone, or its slot may have gone to another.
    for (int ring = 0; ring < ring_count_; ++ring) {
        const auto k = static_cast<std::size_t>(ring);
        if (nearest_subjects_[k].member == member) {
            scan(nearest_subjects_, ring, RingDirection::Clockwise);
        }
        if (nearest_observers_[k].member == member) {
            scan(nearest_observers_, ring, RingDirection::Counterclockwise);
        }
    }
    if (roster_.is_live(member)) {
        compare(member);
    }
}

void Neighbours::scan(Rings& rings, int ring, RingDirection direction) {
    const auto k = static_cast<std::size_t>(ring);
    rings[k] = {};
    for (Slot slot = 0; slot < roster_.slot_count(); ++slot) {
        if (slot != self_ && roster_.is_live(slot)) {
            const std::uint64_t position = ring_position(roster_.profile(slot).key, ring);
            take_nearer(rings[k], slot, ring_distance(own_positions_[k], position, direction));
        }
    }
}

void Neighbours::compare(Slot member) {
    const std::uint64_t key = roster_.profile(member).key;
    for (int ring = 0; ring < ring_count_; ++ring) {
        const auto k = static_cast<std::size_t>(ring);
        const std::uint64_t own = own_positions_[k];
        const std::uint64_t position = ring_position(key, ring);
        take_nearer(nearest_subjects_[k], member,
                    ring_distance(own, position, RingDirection::Clockwise));
        take_nearer(nearest_observers_[k], member,
                    ring_distance(own, position, RingDirection::Counterclockwise));
    }
}

void Neighbours::list(const Rings& rings, std::vector<Slot>& members) const {
    members.clear();
    for (int ring = 0; ring < ring_count_; ++ring) {
        members.push_back(rings[static_cast<std::size_t>(ring)].member);
    }
    std::sort(members.begin(), members.end());
    members.erase(std::unique(members.begin(), members.end()), members.end());
}

}  // namespace memberd
