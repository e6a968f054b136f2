#include "membership/ring_change.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>
#include <tuple>

namespace memberd {
namespace {

constexpr std::uint32_t kNobody = std::numeric_limits<std::uint32_t>::max();

// For each member of `from` the index of its namesake in `to`, or kNobody. Both ascend by name.
std::vector<std::uint32_t> namesakes(std::span<const RingMember> from,
                                     std::span<const RingMember> to) {
    std::vector<std::uint32_t> found(from.size(), kNobody);
    std::size_t j = 0;
    for (std::size_t i = 0; i < from.size(); ++i) {
        while (j < to.size() && to[j].name < from[i].name) {
            ++j;
        }
        if (j < to.size() && to[j].name == from[i].name) {
            found[i] = static_cast<std::uint32_t>(j);
        }
    }
    return found;
}

std::uint32_t owner_at(std::span<const RingPoint> points, std::size_t position) {
    if (points.empty()) {
        return kNobody;
    }
    return points[position < points.size() ? position : 0].member;
}

std::string name_of(const Ring& ring, std::uint32_t member) {
    return member == kNobody ? std::string() : ring.members()[member].name;
}

// Indices instead of names while ranges are still being joined.
struct Piece {
    std::uint64_t start;
    std::uint64_t end;
    std::uint32_t from;  // in the ring before
    std::uint32_t to;    // in the ring after

    [[nodiscard]] bool continues(const Piece& previous) const {
        return previous.end == start && previous.from == from && previous.to == to;
    }
};

// Walks both rings' points as one ascending sequence: between two neighbours neither ring changes
// its owner.
std::vector<Piece> moved_pieces(const Ring& before, const Ring& after) {
    const auto old_points = before.points();
    const auto new_points = after.points();
    const auto successor = namesakes(before.members(), after.members());
    std::vector<Piece> pieces;
    if (old_points.empty() && new_points.empty()) {
        return pieces;
    }
    std::uint64_t start = std::max(old_points.empty() ? 0 : old_points.back().hash,
                                   new_points.empty() ? 0 : new_points.back().hash);
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < old_points.size() || j < new_points.size()) {
        const std::uint64_t end =
            j == new_points.size() ||
                    (i < old_points.size() && old_points[i].hash < new_points[j].hash)
                ? old_points[i].hash
                : new_points[j].hash;
        const Piece piece{start, end, owner_at(old_points, i), owner_at(new_points, j)};
        // A leaver's successor is nobody too, yet its keys did move if nobody has them now.
        if (piece.from == kNobody || piece.to == kNobody || successor[piece.from] != piece.to) {
            if (!pieces.empty() && piece.continues(pieces.back())) {
                pieces.back().end = end;
            } else {
                pieces.push_back(piece);
            }
        }
        start = end;
        while (i < old_points.size() && old_points[i].hash == end) {
            ++i;
        }
        while (j < new_points.size() && new_points[j].hash == end) {
            ++j;
        }
    }
    return pieces;
}

}  // namespace

bool MovedRange::contains(std::uint64_t key_hash) const {
    // Distances clockwise from start; 0 is start itself, which only a range over the whole circle
    // holds.
    return start == end || (key_hash != start && key_hash - start <= end - start);
}

double MovedRange::share() const {
    return start == end ? 1.0 : static_cast<double>(end - start) / 18446744073709551616.0;
}

std::vector<MovedRange> moved_ranges(const Ring& before, const Ring& after) {
    auto pieces = moved_pieces(before, after);
    // The first piece begins at the last point of all: it and the last piece may be one range that
    // wraps.
    if (pieces.size() > 1 && pieces.front().continues(pieces.back())) {
        pieces.back().end = pieces.front().end;
        pieces.erase(pieces.begin());
    } else if (pieces.size() > 1 && pieces.front().start > pieces.front().end) {
        std::rotate(pieces.begin(), pieces.begin() + 1, pieces.end());
    }
    std::vector<MovedRange> ranges;
    ranges.reserve(pieces.size());
    for (const Piece& piece : pieces) {
        ranges.push_back(
            {piece.start, piece.end, name_of(before, piece.from), name_of(after, piece.to)});
    }
    return ranges;
}

RingPlan plan_change(const Ring& before, const Ring& after) {
    RingPlan plan;
    plan.balance_before = before.balance();
    plan.balance_after = after.balance();
    auto ranges = moved_ranges(before, after);
    std::stable_sort(ranges.begin(), ranges.end(), [](const MovedRange& a, const MovedRange& b) {
        return std::tie(a.from, a.to) < std::tie(b.from, b.to);
    });
    for (const MovedRange& range : ranges) {
        plan.moved_share += range.share();
        if (plan.transfers.empty() || plan.transfers.back().from != range.from ||
            plan.transfers.back().to != range.to) {
            plan.transfers.push_back({range.from, range.to, 0});
        }
        plan.transfers.back().share += range.share();
    }
    return plan;
}

}  // namespace memberd
