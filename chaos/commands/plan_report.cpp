#include "chaos/commands/plan_report.hpp"

#include <algorithm>
#include <array>
#include <fstream>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "chaos/commands/command.hpp"

namespace memberd::sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kReportedShares{0.5, 0.99, 0.999};

Latencies latencies_of(const std::vector<Forecast>& forecasts,
                       DeathKind kind,
                       std::string name,
                       std::optional<double> Discovery::*when) {
    Latencies latencies{std::move(name), {}, 0};
    for (const Forecast& forecast : forecasts) {
        for (const Discovery& discovery : forecast.discoveries) {
            if (discovery.kind != kind) {
                continue;
            }
            if (discovery.*when) {
                latencies.sorted_s.push_back(*(discovery.*when));
            } else {
                ++latencies.missed;
            }
        }
    }
    std::sort(latencies.sorted_s.begin(), latencies.sorted_s.end());
    return latencies;
}

// "3.08 (3.05 to 3.10)"; a limit that the sample is too small for is left open.
std::string text_of(const Estimate& estimate, int digits) {
    const auto limit = [digits](const std::optional<double>& value) {
        return value ? fmt::format("{:.{}f}", *value, digits) : std::string("?");
    };
    return fmt::format("{:.{}f} ({} to {})", estimate.value, digits, limit(estimate.low),
                       limit(estimate.high));
}

Json json_of(const Estimate& estimate) {
    Json json;
    json["value"] = estimate.value;
    json["low"] = estimate.low ? Json(*estimate.low) : Json(nullptr);
    json["high"] = estimate.high ? Json(*estimate.high) : Json(nullptr);
    return json;
}

void print_latencies(const Latencies& latencies) {
    if (latencies.sorted_s.empty()) {
        fmt::print("  {:<34} never within {:.0f} s\n", latencies.name, seconds(kForecastLimit));
        return;
    }
    fmt::print("  {:<34}", latencies.name);
    for (const double share : kReportedShares) {
        fmt::print(" {:>22}", text_of(estimate_quantile(latencies.sorted_s, share), 2));
    }
    fmt::print("  {:>6.2f}\n", latencies.sorted_s.back());
    if (latencies.missed > 0) {
        fmt::print("  {:<34} and {} of {} not within {:.0f} s\n", "", latencies.missed,
                   latencies.missed + latencies.sorted_s.size(), seconds(kForecastLimit));
    }
}

}  // namespace

PlanFigures figures_of(const std::vector<Forecast>& forecasts, std::uint64_t seed) {
    PlanFigures figures;
    for (const auto& [kind, name] : {std::pair(DeathKind::SilentMachine, "machine falls silent"),
                                     std::pair(DeathKind::KilledProcess, "process is killed")}) {
        figures.latencies.push_back(
            latencies_of(forecasts, kind, fmt::format("{}: first", name), &Discovery::first_s));
        figures.latencies.push_back(latencies_of(
            forecasts, kind, fmt::format("{}: everybody", name), &Discovery::everywhere_s));
    }
    std::vector<double> messages;
    std::vector<double> bytes;
    for (const Forecast& forecast : forecasts) {
        if (!forecast.failure.empty()) {
            figures.failures.push_back(forecast.failure);
        }
        if (forecast.member_hours <= 0.0) {
            continue;  // its process failed: it measured nothing
        }
        figures.member_hours += forecast.member_hours;
        figures.false_alarms += forecast.false_alarms;
        figures.false_alarms_while_dying += forecast.false_alarms_while_dying;
        figures.false_views += forecast.false_views;
        messages.push_back(forecast.messages_per_member_second);
        bytes.push_back(forecast.bytes_per_member_second);
    }
    if (messages.empty()) {
        return figures;
    }
    Random random(seed);
    figures.alarms_per_member_hour = estimate_rate(figures.false_alarms, figures.member_hours);
    figures.messages_per_member_second = estimate_mean(messages, random);
    figures.bytes_per_member_second = estimate_mean(bytes, random);
    return figures;
}

