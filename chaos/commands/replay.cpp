// Runs plans from files and says what came of them; what happened on the way, if asked.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "chaos/commands/command.hpp"
#include "chaos/plan/execution.hpp"
#include "chaos/plan/plan_json.hpp"
#include "chaos/sim/call_log.hpp"
#include "chaos/sim/world.hpp"

namespace memberd::sim {
namespace {

struct ReplayOptions {
    std::vector<std::string> files;
    bool log = false;
    std::vector<std::string> log_of;
    double log_from_s = 0;
    double log_until_s = std::numeric_limits<double>::infinity();
};

// Seconds since the beginning, as a time of the world; beyond what a run can last: its end.
Instant to_instant(double since_beginning) {
    constexpr double kLongestRun = 1e9;
    return kBeginning + std::chrono::duration_cast<Duration>(
                            std::chrono::duration<double>(std::min(since_beginning, kLongestRun)));
}

std::optional<CallLogChoice> log_choice(const ReplayOptions& options) {
    if (!options.log) {
        return std::nullopt;
    }
    return CallLogChoice{stdout, to_instant(options.log_from_s), to_instant(options.log_until_s),
                         options.log_of};
}

// In this process, so that a debugger sees what happens.
bool replay_one(const std::string& file, const Plan& plan, const ReplayOptions& options) {
    const std::optional<CallLogChoice> log = log_choice(options);
    const Outcome outcome = run_plan(plan, log ? &*log : nullptr);
    for (const Failure& failure : outcome.failures) {
        fmt::print("failure: {} at {:.3f} s: {}\n", failure.invariant, seconds(failure.at),
                   failure.text);
    }
    fmt::print("{}; {:.3f} virtual seconds, {} events; again: memsim replay {}; trace {:016x}\n",
               outcome.passed() ? "PASS" : "FAIL", seconds(outcome.length), outcome.events, file,
               outcome.trace_hash);
    return outcome.passed();
}

int replay(const ReplayOptions& options) {
    bool have_passed = true;
    for (const std::string& file : options.files) {
        const Result<Plan> plan = read_plan(file);
        if (!plan) {
            return cannot_start(plan.error().text);
        }
        fmt::print("commit {}, seed {}, n {}, {} operations: {}\n", built_commit(), plan->seed,
                   plan->n, plan->operations.size(), file);
        std::fflush(stdout);
        have_passed = replay_one(file, *plan, options) && have_passed;
    }
    return have_passed ? 0 : kFailed;
}

}  // namespace

void add_replay_command(CLI::App& app, int& exit_code) {
    CLI::App* const command = app.add_subcommand("replay", "run plans from files");
    const auto options = std::make_shared<ReplayOptions>();
    command->add_option("file", options->files, "plans, see chaos/plan/README.md")->required();
    CLI::Option* const log = command->add_flag(
        "--log", options->log, "print each call that heard, said or changed something");
    command->add_option("--log-of", options->log_of, "only calls of these members (by name)")
        ->needs(log);
    command->add_option("--log-from", options->log_from_s, "seconds since the beginning")
        ->check(CLI::NonNegativeNumber)
        ->needs(log);
    command->add_option("--log-until", options->log_until_s, "seconds since the beginning")
        ->check(CLI::NonNegativeNumber)
        ->needs(log);
    command->callback([options, &exit_code] { exit_code = replay(*options); });
}

}  // namespace memberd::sim
