// Runs plans from files and says what came of them.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "chaos/commands/command.hpp"
#include "chaos/plan/execution.hpp"
#include "chaos/plan/plan_json.hpp"

namespace memberd::sim {
namespace {

// In this process, so that a debugger sees what happens.
bool replay_one(const std::string& file, const Plan& plan) {
    const Outcome outcome = run_plan(plan);
    for (const Failure& failure : outcome.failures) {
        fmt::print("failure: {} at {:.3f} s: {}\n", failure.invariant, seconds(failure.at),
                   failure.text);
    }
    fmt::print("{}; {:.3f} virtual seconds, {} events; again: memsim replay {}; trace {:016x}\n",
               outcome.passed() ? "PASS" : "FAIL", seconds(outcome.length), outcome.events, file,
               outcome.trace_hash);
    return outcome.passed();
}

int replay(const std::vector<std::string>& files) {
    bool have_passed = true;
    for (const std::string& file : files) {
        const Result<Plan> plan = read_plan(file);
        if (!plan) {
            return cannot_start(plan.error().text);
        }
        fmt::print("commit {}, seed {}, n {}, {} operations: {}\n", built_commit(), plan->seed,
                   plan->n, plan->operations.size(), file);
        std::fflush(stdout);
        have_passed = replay_one(file, *plan) && have_passed;
    }
    return have_passed ? 0 : kFailed;
}

}  // namespace

void add_replay_command(CLI::App& app, int& exit_code) {
    CLI::App* const command = app.add_subcommand("replay", "run plans from files");
    const auto files = std::make_shared<std::vector<std::string>>();
    command->add_option("file", *files, "plans, see chaos/plan/README.md")->required();
    command->callback([files, &exit_code] { exit_code = replay(*files); });
}

}  // namespace memberd::sim
