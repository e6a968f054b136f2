// One scenario, one seed. The first line names commit, seed and options, the last ones say PASS or
// FAIL, how to see the same run again, and its trace hash.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "chaos/commands/command.hpp"
#include "chaos/scenarios/scenario.hpp"

namespace memberd::sim {

namespace {

constexpr std::size_t kMembersMax = 20'000;  // their tables take n * n records

struct Arguments {
    std::string scenario;
    std::size_t n = 100;
    std::uint64_t seed = 1;
    std::string mode = "memberd";
    std::string profile = "lan";
    std::vector<std::string> settings;
    std::string json;
};

std::string command_line(const Arguments& arguments) {
    std::string line = fmt::format(
        "memsim run --scenario {} --n {} --seed {} --mode {} --profile {}", arguments.scenario,
        arguments.n, arguments.seed, arguments.mode, arguments.profile);
    for (const std::string& setting : arguments.settings) {
        line += " --set " + setting;
    }
    return line;
}

bool write_json(const Arguments& arguments, const Report& report, double wall_seconds) {
    nlohmann::ordered_json json;
    json["commit"] = built_commit();
    json["command"] = command_line(arguments);
    json["scenario"] = arguments.scenario;
    json["n"] = arguments.n;
    json["seed"] = arguments.seed;
    json["mode"] = arguments.mode;
    json["profile"] = arguments.profile;
    json["settings"] = arguments.settings;
    for (const auto& [name, value] : report.figures) {
        json["figures"][name] = value;
    }
    json["failures"] = report.failures;
    json["passed"] = report.passed();
    json["trace_hash"] = fmt::format("{:016x}", report.trace_hash);
    json["wall_seconds"] = wall_seconds;
    std::ofstream file(arguments.json);
    file << json.dump(2) << '\n';
    file.close();
    return file.good();
}

int run(const Arguments& arguments) {
    const Scenario* const scenario = find_scenario(arguments.scenario);
    if (scenario == nullptr) {
        return cannot_start("there is no scenario " + arguments.scenario +
                            "; `memsim list` shows them");
    }
    const auto mode = parse_mode(arguments.mode);
    const auto profile = parse_timing_profile(arguments.profile);
    if (!mode) {
        return cannot_start("--mode is swim, lifeguard or memberd, not " + arguments.mode);
    }
    if (!profile) {
        return cannot_start("--profile: " + profile.error().text);
    }
    ScenarioOptions options;
    options.cluster.n = arguments.n;
    options.cluster.seed = arguments.seed;
    options.cluster.mode = *mode;
    options.cluster.timing = timing_of(*profile);
    options.cluster.replay = command_line(arguments);
    for (const std::string& setting : arguments.settings) {
        const Status status = set_option(options, setting);
        if (!status) {
            return cannot_start("--set: " + status.error().text);
        }
    }
    fmt::print("commit {}, seed {}: {}\n", built_commit(), arguments.seed, command_line(arguments));
    std::fflush(stdout);

    const auto begin = std::chrono::steady_clock::now();
    Report report;
    scenario->run(options, report);
    const double wall_seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();

    for (const auto& [name, value] : report.figures) {
        fmt::print("{:<30} {:.6g}\n", name, value);
    }
    fmt::print("{:<30} {:.3f}\n", "wall_seconds", wall_seconds);
    for (const std::string& failure : report.failures) {
        fmt::print("failure: {}\n", failure);
    }
    fmt::print("{}; again: {}; trace {:016x}\n", report.passed() ? "PASS" : "FAIL",
               command_line(arguments), report.trace_hash);
    if (!arguments.json.empty() && !write_json(arguments, report, wall_seconds)) {
        return cannot_start("cannot write " + arguments.json);
    }
    return report.passed() ? 0 : kFailed;
}

}  // namespace

void add_run_command(CLI::App& app, int& exit_code) {
    CLI::App* const command = app.add_subcommand("run", "run one scenario");
    const auto arguments = std::make_shared<Arguments>();
    command->add_option("--scenario", arguments->scenario, "its name, see `memsim list`")
        ->required();
    command->add_option("--n", arguments->n, "members at the start")
        ->check(CLI::Range(std::size_t{2}, kMembersMax))
        ->capture_default_str();
    command->add_option("--seed", arguments->seed, "equal seeds, equal runs")
        ->capture_default_str();
    command->add_option("--mode", arguments->mode, "swim, lifeguard or memberd")
        ->capture_default_str();
    command->add_option("--profile", arguments->profile, "lan, local or wan")
        ->capture_default_str();
    command->add_option("--set", arguments->settings, "KEY=VALUE, again and again");
    command->add_option("--json", arguments->json, "write the report to this file too");
    // The callback shares the arguments: they live as long as the options that fill them.
    command->callback([arguments, &exit_code] { exit_code = run(*arguments); });
}

}  // namespace memberd::sim
