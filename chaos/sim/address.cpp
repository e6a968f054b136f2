#include "chaos/sim/address.hpp"

#include "detector/check.hpp"

namespace memberd::sim {

Endpoint endpoint_of(AddressId address) {
    MEMBERD_CHECK(address < kAddressCountMax, "10.0.0.0/8 has no more addresses");
    const std::uint32_t number = address + 1;  // 10.0.0.0 is nobody's
    Endpoint endpoint;
    endpoint.ip[10] = 0xff;
    endpoint.ip[11] = 0xff;
    endpoint.ip[12] = 10;
    endpoint.ip[13] = static_cast<std::uint8_t>(number >> 16U);
    endpoint.ip[14] = static_cast<std::uint8_t>(number >> 8U);
    endpoint.ip[15] = static_cast<std::uint8_t>(number);
    endpoint.port = kPort;
    return endpoint;
}

std::optional<AddressId> address_of(const Endpoint& endpoint) {
    if (endpoint.ip[12] != 10 || endpoint.port != kPort) {
        return std::nullopt;
    }
    const std::uint32_t number = static_cast<std::uint32_t>(endpoint.ip[13]) << 16U |
                                 static_cast<std::uint32_t>(endpoint.ip[14]) << 8U |
                                 static_cast<std::uint32_t>(endpoint.ip[15]);
    if (number == 0 || number > kAddressCountMax) {
        return std::nullopt;
    }
    return number - 1;
}

}  // namespace memberd::sim
