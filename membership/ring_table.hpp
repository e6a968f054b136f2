// What stands behind a Ring: the sorted points, an index over their leading bits, and how a change
// makes the next table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "gossip/ring_digest.hpp"
#include "membership/ring.hpp"

namespace memberd {

struct RingTable {
    std::vector<RingMember> members;        // ascending by name
    std::vector<std::uint32_t> zones;       // for each member a number, equal for equal zones
    std::vector<std::uint32_t> zone_sizes;  // members with points in each zone, descending
    std::uint64_t weight_sum = 0;           // thousandths

    // Ascending by (hash, member). One entry more than the ring has points, unless it has none: the
    // first point's member once again at the largest hash, so that a search never runs off the end
    // and need not wrap.
    std::vector<RingPoint> points;

    // buckets[b] is the first point whose leading bits are at least b. The number of buckets is a
    // power of two, at least the number of points: a bucket holds one point at most on average.
    std::vector<std::uint32_t> buckets;
    unsigned bucket_shift = 0;  // 64 - log2 of the number of buckets

    RingDigest digest;

    [[nodiscard]] std::size_t point_count() const { return points.empty() ? 0 : points.size() - 1; }

    // Position of the first point at or after the hash; point_count() means the first point of all.
    // Some points exist.
    [[nodiscard]] std::size_t position_of(std::uint64_t hash) const {
        std::size_t position = buckets[hash >> bucket_shift];
        while (points[position].hash < hash) {
            ++position;
        }
        return position;
    }
};

// See Ring::change.
RingTable changed_table(const RingTable& before,
                        std::span<const RingMember> put,
                        std::span<const std::string> remove);

}  // namespace memberd
