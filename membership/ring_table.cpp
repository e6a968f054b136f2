#include "membership/ring_table.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <limits>
#include <unordered_map>
#include <utility>

#include <xxhash.h>

#include "membership/ring_weight.hpp"

namespace memberd {
namespace {

constexpr std::uint32_t kGone = std::numeric_limits<std::uint32_t>::max();

bool point_precedes(const RingPoint& a, const RingPoint& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.member < b.member;
}

// The members after a change, and what the change asks of the points.
struct MemberMerge {
    std::vector<RingMember> members;
    std::vector<std::uint32_t> new_index;  // by old index: the new one, or kGone if its points go
    std::vector<std::uint32_t> fresh;      // new indices of the members whose points come
    RingDigest digest;
};

std::uint64_t term_of(const RingMember& member) {
    return ring_digest_term(member.name, member.address, member.weight_milli, member.zone);
}

// Ascending by name; of namesakes the last one given.
std::vector<const RingMember*> sorted_members(std::span<const RingMember> members) {
    std::vector<const RingMember*> sorted;
    sorted.reserve(members.size());
    for (const RingMember& member : members) {
        sorted.push_back(&member);
    }
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto* a, const auto* b) { return a->name < b->name; });
    const auto first_kept =
        std::unique(sorted.rbegin(), sorted.rend(),
                    [](const auto* a, const auto* b) { return a->name == b->name; });
    sorted.erase(sorted.begin(), first_kept.base());
    return sorted;
}

MemberMerge merge_members(const RingTable& before,
                          std::span<const RingMember> put,
                          std::span<const std::string> remove) {
    MemberMerge merge;
    merge.digest = before.digest;
    merge.members.reserve(before.members.size() + put.size());
    merge.new_index.reserve(before.members.size());
    const auto sorted_put = sorted_members(put);
    std::vector<std::string_view> removed(remove.begin(), remove.end());
    std::sort(removed.begin(), removed.end());

    auto next_put = sorted_put.begin();
    const auto place = [&merge](const RingMember& member) {
        merge.members.push_back(member);
        return static_cast<std::uint32_t>(merge.members.size() - 1);
    };
    const auto place_new = [&](const RingMember& member) {
        merge.digest.add(term_of(member));
        return place(member);
    };
    for (const RingMember& old : before.members) {
        for (; next_put != sorted_put.end() && (*next_put)->name < old.name; ++next_put) {
            merge.fresh.push_back(place_new(**next_put));
        }
        if (next_put != sorted_put.end() && (*next_put)->name == old.name) {
            const RingMember& successor = **next_put++;
            merge.digest.remove(term_of(old));
            const std::uint32_t index = place_new(successor);
            // Points depend on name and number only: with the same number of them they are the same
            // points.
            if (ring_vnode_count(successor.weight_milli) == ring_vnode_count(old.weight_milli)) {
                merge.new_index.push_back(index);
            } else {
                merge.new_index.push_back(kGone);
                merge.fresh.push_back(index);
            }
        } else if (std::binary_search(removed.begin(), removed.end(), std::string_view(old.name))) {
            merge.digest.remove(term_of(old));
            merge.new_index.push_back(kGone);
        } else {
            merge.new_index.push_back(place(old));
        }
    }
    for (; next_put != sorted_put.end(); ++next_put) {
        merge.fresh.push_back(place_new(**next_put));
    }
    return merge;
}

void append_points(std::vector<RingPoint>& points, const RingMember& member, std::uint32_t index) {
    std::string bytes = member.name + std::string(sizeof(std::uint32_t), '\0');
    const std::uint32_t count = ring_vnode_count(member.weight_milli);
    for (std::uint32_t vnode = 0; vnode < count; ++vnode) {
        for (std::size_t i = 0; i < sizeof vnode; ++i) {
            bytes[member.name.size() + i] =
                static_cast<char>(static_cast<unsigned char>(vnode >> (8 * i)));
        }
        points.push_back({XXH3_64bits_withSeed(bytes.data(), bytes.size(), kRingPointSeed), index});
    }
}

