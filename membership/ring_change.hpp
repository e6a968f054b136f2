// What a change of the ring means for keys: the ranges that moved, and how much moves between whom.
//
// This header is part of the client package: standard headers and the client's own only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "membership/ring.hpp"

namespace memberd {

// Hashes after `start` up to and including `end` changed their owner. A range may wrap: start > end
// reaches over 2^64 to 0; start == end is the whole circle. An empty name stands for nobody: the
// ring was empty, or is now.
struct MovedRange {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    std::string from;
    std::string to;

    bool operator==(const MovedRange&) const = default;

    [[nodiscard]] bool contains(std::uint64_t key_hash) const;

    // The fraction of all hashes in it; a range is never empty.
    [[nodiscard]] double share() const;
};

// Exactly the hashes whose owners' names differ, in clockwise order, with neighbours of equal from
// and to made one; at most the last wraps. No range if nothing moved. Linear in the points of both
// rings.
std::vector<MovedRange> moved_ranges(const Ring& before, const Ring& after);

// What moves from one member to another, in total.
struct RingTransfer {
    std::string from;
    std::string to;
    double share = 0;  // of all hashes
};

struct RingPlan {
    double moved_share = 0;               // of all hashes: the expected share of the keys
    std::vector<RingTransfer> transfers;  // one a pair, ascending by (from, to)
    double balance_before = 0;            // Ring::balance
    double balance_after = 0;
};

// O(p + t log t) for the points of both rings and t moved ranges.
RingPlan plan_change(const Ring& before, const Ring& after);

}  // namespace memberd
