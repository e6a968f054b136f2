// The hash of one record in the view's digest and in reconciliation.
//
// A digest is the sum of such hashes modulo 2^64, so that records may come and go in any order.
// PROTOCOL.md specifies every step and gives vectors. Not cryptographic: it shows agreement between
// members that trust each other.
#pragma once

#include <cstdint>

#include "gossip/member.hpp"

namespace memberd {

// `key` is name_key() of the member's name, `content_hash` that of its profile's bytes. What an
// alive or suspect member says about itself counts; of a dead or left one only which run it was,
// since members may remember its death without its profile. In mode memberd a suspicion is not a
// claim: the caller passes Alive for it. Pure, constant time.
std::uint64_t record_hash(std::uint64_t key, std::uint64_t content_hash, const Claim& claim);

}  // namespace memberd
