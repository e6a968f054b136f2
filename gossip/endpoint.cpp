#include "gossip/endpoint.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>

namespace memberd {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return port;
}

}  // namespace

bool Endpoint::is_ipv4() const {
    return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), ip.begin());
}

bool Endpoint::is_loopback() const {
    if (is_ipv4()) {
        return ip[12] == 127;
    }
    return std::all_of(ip.begin(), ip.end() - 1, [](std::uint8_t b) { return b == 0; }) &&
           ip[15] == 1;
}

bool Endpoint::is_wildcard() const {
    const auto first = is_ipv4() ? ip.begin() + 12 : ip.begin();
    return std::all_of(first, ip.end(), [](std::uint8_t b) { return b == 0; });
}

bool Endpoint::is_usable() const {
    const bool multicast = is_ipv4() ? ip[12] >= 224 : ip[0] == 0xff;
    return port != 0 && !multicast && !is_wildcard();
}

std::string to_string(const Endpoint& endpoint) {
    char text[INET6_ADDRSTRLEN] = {};
    if (endpoint.is_ipv4()) {
        inet_ntop(AF_INET, endpoint.ip.data() + 12, text, sizeof text);
        return std::string(text) + ":" + std::to_string(endpoint.port);
    }
    inet_ntop(AF_INET6, endpoint.ip.data(), text, sizeof text);
    return "[" + std::string(text) + "]:" + std::to_string(endpoint.port);
}

std::optional<HostPort> split_host_port(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    std::string_view host = text.substr(0, colon);
    const auto port = parse_port(text.substr(colon + 1));
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    } else if (host.find_first_of(":[]") != std::string_view::npos) {
        return std::nullopt;  // A bare IPv6 address leaves open where it ends and the port begins.
    }
    if (!port) {
        return std::nullopt;
    }
    return HostPort{std::string(host), *port};
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
    const auto parts = split_host_port(text);
    if (!parts || parts->port == 0) {
        return std::nullopt;
    }
    Endpoint endpoint;
    endpoint.port = parts->port;
    const bool bracketed = text.front() == '[';
    if (!bracketed && inet_pton(AF_INET, parts->host.c_str(), endpoint.ip.data() + 12) == 1) {
        std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), endpoint.ip.begin());
        return endpoint;
    }
    if (bracketed && inet_pton(AF_INET6, parts->host.c_str(), endpoint.ip.data()) == 1) {
        return endpoint;
    }
    return std::nullopt;
}

}  // namespace memberd
