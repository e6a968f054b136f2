#include "gossip/observers.hpp"

#include <algorithm>
#include <array>

#include "detector/check.hpp"

namespace memberd {
namespace {

void find_neighbours(const Roster& roster,
                     Slot member,
                     int ring_count,
                     RingDirection direction,
                     std::vector<Slot>& found) {
    MEMBERD_CHECK(ring_count > 0 && ring_count <= kRingCountMax, "ring count out of range");
    found.clear();
    const std::uint64_t key = roster.profile(member).key;
    std::array<std::uint64_t, kRingCountMax> own{};
    std::array<std::uint64_t, kRingCountMax> nearest{};
    std::array<Slot, kRingCountMax> slots{};
    const auto rings = static_cast<std::size_t>(ring_count);
    for (std::size_t k = 0; k < rings; ++k) {
        own[k] = ring_position(key, static_cast<int>(k));
        nearest[k] = ~std::uint64_t{0};
        slots[k] = kNoSlot;
    }
    const std::uint32_t others = roster.live() - (roster.is_live(member) ? 1U : 0U);
    const bool everybody = others <= rings;
    for (Slot slot = 0; slot < roster.slot_count(); ++slot) {
        if (slot == member || !roster.is_live(slot)) {
            continue;
        }
        if (everybody) {
            found.push_back(slot);
            continue;
        }
        const std::uint64_t other_key = roster.profile(slot).key;
        for (std::size_t k = 0; k < rings; ++k) {
            const std::uint64_t far =
                ring_distance(own[k], ring_position(other_key, static_cast<int>(k)), direction);
            if (far < nearest[k]) {
                nearest[k] = far;
                slots[k] = slot;
            }
        }
    }
    if (!everybody) {
        found.assign(slots.begin(), slots.begin() + ring_count);
        std::sort(found.begin(), found.end());
        found.erase(std::unique(found.begin(), found.end()), found.end());
    }
}

}  // namespace

void find_observers(const Roster& roster,
                    Slot subject,
                    int ring_count,
                    std::vector<Slot>& observers) {
    find_neighbours(roster, subject, ring_count, RingDirection::Counterclockwise, observers);
}

void find_subjects(const Roster& roster,
                   Slot observer,
                   int ring_count,
                   std::vector<Slot>& subjects) {
    find_neighbours(roster, observer, ring_count, RingDirection::Clockwise, subjects);
}

}  // namespace memberd
