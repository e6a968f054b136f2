// Who watches whom in mode memberd: K pseudo-random rings over the living members.
//
// On ring k every member stands at a position that depends on its name and k only, so all who hold
// the same view compute the same rings, and a restart changes none. On each ring a member's subject
// is the next living member clockwise, and it is itself observed by the one before. With K or fewer
// others everybody observes everybody. The union of K such rings is an expander with high
// probability (Rapid, section 4.1), which is what lets changes flood in few steps.
//
// Nothing is stored per member: a ring is a scan. Complexity: O(K n) per question; a member's own
// neighbours are kept in Neighbours.
#pragma once

#include <cstdint>
#include <vector>

#include "detector/random.hpp"
#include "gossip/roster.hpp"

namespace memberd {

// Rings are counted by the profile's constant K, at most this.
inline constexpr int kRingCountMax = 16;

inline std::uint64_t ring_position(std::uint64_t key, int ring) {
    return mix64(key ^ (static_cast<std::uint64_t>(ring) + 1) * 0xd6e8feb86659fd93ULL);
}

// Subjects are the nearest clockwise, observers counterclockwise.
enum class RingDirection : std::uint8_t {
    Clockwise,
    Counterclockwise
};

// How far it is from one position to another in that direction; 0 only to itself.
inline std::uint64_t ring_distance(std::uint64_t from, std::uint64_t to, RingDirection direction) {
    return direction == RingDirection::Clockwise ? to - from : from - to;
}

// The distinct observers of `subject` among the living, itself excluded, in order of slots.
void find_observers(const Roster& roster,
                    Slot subject,
                    int ring_count,
                    std::vector<Slot>& observers);

// The distinct subjects of `observer`, likewise.
void find_subjects(const Roster& roster,
                   Slot observer,
                   int ring_count,
                   std::vector<Slot>& subjects);

}  // namespace memberd
