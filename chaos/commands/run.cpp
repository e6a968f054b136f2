// One scenario with one seed, or with several in turn. The first line names commit, seed and
// options, the last ones say PASS or FAIL, how to see the same run again, and its trace hash.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "chaos/commands/command.hpp"
#include "chaos/commands/progress.hpp"
#include "chaos/commands/run_report.hpp"
#include "chaos/scenarios/scenario.hpp"

namespace memberd::sim {
namespace {

constexpr std::size_t kRunMembersMax = 20'000;  // their tables take n * n records
constexpr std::size_t kSeedsMax = 100'000;

// What was given on the command line, beside what has a default.
struct Given {
    CLI::Option* n = nullptr;
    CLI::Option* mode = nullptr;
    CLI::Option* profile = nullptr;
};

// The option that was given although the scenario decides it; empty if there is none.
std::string_view given_in_vain(const Given& given, unsigned decides) {
    if ((decides & kDecidesSize) != 0 && given.n->count() > 0) {
        return "--n";
    }
    if ((decides & kDecidesMode) != 0 && given.mode->count() > 0) {
        return "--mode";
    }
    return (decides & kDecidesProfile) != 0 && given.profile->count() > 0 ? "--profile" : "";
}

Result<ScenarioOptions> options_of(const RunRequest& request, const Scenario& scenario) {
    const auto mode = parse_mode(request.mode);
    if (!mode) {
        return Error{ErrorCode::BadInput,
                     "--mode is swim, lifeguard or memberd, not " + request.mode};
    }
    const auto profile = parse_timing_profile(request.profile);
    if (!profile) {
        return Error{ErrorCode::BadInput, "--profile: " + profile.error().text};
    }
    ScenarioOptions options(scenario);
    options.cluster.n = request.n;
    options.cluster.mode = *mode;
    options.cluster.timing = timing_of(*profile);
    for (const std::string& setting : request.settings) {
        const Status status = options.set(setting);
        if (!status) {
            return Error{status.error().code, "--set: " + status.error().text};
        }
    }
    return options;
}

RunResult run_seed(const RunRequest& request, ScenarioOptions options, std::uint64_t seed) {
    RunResult result;
    result.seed = seed;
    options.cluster.seed = seed;
    options.cluster.replay = command_line(request, seed);
    Progress progress;
    const auto begin = std::chrono::steady_clock::now();
    const auto since_begin = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };
    options.progress = [&](Duration elapsed) {
        progress.show(fmt::format("{} n={} seed={}: {:.0f} virtual s in {:.1f} s", request.scenario,
                                  options.cluster.n, seed, seconds(elapsed), since_begin()));
    };
    options.scenario().run(options, result.report);
    result.wall_seconds = since_begin();
    return result;
}

int run(RunRequest request, const Given& given) {
    const Scenario* const scenario = find_scenario(request.scenario);
    if (scenario == nullptr) {
        return cannot_start("there is no scenario " + request.scenario +
                            "; `memsim list` shows them");
    }
    request.decides = scenario->decides;
    const std::string_view in_vain = given_in_vain(given, scenario->decides);
    if (!in_vain.empty()) {
        return cannot_start(fmt::format("scenario {} decides {} itself", scenario->name, in_vain));
    }
    request.n = given.n->count() > 0 ? request.n : scenario->n;
    if (given.profile->count() == 0) {
        request.profile = to_string(scenario->profile);
    }
    const Result<ScenarioOptions> options = options_of(request, *scenario);
    if (!options) {
        return cannot_start(options.error().text);
    }
    fmt::print("commit {}, seed {}: {}{}\n", built_commit(), request.seed,
               command_line(request, request.seed),
               request.seeds > 1 ? fmt::format(" --seeds {}", request.seeds) : "");
    std::fflush(stdout);

    std::vector<RunResult> results;
    bool has_passed = true;
    for (std::size_t i = 0; i < request.seeds; ++i) {
        results.push_back(run_seed(request, *options, request.seed + i));
        has_passed = has_passed && results.back().report.passed();
        if (request.seeds > 1) {
            print_result_briefly(request, results.back());
        }
    }
    if (request.seeds > 1) {
        print_summary(results);
    } else {
        print_result(request, results.front());
    }
    if (!request.json.empty() && !write_json(request, results)) {
        return cannot_start("cannot write " + request.json);
    }
    return has_passed ? 0 : kFailed;
}

}  // namespace

void add_run_command(CLI::App& app, int& exit_code) {
    CLI::App* const command = app.add_subcommand("run", "run one scenario");
    const auto request = std::make_shared<RunRequest>();
    command->add_option("--scenario", request->scenario, "its name, see `memsim list`")->required();
    Given given;
    given.n =
        command->add_option("--n", request->n, "members at the start; each scenario has its own")
            ->check(CLI::Range(std::size_t{2}, kRunMembersMax));
    command->add_option("--seed", request->seed, "equal seeds, equal runs")->capture_default_str();
    command->add_option("--seeds", request->seeds, "so many runs, with seeds in turn")
        ->check(CLI::Range(std::size_t{1}, kSeedsMax))
        ->capture_default_str();
    given.mode = command->add_option("--mode", request->mode, "swim, lifeguard or memberd")
                     ->capture_default_str();
    given.profile =
        command->add_option("--profile", request->profile, "lan, local or wan; most have lan");
    command->add_option("--set", request->settings, "KEY=VALUE, again and again");
    command->add_option("--json", request->json, "write the report to this file too");
    // The callback shares the request: it lives as long as the options that fill it.
    command->callback([request, given, &exit_code] { exit_code = run(*request, given); });
}

}  // namespace memberd::sim
