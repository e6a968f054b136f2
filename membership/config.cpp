#include "membership/config.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "gossip/messages.hpp"
#include "gossip/zmq_resolver.hpp"
#include "membership/local_protocol.hpp"
#include "membership/ring_weight.hpp"

namespace memberd {
namespace {

constexpr std::string_view kBindDefault = "127.0.0.1:7747";
constexpr double kRestartGraceMaxSeconds = 3600.0;

Error bad(std::string text) {
    return Error{ErrorCode::BadInput, std::move(text)};
}

// A numeric address, a name, or "" and "*" for the wildcard. `port_min` is 0 for a listener.
Result<Endpoint> address_of(const std::string& setting, const std::string& text) {
    const auto parts = split_host_port(text);
    if (!parts) {
        return bad(
            fmt::format("{} must be HOST:PORT (IPv6 as [HOST]:PORT), not \"{}\"", setting, text));
    }
    std::string host = parts->host;
    if (host.empty() || host == "*") {
        host = "0.0.0.0";
    } else if (host == "localhost") {
        host = "127.0.0.1";
    }
    const bool is_v6 = host.find(':') != std::string::npos;
    // Port 1 stands in for 0, which parse_endpoint refuses and a listener may ask for.
    auto endpoint = parse_endpoint((is_v6 ? "[" + host + "]" : host) + ":1");
    if (!endpoint) {
        const Addresses addresses = resolve_by_system(HostPort{host, 1});
        if (!addresses || addresses->empty()) {
            return bad(fmt::format("{} names the host {}, which has no address", setting, host));
        }
        endpoint = addresses->front();
    }
    endpoint->port = parts->port;
    return *endpoint;
}

bool is_link_local(const Endpoint& endpoint) {
    if (endpoint.is_ipv4()) {
        return endpoint.ip[12] == 169 && endpoint.ip[13] == 254;
    }
    return endpoint.ip[0] == 0xfe && (endpoint.ip[1] & 0xc0) == 0x80;
}

Status judge_addresses(const Options& options, const Surroundings& around, AgentConfig& config) {
    auto bind = address_of("--bind", options.bind.value_or(std::string(kBindDefault)));
    if (!bind) {
        return bind.error();
    }
    config.bind = *bind;
    config.is_insecure = options.insecure.value_or(false);
    if (!config.bind.is_loopback() && !config.is_insecure) {
        return bad(fmt::format(
            "--bind {} can be reached from other machines and nothing is encrypted; say --insecure "
            "if that network is trusted, or bind to 127.0.0.1",
            to_string(config.bind)));
    }
    if (options.advertise) {
        auto advertise = address_of("--advertise", *options.advertise);
        if (!advertise) {
            return advertise.error();
        }
        if (!advertise->is_usable()) {
            return bad(fmt::format("--advertise {} is no address that others can connect to",
                                   *options.advertise));
        }
        config.advertise = *advertise;
    } else if (config.bind.is_wildcard()) {
        config.advertise = global_address(around.interface_addresses, config.bind);
        if (!config.advertise) {
            return bad(
                "--bind is a wildcard and this machine has no global address; say which address "
                "others should use with --advertise HOST:PORT");
        }
    }
    return Status();
}

Status judge_seeds(const Options& options, AgentConfig& config) {
    for (const std::string& text : options.join) {
        auto seed = split_host_port(text);
        if (!seed || seed->port == 0 || seed->host.empty()) {
            return bad(
                fmt::format("--join must be HOST:PORT (IPv6 as [HOST]:PORT), not \"{}\"", text));
        }
        config.seeds.push_back(*std::move(seed));
    }
    return Status();
}

Status judge_member(const Options& options, const Surroundings& around, AgentConfig& config) {
    config.name = options.name.value_or(around.host_name);
    config.cluster = options.cluster.value_or("default");
    config.attributes.zone = options.zone.value_or("");
    config.attributes.tags.assign(options.tags.begin(), options.tags.end());
    if (config.name.empty() || config.cluster.empty()) {
        return bad(config.name.empty() ? "--name must not be empty"
                                       : "--cluster must not be empty");
    }
    for (const auto& [what, text, limit] :
         {std::tuple{"--name", &config.name, kNameBytesMax},
          std::tuple{"--cluster", &config.cluster, kClusterBytesMax},
          std::tuple{"--zone", &config.attributes.zone, kZoneBytesMax}}) {
        if (Status status = check_text(what, *text, limit); !status) {
            return status;
        }
    }
    if (options.weight) {
        const auto weight = parse_weight(*options.weight);
        if (!weight) {
            return bad(fmt::format(
                "--weight must be a number from 0 to 100 with at most three decimals, not \"{}\"",
                *options.weight));
        }
        config.attributes.weight_milli = *weight;
    }
    return check_tags(config.attributes.tags);
}

Status judge_detection(const Options& options, AgentConfig& config) {
    if (options.profile) {
        const auto profile = parse_timing_profile(*options.profile);
        if (!profile) {
            return bad(
                fmt::format("--profile must be lan, wan or local, not \"{}\"", *options.profile));
        }
        config.profile = *profile;
    }
    if (options.detection) {
        const auto mode = parse_mode(*options.detection);
        if (!mode) {
            return bad(fmt::format("--detection must be memberd, swim or lifeguard, not \"{}\"",
                                   *options.detection));
        }
        config.detection = *mode;
    }
    config.leave_on_term = options.leave_on_term.value_or(true);
    config.restart_grace = timing_of(config.profile).membership.restart_grace;
    if (options.restart_grace_s) {
        const double grace = *options.restart_grace_s;
        if (!(grace > 0.0 && grace <= kRestartGraceMaxSeconds)) {
            return bad("restart_grace must be a number of seconds above 0 and at most 3600");
        }
        config.restart_grace = from_seconds(grace);
    }
    return Status();
}

Status judge_rest(const Options& options, const Surroundings& around, AgentConfig& config) {
    if (options.keys) {
        return Error{ErrorCode::Unsupported,
                     "--keys is not possible yet: encryption is not built; leave it out, and say "
                     "--insecure where binding beyond loopback on a trusted network is meant"};
    }
    if (options.http) {
        return Error{ErrorCode::Unsupported,
                     "--http is not possible yet: metrics over HTTP are not built; leave it out, "
                     "and use memberctl info"};
    }
    const std::string level = options.log_level.value_or("info");
    const auto parsed = parse_log_level(level);
    if (!parsed) {
        return bad(fmt::format(
            "--log-level must be trace, debug, info, warning or error, not \"{}\"", level));
    }
    config.log_level = *parsed;
    const std::string format = options.log_format.value_or("text");
    if (format != "text" && format != "json") {
        return bad(fmt::format("--log-format must be text or json, not \"{}\"", format));
    }
    config.log_format = format == "json" ? LogFormat::Json : LogFormat::Text;
    config.runtime_dir = options.runtime_dir.value_or(around.default_runtime_dir);
    config.data_dir = options.data_dir;
    if (config.runtime_dir.empty() || (config.data_dir && config.data_dir->empty())) {
        return bad(config.runtime_dir.empty() ? "--runtime-dir must not be empty"
                                              : "--data-dir must not be empty");
    }
    return local::check_runtime_dir_length(config.runtime_dir);
}

}  // namespace

Result<AgentConfig> make_config(const Options& options, const Surroundings& around) {
    AgentConfig config;
    if (Status status = judge_rest(options, around, config); !status) {
        return status.error();
    }
    if (Status status = judge_member(options, around, config); !status) {
        return status.error();
    }
    if (Status status = judge_detection(options, config); !status) {
        return status.error();
    }
    if (Status status = judge_addresses(options, around, config); !status) {
        return status.error();
    }
    if (Status status = judge_seeds(options, config); !status) {
        return status.error();
    }
    return config;
}

Surroundings surroundings() {
    Surroundings around;
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) == 0) {
        around.host_name = name.data();
    }
    around.default_runtime_dir = local::default_runtime_dir();
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0) {
        return around;
    }
    for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
        if (entry->ifa_addr == nullptr) {
            continue;
        }
        Endpoint endpoint;
        if (entry->ifa_addr->sa_family == AF_INET) {
            const auto* address = reinterpret_cast<const sockaddr_in*>(entry->ifa_addr);
            endpoint.ip[10] = endpoint.ip[11] = 0xff;
            std::copy_n(reinterpret_cast<const std::uint8_t*>(&address->sin_addr), 4,
                        endpoint.ip.begin() + 12);
        } else if (entry->ifa_addr->sa_family == AF_INET6) {
            const auto* address = reinterpret_cast<const sockaddr_in6*>(entry->ifa_addr);
            std::copy_n(address->sin6_addr.s6_addr, 16, endpoint.ip.begin());
        } else {
            continue;
        }
        around.interface_addresses.push_back(endpoint);
    }
    freeifaddrs(list);
    return around;
}

