// A numeric network address: where a member's transport listens.
//
// Names are resolved before they get here (see the transport's resolver): the core and the wire
// know numbers only. IPv4 is kept as its IPv6-mapped form, so that one comparison and one hash
// serve both families.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "detector/random.hpp"

namespace memberd {

struct Endpoint {
    std::array<std::uint8_t, 16> ip{};  // network order; ::ffff:a.b.c.d for IPv4
    std::uint16_t port = 0;

    auto operator<=>(const Endpoint&) const = default;

    // True for what can be connected to: a port, and an address that is neither the wildcard nor
    // multicast.
    [[nodiscard]] bool is_usable() const;
    [[nodiscard]] bool is_ipv4() const;
    [[nodiscard]] bool is_loopback() const;
    [[nodiscard]] bool is_wildcard() const;
};

// "192.0.2.1:7747" or "[2001:db8::1]:7747": numeric, canonical (RFC 5952), as ZeroMQ wants it
// behind "tcp://".
std::string to_string(const Endpoint& endpoint);

// Reads what to_string writes, and every other numeric spelling of the same address; nothing for
// host names, missing or zero ports, and trailing text. (Zero ports: a listener may ask for one, a
// member can't be reached there.)
std::optional<Endpoint> parse_endpoint(std::string_view text);

// Splits "HOST:PORT" or "[HOST]:PORT"; the host may be a name and may be empty. Nothing if there is
// no decimal port.
struct HostPort {
    std::string host;
    std::uint16_t port = 0;
};

std::optional<HostPort> split_host_port(std::string_view text);

struct EndpointHash {
    std::size_t operator()(const Endpoint& endpoint) const {
        std::uint64_t words[2];
        static_assert(sizeof words == sizeof endpoint.ip);
        __builtin_memcpy(words, endpoint.ip.data(), sizeof words);
        return static_cast<std::size_t>(mix64(words[0] ^ mix64(words[1] ^ endpoint.port)));
    }
};

}  // namespace memberd
