// memsim: the real engine of memberd under virtual time and seeded faults.
//
// The first line names commit, seed and options, the last ones say PASS or FAIL, how to see the
// same run again, and its trace hash. Exit code 0: passed; 1: failed; 2: cannot start.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "chaos/scenarios/scenario.hpp"

namespace memberd::sim {

// The commit that was built: a source that the build writes.
const char* built_commit();

namespace {

constexpr int kFailed = 1;
constexpr int kCannotStart = 2;
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

int cannot_start(std::string_view sentence) {
    fmt::print(stderr, "memsim: {}\n", sentence);
    return kCannotStart;
}

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

int list() {
    fmt::print("scenarios\n");
    for (const Scenario& scenario : scenarios()) {
        fmt::print("  {:<18} {}\n", scenario.name, scenario.summary);
    }
    fmt::print("settings (--set KEY=VALUE)\n");
    for (const auto& [key, meaning] : option_keys()) {
        fmt::print("  {:<18} {}\n", key, meaning);
    }
    return 0;
}

int main_of(int argc, char** argv) {
    CLI::App app("Runs memberd's engine under virtual time and seeded faults.");
    app.require_subcommand(1);
    Arguments arguments;
    CLI::App* const run_command = app.add_subcommand("run", "run one scenario");
    run_command->add_option("--scenario", arguments.scenario, "its name, see `memsim list`")
        ->required();
    run_command->add_option("--n", arguments.n, "members at the start")
        ->check(CLI::Range(std::size_t{2}, kMembersMax))
        ->capture_default_str();
    run_command->add_option("--seed", arguments.seed, "equal seeds, equal runs")
        ->capture_default_str();
    run_command->add_option("--mode", arguments.mode, "swim, lifeguard or memberd")
        ->capture_default_str();
    run_command->add_option("--profile", arguments.profile, "lan, local or wan")
        ->capture_default_str();
    run_command->add_option("--set", arguments.settings, "KEY=VALUE, again and again");
    run_command->add_option("--json", arguments.json, "write the report to this file too");
    const CLI::App* const list_command = app.add_subcommand("list", "show scenarios and settings");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kCannotStart;
    }
    return list_command->parsed() ? list() : run(arguments);
}

}  // namespace
}  // namespace memberd::sim

int main(int argc, char** argv) {
    try {
        return memberd::sim::main_of(argc, argv);
    } catch (const std::exception& error) {
        std::fputs("memsim: ", stderr);
        std::fputs(error.what(), stderr);
        std::fputc('\n', stderr);
        return memberd::sim::kCannotStart;
    }
}
