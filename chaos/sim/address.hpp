// Synthetic addresses: 10.x.y.z, all on one port. An address outlives the process that uses it and
// may be given to another.
#pragma once

#include <cstdint>
#include <optional>

#include "gossip/endpoint.hpp"

namespace memberd::sim {

using AddressId = std::uint32_t;

inline constexpr std::uint16_t kPort = 7747;
inline constexpr AddressId kAddressCountMax = (1U << 24U) - 2;

// Requires address < kAddressCountMax.
Endpoint endpoint_of(AddressId address);

// Nothing for endpoints that are not ours.
std::optional<AddressId> address_of(const Endpoint& endpoint);

}  // namespace memberd::sim
