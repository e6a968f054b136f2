// Rings and keys that the ring's tests share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "detector/random.hpp"
#include "membership/ring.hpp"

namespace memberd {

// "m-0000", "m-0001", ...: ascending, one weight, `zones` zones in turn (0: no zone).
std::vector<RingMember> equal_members(std::size_t count, std::size_t zones);

// Up to `count_max` members of random names, weights (some 0) and zones (some none), in random
// order.
std::vector<RingMember> random_members(Random& random, std::size_t count_max);

// The hashes of "key-0", "key-1", ...: the fixed keys of every property.
std::vector<std::uint64_t> fixed_key_hashes(std::size_t count);

// The owner's name, "" for nobody.
std::string owner_name(const Ring& ring, std::uint64_t key_hash);

std::vector<std::string> preference_names(const Ring& ring,
                                          std::uint64_t key_hash,
                                          std::size_t replicas);

}  // namespace memberd
