#include <array>
#include <charconv>
#include <cmath>

#include "chaos/scenarios/scenario.hpp"

namespace memberd::sim {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kKeys{{
    {"checks", "on or off: the invariants at every event"},
    {"delay_ms", "one way, everywhere"},
    {"duration_s", "how long the scenario's main part lasts"},
    {"jitter_ms", "mean of what comes on top of the delay"},
    {"loss", "0 to 1, each way, everywhere"},
    {"pause_s", "how long a pause lasts"},
    {"transport", "stream or datagram"},
    {"victims", "how many members are hit"},
    {"zones", "members are spread over so many"},
}};

Error bad(std::string_view key, std::string_view value, std::string_view wanted) {
    return {ErrorCode::BadInput,
            std::string(key) + "=" + std::string(value) + " is not " + std::string(wanted)};
}

// A decimal number of at most `max`, not negative.
std::optional<double> number(std::string_view text, double max) {
    double value = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_whole = error == std::errc{} && end == text.data() + text.size();
    return is_whole && std::isfinite(value) && value >= 0.0 && value <= max ? std::optional(value)
                                                                            : std::nullopt;
}

Status set_number(ScenarioOptions& options, std::string_view key, std::string_view text) {
    const auto value = number(text, key == "loss" ? 1.0 : 1e6);
    if (!value) {
        return bad(key, text,
                   key == "loss" ? "a number from 0 to 1" : "a number from 0 to 1000000");
    }
    if (key == "delay_ms") {
        options.cluster.network.delay = from_seconds(*value / 1000.0);
    } else if (key == "duration_s") {
        options.duration = from_seconds(*value);
    } else if (key == "jitter_ms") {
        options.cluster.network.jitter = from_seconds(*value / 1000.0);
    } else if (key == "loss") {
        options.cluster.network.loss = *value;
    } else if (key == "pause_s") {
        options.pause = from_seconds(*value);
    } else if (key == "victims") {
        options.victims = static_cast<std::uint32_t>(*value);
    } else if (key == "zones") {
        options.cluster.zone_count = static_cast<std::uint32_t>(*value);
    }
    return {};
}

}  // namespace

std::span<const std::pair<std::string_view, std::string_view>> option_keys() {
    return kKeys;
}

Status set_option(ScenarioOptions& options, std::string_view setting) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string_view::npos) {
        return Error{ErrorCode::BadInput, std::string(setting) + " is not KEY=VALUE"};
    }
    const std::string_view key = setting.substr(0, equals);
    const std::string_view value = setting.substr(equals + 1);
    bool is_known = false;
    for (const auto& [known, meaning] : kKeys) {
        is_known = is_known || known == key;
    }
    if (!is_known) {
        return Error{ErrorCode::NotFound,
                     "there is no setting " + std::string(key) + "; memsim list shows them"};
    }
    if (key == "checks") {
        if (value != "on" && value != "off") {
            return bad(key, value, "on or off");
        }
        options.cluster.checks = value == "on" ? Checks::On : Checks::Off;
        return {};
    }
    if (key == "transport") {
        if (value != "stream" && value != "datagram") {
            return bad(key, value, "stream or datagram");
        }
        options.cluster.carrying = value == "stream" ? Carrying::Stream : Carrying::Datagram;
        return {};
    }
    return set_number(options, key, value);
}

}  // namespace memberd::sim