std::optional<Endpoint> global_address(std::span<const Endpoint> addresses, const Endpoint& bind) {
    std::optional<Endpoint> other;
    for (const Endpoint& address : addresses) {
        Endpoint candidate = address;
        candidate.port = bind.port == 0 ? 1 : bind.port;
        if (!candidate.is_usable() || candidate.is_loopback() || is_link_local(candidate)) {
            continue;
        }
        candidate.port = bind.port;
        if (candidate.is_ipv4() == bind.is_ipv4()) {
            return candidate;
        }
        // An IPv6 wildcard takes IPv4 connections too, but not the other way round.
        if (candidate.is_ipv4() && !other) {
            other = candidate;
        }
    }
    return other;
}

Status check_text(std::string_view what, std::string_view text, std::size_t bytes_max) {
    if (text.size() > bytes_max) {
        return Error{ErrorCode::TooLarge, fmt::format("{} may have at most {} bytes, not {}", what,
                                                      bytes_max, text.size())};
    }
    // The local protocol's scanner knows what UTF-8 is.
    local::MessageBytes packed{0xda, static_cast<std::uint8_t>(text.size() >> 8),
                               static_cast<std::uint8_t>(text.size() & 0xff)};
    packed.insert(packed.end(), text.begin(), text.end());
    const bool is_printable = std::none_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f;
    });
    if (!is_printable || !local::is_acceptable(packed)) {
        return bad(fmt::format("{} must be UTF-8 without control characters", what));
    }
    return Status();
}