void print_plan(const PlanFigures& figures) {
    fmt::print("seconds until a death is known      {:>22} {:>22} {:>22}  {:>6}\n", "50 %", "99 %",
               "99.9 %", "worst");
    bool has_open_limits = false;
    for (const Latencies& latencies : figures.latencies) {
        print_latencies(latencies);
        has_open_limits = has_open_limits ||
                          (!latencies.sorted_s.empty() &&
                           !estimate_quantile(latencies.sorted_s, kReportedShares.back()).high);
    }
    fmt::print("false alarms when nobody dies\n  {:<34} {} in {:.1f} member-hours\n",
               "healthy members shown as dead", figures.false_alarms, figures.member_hours);
    fmt::print("  {:<34} {}\n", "a member-hour", text_of(figures.alarms_per_member_hour, 4));
    fmt::print("  {:<34} {} (of others, while somebody was dying)\n", "more false alarms",
               figures.false_alarms_while_dying);
    fmt::print("  {:<34} {}\n", "views that were false, in all", figures.false_views);
    fmt::print("load of a member when nobody dies, without the headers of TCP, UDP and IP\n");
    fmt::print("  {:<34} {}\n", "messages sent a second",
               text_of(figures.messages_per_member_second, 2));
    fmt::print("  {:<34} {}\n", "bytes sent a second", text_of(figures.bytes_per_member_second, 1));
    fmt::print("In brackets: where the truth is, with {:.0f} % confidence.\n", kConfidence * 100);
    if (has_open_limits) {
        fmt::print(
            "?: too few deaths to say; an upper limit takes 368 for 99 % and 3,688 for "
            "99.9 %: more --seeds or --kills.\n");
    }
    for (const std::string& failure : figures.failures) {
        fmt::print("failure: {}\n", failure);
    }
}

bool write_plan_json(const std::string& path,
                     const std::string& command,
                     const ForecastOptions& options,
                     const std::vector<Forecast>& forecasts,
                     const PlanFigures& figures) {
    Json json;
    json["commit"] = built_commit();
    json["command"] = command;
    json["n"] = options.cluster.n;
    json["seed"] = options.cluster.seed;
    json["seeds"] = forecasts.size();
    json["mode"] = to_string(options.cluster.mode);
    json["confidence"] = kConfidence;
    json["latencies"] = Json::array();
    for (const Latencies& latencies : figures.latencies) {
        Json entry;
        entry["name"] = latencies.name;
        entry["count"] = latencies.sorted_s.size();
        entry["missed"] = latencies.missed;
        for (const double share : kReportedShares) {
            if (!latencies.sorted_s.empty()) {
                entry[fmt::format("p{:g}_s", share * 100)] =
                    json_of(estimate_quantile(latencies.sorted_s, share));
            }
        }
        json["latencies"].push_back(entry);
    }
    json["member_hours"] = figures.member_hours;
    json["false_alarms"] = figures.false_alarms;
    json["false_alarms_per_member_hour"] = json_of(figures.alarms_per_member_hour);
    json["false_alarms_while_dying"] = figures.false_alarms_while_dying;
    json["false_views"] = figures.false_views;
    json["messages_per_member_second"] = json_of(figures.messages_per_member_second);
    json["bytes_per_member_second"] = json_of(figures.bytes_per_member_second);
    json["failures"] = figures.failures;
    json["rows"] = Json::array();
    for (std::size_t i = 0; i < forecasts.size(); ++i) {
        for (const Discovery& discovery : forecasts[i].discoveries) {
            Json row;
            row["seed"] = options.cluster.seed + i;
            row["kind"] = discovery.kind == DeathKind::SilentMachine ? "silent" : "killed";
            row["first_s"] = discovery.first_s ? Json(*discovery.first_s) : Json(nullptr);
            row["everywhere_s"] =
                discovery.everywhere_s ? Json(*discovery.everywhere_s) : Json(nullptr);
            json["rows"].push_back(row);
        }
    }
    std::ofstream file(path);
    file << json.dump(1) << '\n';
    file.close();
    return file.good();
}

}  // namespace memberd::sim
