// The consistent-hash ring: which member owns a key, and who keeps its replicas.
//
// Every member puts points on a circle of 64-bit hashes, 160 a unit of weight; a key belongs to the
// member of the first point clockwise at or after the key's hash (Karger et al. 1997, with the
// virtual nodes of Dynamo, DeCandia et al. 2007). Points come from names only: a restart or a new
// address moves no key. Equal sets of members give equal rings on every build and CPU.
// membership/RING.md specifies all of it, byte by byte, for other languages.
//
// This header is part of the client package: standard headers and the client's own only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gossip/ring_digest.hpp"

namespace memberd {

struct RingMember {
    std::string name;     // unique in a ring; compared as bytes
    std::string address;  // "host:port"; in the digest, without effect on the points
    std::uint32_t weight_milli =
        kRingWeightMilliOne;  // 0 owns nothing; at most kRingWeightMilliMax
    std::string zone;  // replicas prefer distinct zones; members without one share the zone ""

    bool operator==(const RingMember&) const = default;
};

// One virtual node: it owns the hashes after the previous point, up to and including its own.
struct RingPoint {
    std::uint64_t hash;
    std::uint32_t member;  // index in Ring::members()

    bool operator==(const RingPoint&) const = default;
};

// Requests that each member serves at present, for Ring::pick.
struct RingLoads {
    std::span<const std::uint64_t> by_member;  // one for each of Ring::members(), in its order
    std::uint64_t total = 0;  // their sum, kept by the caller: pick doesn't look at all members
};

// Where a key lies on the circle.
std::uint64_t ring_key_hash(std::string_view key);

struct RingTable;

// An immutable ring; a change gives a new one. Safe to read from any number of threads.
//
// Copying costs one reference count: the table behind it is shared, because the same ring is held
// at once by the view, by whoever compares it with its successor, and by the threads of an
// application, and nobody may outlive it. Pointers, views and spans that it returns are good as
// long as any copy of this ring lives.
//
// Complexities: m members, p points in total, s zones. A table takes 16 bytes a point, 4 bytes a
// bucket (1 to 2 buckets a point) and the members themselves.
class Ring {
  public:
    // The empty ring: nobody owns anything.
    Ring();

    // Copies only: a ring that was moved from would have no table.
    Ring(const Ring&) = default;
    Ring& operator=(const Ring&) = default;
    ~Ring() = default;

    // Of several members with one name the last counts. O(m log m + p log p).
    static Ring build(std::span<const RingMember> members);

    // This ring with the members of `put` added, or put in the place of their namesakes, and the
    // names of `remove` gone (names it doesn't hold are ignored; a name in both is put). One merge:
    // O(m + p + q log q), q points in `put`.
    [[nodiscard]] Ring change(std::span<const RingMember> put,
                              std::span<const std::string> remove) const;

    // One member more, or in the place of its namesake. As change.
    [[nodiscard]] Ring with(const RingMember& member) const;

    // One member fewer; the same ring if there is none of that name. As change.
    [[nodiscard]] Ring without(std::string_view name) const;

    // All members, those of weight 0 too, ascending by name.
    [[nodiscard]] std::span<const RingMember> members() const;

    // All points, ascending by (hash, name of the member).
    [[nodiscard]] std::span<const RingPoint> points() const;

    // Nullptr if no member has this name. O(log m).
    [[nodiscard]] const RingMember* find(std::string_view name) const;

    // The digest of the members; see gossip/ring_digest.hpp. Constant time.
    [[nodiscard]] std::uint64_t digest() const;

    // Nullptr if no member has points. Expected constant time: a table over the leading bits of the
    // hash.
    [[nodiscard]] const RingMember* owner(std::uint64_t key_hash) const;

    // The members that keep a key's replicas, the owner first; fewer than `replicas` only if fewer
    // members have points.
    //
    // All distinct. Members come in rounds: the first of every zone met clockwise from the key,
    // then the second of every zone, and so on. So no zone has two replicas while another has none,
    // and zones are evenly used after that. A shorter list is a prefix of a longer one. Removing a
    // member that is not in the list changes nothing; removing one that is keeps all others and
    // brings exactly one new. RING.md says what more holds of the order.
    //
    // Expected O(replicas * s) points visited while weights and zones are of similar size; all
    // points at worst.
    [[nodiscard]] std::vector<const RingMember*> preference(std::uint64_t key_hash,
                                                            std::size_t replicas) const;

    // Who should serve the next request for a key, so that nobody serves more than `bound` times
    // its fair share: the first member clockwise from the key whose load is below ceil(bound *
    // (total + 1) * weight / sum of weights). (Mirrokni, Thorup, Zadimoghaddam 2018, "Consistent
    // hashing with bounded loads", with weights.)
    //
    // bound > 1, usually 1.25: smaller values balance better and move more keys. Expected O(1 /
    // (bound - 1)^2) points visited. Nullptr if no member has points. The caller counts the load up
    // and down.
    [[nodiscard]] const RingMember* pick(std::uint64_t key_hash,
                                         const RingLoads& loads,
                                         double bound) const;

    // The fraction of all hashes that each of members() owns, in its order; they sum to 1 unless
    // nobody has points. O(p).
    [[nodiscard]] std::vector<double> shares() const;

    // The largest share relative to what its weight is due: max over members of share / (weight /
    // sum of weights). 1 is perfect; 0 if nobody has points. O(p).
    [[nodiscard]] double balance() const;

  private:
    explicit Ring(std::shared_ptr<const RingTable> table);

    std::shared_ptr<const RingTable> table_;
};

}  // namespace memberd
