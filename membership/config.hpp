// What an agent runs with: options that have been judged.
//
// Every refusal is one sentence that names the setting, what is wrong with it and what is allowed.
// Thread rule: plain values and pure functions, except where said.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "detector/result.hpp"
#include "detector/time.hpp"
#include "detector/timing.hpp"
#include "gossip/endpoint.hpp"
#include "gossip/engine.hpp"
#include "membership/options.hpp"

namespace memberd {

enum class LogLevel : std::uint8_t {
    Trace,
    Debug,
    Info,
    Warning,
    Error
};

enum class LogFormat : std::uint8_t {
    Text,
    Json
};

struct AgentConfig {
    std::string name;
    std::string cluster = "default";
    Endpoint bind;
    std::optional<Endpoint> advertise;  // nothing: what is bound
    std::vector<HostPort> seeds;
    Attributes attributes;
    TimingProfile profile = TimingProfile::Lan;
    Mode detection = Mode::Memberd;
    std::string runtime_dir;
    std::optional<std::string> data_dir;
    bool is_insecure = false;
    LogLevel log_level = LogLevel::Info;
    LogFormat log_format = LogFormat::Text;
    bool leave_on_term = true;
    Duration restart_grace{};
};

// What the machine says, where the operator doesn't.
struct Surroundings {
    std::string host_name;
    std::vector<Endpoint> interface_addresses;  // of interfaces that are up; ports 0
    std::string default_runtime_dir;
};

// Asks the operating system. Reads the environment.
Surroundings surroundings();

// Judges everything; opens nothing. Hosts of bind and advertise that are names are resolved here,
// and that waits; numeric ones and "localhost" don't.
Result<AgentConfig> make_config(const Options& options, const Surroundings& around);

// The first of the addresses that others could reach: neither loopback nor link-local nor
// multicast; IPv4 before IPv6 when the wildcard that is bound is IPv4.
std::optional<Endpoint> global_address(std::span<const Endpoint> addresses, const Endpoint& bind);

// Error (TooLarge or BadInput) with a sentence if these can't be a member's tags.
Status check_tags(std::span<const std::pair<std::string, std::string>> tags);
// Of a name, zone or cluster; `what` begins the sentence.
Status check_text(std::string_view what, std::string_view text, std::size_t bytes_max);

std::optional<LogLevel> parse_log_level(std::string_view text);

}  // namespace memberd
