// Makes a failing plan small.
#include "chaos/plan/shrink.hpp"

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "chaos/commands/command.hpp"
#include "chaos/plan/isolation.hpp"
#include "chaos/plan/plan_json.hpp"

namespace memberd::sim {
namespace {

struct ShrinkArguments {
    std::string file;
    std::string out;
    double seconds = 120.0;
};

std::string size_of(const Plan& plan) {
    return fmt::format("{} operations, {} members, {:.3f} s", plan.operations.size(),
                       member_count(plan) - plan.without.size(), seconds(plan.faults_end));
}

Plan shrink_within(const ShrinkArguments& arguments,
                   const Plan& plan,
                   const std::string& invariant) {
    const auto began = std::chrono::steady_clock::now();
    const auto passed = [began] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    };
    std::size_t tries = 0;
    const Plan small = shrink(
        plan,
        [&](const Plan& attempt) {
            ++tries;
            const Outcome outcome = run_isolated(attempt);
            return !outcome.passed() && outcome.failures.front().invariant == invariant;
        },
        [&] { return passed() >= arguments.seconds; });
    fmt::print("{} runs in {:.1f} s\n", tries, passed());
    return small;
}

int shrink_file(const ShrinkArguments& arguments) {
    const Result<Plan> plan = read_plan(arguments.file);
    if (!plan) {
        return cannot_start(plan.error().text);
    }
    const Outcome outcome = run_isolated(*plan);
    if (outcome.passed()) {
        return cannot_start(arguments.file + " passes: there is nothing to shrink");
    }
    const std::string invariant = outcome.failures.front().invariant;
    fmt::print("commit {}: {} breaks {}: {}\n", built_commit(), arguments.file, invariant,
               size_of(*plan));
    std::fflush(stdout);
    Plan small = shrink_within(arguments, *plan, invariant);
    const Outcome end = run_isolated(small);
    const Failure failure = end.passed() ? outcome.failures.front() : end.failures.front();
    small.found = {built_commit(), failure.invariant, failure.text.substr(0, 300)};
    const Status written = write_plan(arguments.out, small);
    if (!written) {
        return cannot_start(written.error().text);
    }
    fmt::print("{}: {}\n{}: {}\nagain: memsim replay {}\n", arguments.out, size_of(small),
               failure.invariant, failure.text, arguments.out);
    return 0;
}

}  // namespace

void add_shrink_command(CLI::App& app, int& exit_code) {
    CLI::App* const command =
        app.add_subcommand("shrink", "make a failing plan as small as the same failure allows");
    const auto arguments = std::make_shared<ShrinkArguments>();
    command->add_option("file", arguments->file, "a plan that fails")->required();
    command->add_option("-o,--out", arguments->out, "the small plan")->required();
    command->add_option("--seconds", arguments->seconds, "at most so long")
        ->check(CLI::Range(1.0, 86'400.0))
        ->capture_default_str();
    command->callback([arguments, &exit_code] { exit_code = shrink_file(*arguments); });
}

}  // namespace memberd::sim
