#include "chaos/commands/run_report.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sys/resource.h>
#include <variant>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "chaos/commands/command.hpp"

namespace memberd::sim {
namespace {

using Json = nlohmann::ordered_json;

// The greatest amount of memory that this process has had so far.
double rss_peak_mib() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

double events_per_second(const Report& report) {
    return report.run_seconds > 0.0 ? static_cast<double>(report.events) / report.run_seconds : 0.0;
}

struct FigureSpread {
    std::string name;
    std::vector<double> values;  // ascending

    [[nodiscard]] double median() const {
        const std::size_t middle = values.size() / 2;
        return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
};

// Of every figure, in the order in which they first came.
std::vector<FigureSpread> spreads_of(const std::vector<RunResult>& results) {
    std::vector<FigureSpread> spreads;
    for (const RunResult& result : results) {
        for (const Figure& figure : result.report.figures) {
            auto place = std::find_if(
                spreads.begin(), spreads.end(),
                [&](const FigureSpread& spread) { return spread.name == figure.name; });
            if (place == spreads.end()) {
                place = spreads.insert(place, {figure.name, {}});
            }
            place->values.push_back(figure.value);
        }
    }
    for (FigureSpread& spread : spreads) {
        std::sort(spread.values.begin(), spread.values.end());
    }
    return spreads;
}

std::string hash_text(const Report& report) {
    return fmt::format("{:016x}", report.trace_hash);
}

void print_failures(const Report& report) {
    for (const std::string& failure : report.failures) {
        fmt::print("failure: {}\n", failure);
    }
    if (!report.explanation.empty()) {
        fmt::print("{}\n", report.explanation);
    }
}

Json json_of(const Row& row) {
    Json json = Json::object();
    for (const auto& [key, value] : row) {
        std::visit([&json, &key = key](const auto& some) { json[key] = some; }, value);
    }
    return json;
}

Json json_of(const RunResult& result) {
    Json json;
    json["seed"] = result.seed;
    json["figures"] = Json::object();
    for (const Figure& figure : result.report.figures) {
        json["figures"][figure.name] = figure.value;
        if (!figure.target.empty()) {
            json["targets"][figure.name] = figure.target;
        }
    }
    for (const Row& row : result.report.rows) {
        json["rows"].push_back(json_of(row));
    }
    json["failures"] = result.report.failures;
    if (!result.report.explanation.empty()) {
        json["explanation"] = result.report.explanation;
    }
    json["passed"] = result.report.passed();
    json["trace_hash"] = hash_text(result.report);
    json["wall_seconds"] = result.wall_seconds;
    json["setup_seconds"] = result.report.setup_seconds;
    json["run_seconds"] = result.report.run_seconds;
    json["events_per_second"] = events_per_second(result.report);
    return json;
}

}  // namespace

std::string command_line(const RunRequest& request, std::uint64_t seed) {
    std::string line = fmt::format("memsim run --scenario {}", request.scenario);
    if ((request.decides & kDecidesSize) == 0) {
        line += fmt::format(" --n {}", request.n);
    }
    line += fmt::format(" --seed {}", seed);
    if ((request.decides & kDecidesMode) == 0) {
        line += " --mode " + request.mode;
    }
    if ((request.decides & kDecidesProfile) == 0) {
        line += " --profile " + request.profile;
    }
    for (const std::string& setting : request.settings) {
        line += " --set " + setting;
    }
    return line;
}

void print_result(const RunRequest& request, const RunResult& result) {
    const Report& report = result.report;
    for (const Figure& figure : report.figures) {
        fmt::print("{:<30} {:<12.6g} {}\n", figure.name, figure.value,
                   figure.target.empty() ? "" : "target " + figure.target);
    }
    fmt::print("{:<30} {:.3f} (setting up {:.3f}, running {:.3f})\n", "wall_seconds",
               result.wall_seconds, report.setup_seconds, report.run_seconds);
    fmt::print("{:<30} {:.6g}\n", "events_per_second", events_per_second(report));
    fmt::print("{:<30} {:.1f}\n", "rss_peak_mib", rss_peak_mib());
    print_failures(report);
    fmt::print("{}; again: {}; trace {}\n", report.passed() ? "PASS" : "FAIL",
               command_line(request, result.seed), hash_text(report));
}

void print_result_briefly(const RunRequest& request, const RunResult& result) {
    print_failures(result.report);
    fmt::print("{}; again: {}; trace {}\n", result.report.passed() ? "PASS" : "FAIL",
               command_line(request, result.seed), hash_text(result.report));
    std::fflush(stdout);
}

void print_summary(const std::vector<RunResult>& results) {
    fmt::print("{:<30} {:>12} {:>12} {:>12} {:>5}\n", "figure", "median", "least", "most", "runs");
    for (const FigureSpread& spread : spreads_of(results)) {
        fmt::print("{:<30} {:>12.6g} {:>12.6g} {:>12.6g} {:>5}\n", spread.name, spread.median(),
                   spread.values.front(), spread.values.back(), spread.values.size());
    }
    const auto passed = std::count_if(results.begin(), results.end(), [](const RunResult& result) {
        return result.report.passed();
    });
    fmt::print("{}: {} of {} seeds passed\n",
               static_cast<std::size_t>(passed) == results.size() ? "PASS" : "FAIL", passed,
               results.size());
}

bool write_json(const RunRequest& request, const std::vector<RunResult>& results) {
    Json json;
    json["commit"] = built_commit();
    json["command"] = command_line(request, request.seed);
    json["scenario"] = request.scenario;
    json["n"] = request.n;
    json["mode"] = request.mode;
    json["profile"] = request.profile;
    json["settings"] = request.settings;
    if (results.size() == 1) {
        json.update(json_of(results.front()));
    } else {
        json["command"] =
            command_line(request, request.seed) + fmt::format(" --seeds {}", request.seeds);
        for (const FigureSpread& spread : spreads_of(results)) {
            json["summary"][spread.name] = {{"median", spread.median()},
                                            {"least", spread.values.front()},
                                            {"most", spread.values.back()}};
        }
        for (const RunResult& result : results) {
            json["runs"].push_back(json_of(result));
        }
    }
    json["rss_peak_mib"] = rss_peak_mib();
    std::ofstream file(request.json);
    file << json.dump(2) << '\n';
    file.close();
    return file.good();
}

}  // namespace memberd::sim
