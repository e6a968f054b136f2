// The ring's digest: one number that is equal on two members exactly when their rings are.
//
// It is a sum over the ring's members, so the protocol core keeps it up to date with one addition
// or subtraction a change and never builds a ring. membership/RING.md specifies every byte;
// tests/unit/data/ring_vectors.json fixes the results. The hash is not cryptographic: equality
// shows agreement between members that trust each other, nothing else.
#pragma once

#include <cstdint>
#include <string_view>

namespace memberd {

// Parameters of every ring. Changing one changes which member owns a key: it is a new version, and
// rings of different versions never have equal digests.
constexpr std::uint32_t kRingVersion = 1;
constexpr std::uint32_t kRingPointsPerWeight = 160;  // vnodes of a member of weight 1

// Weights are thousandths, so that every language and CPU sees the same number.
constexpr std::uint32_t kRingWeightMilliOne = 1000;
constexpr std::uint32_t kRingWeightMilliMax = 100 * kRingWeightMilliOne;

// Seeds of XXH3, one a purpose: "memberd" in ASCII, then a number.
constexpr std::uint64_t kRingPointSeed = 0x6d656d6265726401ULL;
constexpr std::uint64_t kRingKeySeed = 0x6d656d6265726402ULL;
constexpr std::uint64_t kRingTermSeed = 0x6d656d6265726403ULL;
constexpr std::uint64_t kRingDigestSeed = 0x6d656d6265726404ULL;

// What one member adds to the sum: a hash of name, address ("host:port", as the member table shows
// it), zone and weight. Each text is shorter than 2^32 bytes. Linear in the lengths, one allocation
// at most.
std::uint64_t ring_digest_term(std::string_view name,
                               std::string_view address,
                               std::uint32_t weight_milli,
                               std::string_view zone);

// The digest of a set of members, in any order of additions and removals. Members of weight 0 count
// too.
class RingDigest {
  public:
    void add(std::uint64_t term) { sum_ += term; }

    // Undoes one add of the same term.
    void remove(std::uint64_t term) { sum_ -= term; }

    // Constant time. The empty set has a digest as well.
    [[nodiscard]] std::uint64_t value() const;

  private:
    std::uint64_t sum_ = 0;  // modulo 2^64
};

}  // namespace memberd
