#include "chaos/scenarios/options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/core.h>

#include "chaos/experiments/ablation.hpp"
#include "chaos/scenarios/scenario.hpp"
#include "detector/check.hpp"

namespace memberd::sim {
namespace {

constexpr double kDelayMillisecondsMax = 60'000.0;
constexpr std::uint32_t kZonesMax = 1000;

constexpr std::array kCommon{
    CommonSetting{"checks", "on or off: the invariants at every event"},
    CommonSetting{"delay_ms", "one way, everywhere"},
    CommonSetting{"faults", "on or off: a control run, in which nothing is broken"},
    CommonSetting{"jitter_ms", "mean of what comes on top of the delay"},
    CommonSetting{"loss", "0 to 1, each way, everywhere"},
    CommonSetting{"off", "parts of memberd's rule that are left out, with commas between"},
    CommonSetting{"transport", "stream or datagram"},
    CommonSetting{"zones", "members are spread over so many"},
};

// A decimal number from 0 to `most`.
std::optional<double> parse_number(std::string_view text, double most) {
    double value = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_whole = error == std::errc{} && end == text.data() + text.size();
    return is_whole && std::isfinite(value) && value >= 0.0 && value <= most ? std::optional(value)
                                                                             : std::nullopt;
}

Error bad(std::string_view key, std::string_view value, std::string_view wanted) {
    return {ErrorCode::BadInput, fmt::format("{}={} is not {}", key, value, wanted)};
}

Result<double> number_of(std::string_view key, std::string_view value, double most) {
    const auto number = parse_number(value, most);
    if (!number) {
        return bad(key, value, fmt::format("a number from 0 to {:.6g}", most));
    }
    return *number;
}

// True for the first word, false for the second.
Result<bool> one_of(std::string_view key,
                    std::string_view value,
                    std::string_view first,
                    std::string_view second) {
    if (value != first && value != second) {
        return bad(key, value, fmt::format("{} or {}", first, second));
    }
    return value == first;
}

bool is_common(std::string_view key) {
    return std::any_of(kCommon.begin(), kCommon.end(),
                       [&](const CommonSetting& setting) { return setting.key == key; });
}

// A common setting that this scenario sets itself.
bool decides(const Scenario& scenario, std::string_view key) {
    return ((scenario.decides & kDecidesZones) != 0 && key == "zones") ||
           ((scenario.decides & kDecidesLoss) != 0 && key == "loss") ||
           ((scenario.decides & kDecidesDelay) != 0 && (key == "delay_ms" || key == "jitter_ms")) ||
           (!scenario.has_fault && key == "faults");
}

const Setting* find_setting(const Scenario& scenario, std::string_view key) {
    const auto found = std::find_if(scenario.settings.begin(), scenario.settings.end(),
                                    [&](const Setting& setting) { return setting.key == key; });
    return found == scenario.settings.end() ? nullptr : &*found;
}

std::string known_keys(const Scenario& scenario) {
    std::string keys;
    for (const Setting& setting : scenario.settings) {
        keys += fmt::format("{}{}", keys.empty() ? "" : ", ", setting.key);
    }
    for (const CommonSetting& setting : kCommon) {
        if (!decides(scenario, setting.key) && find_setting(scenario, setting.key) == nullptr) {
            keys += fmt::format("{}{}", keys.empty() ? "" : ", ", setting.key);
        }
    }
    return keys;
}

}  // namespace

std::span<const CommonSetting> common_settings() {
    return kCommon;
}

ScenarioOptions::ScenarioOptions(const Scenario& scenario) : scenario_(&scenario) {
    cluster.n = scenario.n;
    cluster.timing = timing_of(scenario.profile);
    cluster.carrying = scenario.carrying;
    for (const Setting& setting : scenario.settings) {
        numbers_.emplace(setting.key, setting.standard);
    }
}

Status ScenarioOptions::set(std::string_view setting) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string_view::npos) {
        return Error{ErrorCode::BadInput, fmt::format("{} is not KEY=VALUE", setting)};
    }
    const std::string_view key = setting.substr(0, equals);
    const std::string_view value = setting.substr(equals + 1);
    if (const Setting* const own = find_setting(*scenario_, key)) {
        const auto number = number_of(key, value, own->most);
        if (!number) {
            return number.error();
        }
        numbers_[std::string(key)] = *number;
        return {};
    }
    if (is_common(key) && !decides(*scenario_, key)) {
        return set_common(key, value);
    }
    return Error{ErrorCode::NotFound, fmt::format("scenario {} has no setting {}; it has {}",
                                                  scenario_->name, key, known_keys(*scenario_))};
}

Status ScenarioOptions::set_common(std::string_view key, std::string_view value) {
    if (key == "checks" || key == "faults") {
        const auto is_on = one_of(key, value, "on", "off");
        if (!is_on) {
            return is_on.error();
        }
        if (key == "checks") {
            cluster.checks = *is_on ? Checks::On : Checks::Off;
        } else {
            has_faults = *is_on;
        }
        return {};
    }
    if (key == "transport") {
        const auto is_stream = one_of(key, value, "stream", "datagram");
        if (!is_stream) {
            return is_stream.error();
        }
        cluster.carrying = *is_stream ? Carrying::Stream : Carrying::Datagram;
        return {};
    }
    if (key == "off") {
        return leave_out(cluster.timing, value);
    }
    const double most = key == "loss" ? 1.0 : key == "zones" ? kZonesMax : kDelayMillisecondsMax;
    const auto number = number_of(key, value, most);
    if (!number) {
        return number.error();
    }
    if (key == "loss") {
        cluster.network.loss = *number;
    } else if (key == "zones") {
        cluster.zone_count = static_cast<std::uint32_t>(*number);
    } else if (key == "delay_ms") {
        cluster.network.delay = from_seconds(*number / 1000.0);
    } else {
        cluster.network.jitter = from_seconds(*number / 1000.0);
    }
    return {};
}

double ScenarioOptions::number(std::string_view key) const {
    const auto found = numbers_.find(key);
    MEMBERD_CHECK(found != numbers_.end(), "the scenario reads a setting that it does not declare");
    return found->second;
}

std::size_t ScenarioOptions::count(std::string_view key) const {
    return static_cast<std::size_t>(number(key));
}

Duration ScenarioOptions::duration(std::string_view key) const {
    const bool is_milliseconds = key.size() > 3 && key.substr(key.size() - 3) == "_ms";
    return from_seconds(number(key) * (is_milliseconds ? 0.001 : 1.0));
}

}  // namespace memberd::sim
