// Who watches whom in mode memberd: K pseudo-random rings over the living members.
//
// On ring k every member stands at a position that depends on its name and k only, so all who hold
// the same view compute the same rings, and a restart changes none. On each ring a member's subject
// is the next living member clockwise, and it is itself observed by the one before. With K or fewer
// others everybody observes everybody. The union of K such rings is an expander with high
// probability (Rapid, section 4.1), which is what lets changes flood in few steps.
//
// Nothing is stored per member: a ring is a scan. Complexity: O(K n) per question.
#pragma once

#include <cstdint>
#include <vector>

#include "gossip/roster.hpp"

namespace memberd {

// Rings are counted by the profile's constant K, at most this.
inline constexpr int kRingCountMax = 16;

std::uint64_t ring_position(std::uint64_t key, int ring);

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