// All old points that stay, under their members' new indices, and the fresh ones; then the closing
// entry.
std::vector<RingPoint> merge_points(const RingTable& before,
                                    const std::vector<std::uint32_t>& new_index,
                                    const std::vector<RingPoint>& fresh) {
    const std::size_t old_count = before.point_count();
    std::vector<RingPoint> points(old_count + fresh.size() + 1);
    std::size_t written = 0;
    std::size_t read = 0;
    // Without a branch: a point that goes is overwritten by the next. There is room for one more
    // than ever stays.
    const auto copy_until = [&](std::size_t end) {
        for (; read < end; ++read) {
            const std::uint32_t member = new_index[before.points[read].member];
            points[written] = {before.points[read].hash, member};
            written += member != kGone ? 1 : 0;
        }
    };
    for (const RingPoint& point : fresh) {
        if (old_count > 0) {
            copy_until(before.position_of(point.hash));
            // Equal hashes of two members: the smaller name comes first, and owns what the points
            // share.
            while (read < old_count && before.points[read].hash == point.hash &&
                   (new_index[before.points[read].member] == kGone ||
                    new_index[before.points[read].member] < point.member)) {
                copy_until(read + 1);
            }
        }
        points[written++] = point;
    }
    copy_until(old_count);
    points.resize(written > 0 ? written + 1 : 0);
    if (written > 0) {
        points.back() = {std::numeric_limits<std::uint64_t>::max(), points.front().member};
    }
    return points;
}

void index_points(RingTable& table) {
    const std::size_t count = table.point_count();
    if (count == 0) {
        return;
    }
    const std::size_t bucket_count = std::max<std::size_t>(std::bit_ceil(count), 2);
    table.bucket_shift = 64U - static_cast<unsigned>(std::countr_zero(bucket_count));
    table.buckets.assign(bucket_count + 1, 0);
    // First where each bucket's points end, the last write counts; then the gaps: a bucket begins
    // where the one before it ended. Two straight passes, because a single one with an inner loop
    // costs a mispredicted branch a point.
    for (std::size_t i = 0; i < count; ++i) {
        table.buckets[(table.points[i].hash >> table.bucket_shift) + 1] =
            static_cast<std::uint32_t>(i + 1);
    }
    std::uint32_t begin = 0;
    for (std::uint32_t& bucket : table.buckets) {
        begin = std::max(begin, bucket);
        bucket = begin;
    }
}

void count_zones(RingTable& table) {
    std::unordered_map<std::string_view, std::uint32_t> numbers;  // Looked up, never walked.
    table.zones.reserve(table.members.size());
    for (const RingMember& member : table.members) {
        const auto next = static_cast<std::uint32_t>(numbers.size());
        const std::uint32_t zone = numbers.try_emplace(member.zone, next).first->second;
        table.zones.push_back(zone);
        table.zone_sizes.resize(numbers.size());
        table.zone_sizes[zone] += member.weight_milli > 0 ? 1 : 0;
        table.weight_sum += std::min(member.weight_milli, kRingWeightMilliMax);
    }
    std::sort(table.zone_sizes.begin(), table.zone_sizes.end(), std::greater<>());
}

}  // namespace

RingTable changed_table(const RingTable& before,
                        std::span<const RingMember> put,
                        std::span<const std::string> remove) {
    MemberMerge merge = merge_members(before, put, remove);
    std::vector<RingPoint> fresh;
    for (const std::uint32_t index : merge.fresh) {
        append_points(fresh, merge.members[index], index);
    }
    std::sort(fresh.begin(), fresh.end(), point_precedes);

    RingTable after;
    after.points = merge_points(before, merge.new_index, fresh);
    after.members = std::move(merge.members);
    after.digest = merge.digest;
    count_zones(after);
    index_points(after);
    return after;
}

}  // namespace memberd