Status check_tags(std::span<const std::pair<std::string, std::string>> tags) {
    if (tags.size() > kTagCountMax) {
        return Error{ErrorCode::TooLarge, fmt::format("a member may have at most {} tags, not {}",
                                                      kTagCountMax, tags.size())};
    }
    std::size_t bytes = 0;
    for (const auto& [key, value] : tags) {
        if (key.empty()) {
            return bad("a tag must have a key");
        }
        if (Status status = check_text("the key of a tag", key, kTagKeyBytesMax); !status) {
            return status;
        }
        const std::string what = "the value of the tag " + key;
        if (Status status = check_text(what, value, kTagValueBytesMax); !status) {
            return status;
        }
        bytes += key.size() + value.size();
    }
    // What else is in a profile takes less than a kilobyte.
    constexpr std::size_t kTagsBytesMax = kProfileBytesMax - 1024;
    if (bytes > kTagsBytesMax) {
        return Error{ErrorCode::TooLarge,
                     fmt::format("all tags together may have at most {} bytes, not {}",
                                 kTagsBytesMax, bytes)};
    }
    return Status();
}

std::optional<LogLevel> parse_log_level(std::string_view text) {
    constexpr std::array<std::pair<std::string_view, LogLevel>, 6> kLevels{{
        {"trace", LogLevel::Trace},
        {"debug", LogLevel::Debug},
        {"info", LogLevel::Info},
        {"warning", LogLevel::Warning},
        {"warn", LogLevel::Warning},
        {"error", LogLevel::Error},
    }};
    for (const auto& [name, level] : kLevels) {
        if (text == name) {
            return level;
        }
    }
    return std::nullopt;
}

}  // namespace memberd
