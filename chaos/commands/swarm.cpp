// Many plans, one a seed, each in a process of its own. Failing ones are kept as files.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "chaos/commands/command.hpp"
#include "chaos/commands/progress.hpp"
#include "chaos/plan/generator.hpp"
#include "chaos/plan/isolation.hpp"
#include "chaos/plan/plan_json.hpp"

namespace memberd::sim {
namespace {

using WallClock = std::chrono::steady_clock;

struct SwarmArguments {
    double minutes = 0.0;
    std::size_t jobs = 1;
    std::uint64_t first_seed = 1;
    std::uint64_t seed_count = 0;
    std::size_t n_max = 64;
    std::string mode;
    std::string out = ".";
    std::string json;
};

struct FailedSeed {
    std::uint64_t seed = 0;
    std::string file;
    Failure failure;
};

struct Tally {
    WallClock::time_point began = WallClock::now();
    std::uint64_t seeds = 0;
    std::uint64_t mild = 0;
    std::uint64_t events = 0;
    Duration length{};
    std::map<std::string, std::uint64_t> took_hold;
    std::map<std::size_t, std::uint64_t> sizes;
    std::vector<FailedSeed> failed;

    [[nodiscard]] double wall_seconds() const {
        return std::chrono::duration<double>(WallClock::now() - began).count();
    }
};

std::string command_line(const SwarmArguments& arguments) {
    std::string line = fmt::format("memsim swarm --first-seed {}", arguments.first_seed);
    if (arguments.seed_count != 0) {
        line += fmt::format(" --seeds {}", arguments.seed_count);
    }
    if (arguments.minutes > 0.0) {
        line += fmt::format(" --minutes {}", arguments.minutes);
    }
    line += fmt::format(" --jobs {} --n-max {}", arguments.jobs, arguments.n_max);
    return arguments.mode.empty() ? line : line + " --mode " + arguments.mode;
}

// Without control bytes, cut to what fits a line.
std::string one_line(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    constexpr std::size_t kLength = 300;
    return text.size() <= kLength ? text : text.substr(0, kLength) + "...";
}

void keep_failure(const SwarmArguments& arguments,
                  Plan plan,
                  const Outcome& outcome,
                  Tally& tally) {
    const Failure& failure = outcome.failures.front();
    plan.found = {built_commit(), failure.invariant, one_line(failure.text)};
    const std::string file = fmt::format("{}/seed-{}.json", arguments.out, plan.seed);
    const Status written = write_plan(file, plan);
    fmt::print("FAIL seed {}, n {}, mode {}: {} at {:.3f} s: {}; again: memsim replay {}{}\n",
               plan.seed, plan.n, to_string(plan.mode), failure.invariant, seconds(failure.at),
               one_line(failure.text), file, written ? "" : " (which can't be written)");
    std::fflush(stdout);
    tally.failed.push_back({plan.seed, file, failure});
}

void add(Tally& tally, const Plan& plan, const Outcome& outcome) {
    ++tally.seeds;
    tally.mild += plan.expect.no_false_deaths ? 1U : 0U;
    tally.events += outcome.events;
    tally.length += outcome.length;
    ++tally.sizes[plan.n];
    for (const auto& [kind, count] : outcome.took_hold) {
        tally.took_hold[kind] += count;
    }
}

bool write_json(const SwarmArguments& arguments, const Tally& tally) {
    nlohmann::ordered_json json;
    json["commit"] = built_commit();
    json["command"] = command_line(arguments);
    json["first_seed"] = arguments.first_seed;
    json["seeds"] = tally.seeds;
    json["n_max"] = arguments.n_max;
    json["mode"] = arguments.mode.empty() ? "any" : arguments.mode;
    json["accuracy_checked"] = tally.mild;
    json["events"] = tally.events;
    json["virtual_seconds"] = seconds(tally.length);
    json["wall_seconds"] = tally.wall_seconds();
    for (const auto& [size, count] : tally.sizes) {
        json["sizes"][std::to_string(size)] = count;
    }
    json["operations"] = tally.took_hold;
    json["failures"] = nlohmann::json::array();
    for (const FailedSeed& failed : tally.failed) {
        json["failures"].push_back({{"seed", failed.seed},
                                    {"file", failed.file},
                                    {"invariant", failed.failure.invariant},
                                    {"text", failed.failure.text}});
    }
    json["passed"] = tally.failed.empty();
    std::ofstream file(arguments.json);
    file << json.dump(2) << '\n';
    file.close();
    return file.good();
}

void print_summary(const SwarmArguments& arguments, const Tally& tally) {
    for (const auto& [kind, count] : tally.took_hold) {
        fmt::print("{:<24} {}\n", kind, count);
    }
    fmt::print(
        "commit {}, seeds {} to {}, {} of them with accuracy checked, {:.0f} virtual seconds, {} "
        "events, {:.1f} s\n",
        built_commit(), arguments.first_seed, arguments.first_seed + tally.seeds - 1, tally.mild,
        seconds(tally.length), tally.events, tally.wall_seconds());
    fmt::print("{}: {} of {} seeds failed; again: {}\n", tally.failed.empty() ? "PASS" : "FAIL",
               tally.failed.size(), tally.seeds, command_line(arguments));
}

int run_swarm(const SwarmArguments& arguments, const SwarmLimits& limits) {
    Tally tally;
    Progress progress;
    const auto plan_of = [&](std::uint64_t job) {
        return generate_plan(arguments.first_seed + job, limits);
    };
    const std::uint64_t count = arguments.seed_count != 0 ? arguments.seed_count : kJobsWithoutEnd;
    run_jobs(
        {arguments.jobs, kRunSecondsMax}, count,
        [&](std::uint64_t job) { return run_as_job(plan_of(job)); },
        [&](const JobResult& result) {
            const Plan plan = plan_of(result.job);
            const Outcome outcome = outcome_of(result);
            add(tally, plan, outcome);
            if (!outcome.passed()) {
                keep_failure(arguments, plan, outcome, tally);
            }
            progress.show(fmt::format("{} seeds, {} failed, {:.0f} s", tally.seeds,
                                      tally.failed.size(), tally.wall_seconds()));
            const bool is_late =
                arguments.minutes > 0.0 && tally.wall_seconds() >= arguments.minutes * 60.0;
            return is_late ? NextJobs::Stop : NextJobs::Go;
        });
    print_summary(arguments, tally);
    if (!arguments.json.empty() && !write_json(arguments, tally)) {
        return cannot_start("cannot write " + arguments.json);
    }
    return tally.failed.empty() ? 0 : kFailed;
}

int swarm(const SwarmArguments& arguments) {
    SwarmLimits limits;
    limits.n_max = arguments.n_max;
    if (!arguments.mode.empty()) {
        limits.mode = parse_mode(arguments.mode);
        if (!limits.mode) {
            return cannot_start("--mode is swim, lifeguard or memberd, not " + arguments.mode);
        }
    }
    if (arguments.minutes <= 0.0 && arguments.seed_count == 0) {
        return cannot_start("the swarm needs --minutes, --seeds, or both, to come to an end");
    }
    std::error_code error;
    std::filesystem::create_directories(arguments.out, error);
    if (error) {
        return cannot_start("--out: " + arguments.out + " can't be made: " + error.message());
    }
    fmt::print("commit {}: {}\n", built_commit(), command_line(arguments));
    std::fflush(stdout);
    return run_swarm(arguments, limits);
}

}  // namespace

void add_swarm_command(CLI::App& app, int& exit_code) {
    CLI::App* const command =
        app.add_subcommand("swarm", "run random fault plans, one a seed; keep those that fail");
    const auto arguments = std::make_shared<SwarmArguments>();
    command->add_option("--minutes", arguments->minutes, "start no more seeds after so long")
        ->check(CLI::Range(0.0, 1e6));
    command->add_option("--seeds", arguments->seed_count, "run so many");
    command->add_option("--jobs", arguments->jobs, "processes at once")
        ->check(CLI::Range(std::size_t{1}, std::size_t{256}))
        ->capture_default_str();
    command->add_option("--first-seed", arguments->first_seed, "the first of consecutive seeds")
        ->capture_default_str();
    command->add_option("--n-max", arguments->n_max, "no larger clusters")
        ->check(CLI::Range(std::size_t{1}, kPlanMembersMax))
        ->capture_default_str();
    command->add_option("--mode", arguments->mode, "swim, lifeguard or memberd; default: any");
    command->add_option("--out", arguments->out, "folder for the plans that failed")
        ->capture_default_str();
    command->add_option("--json", arguments->json, "write the summary to this file too");
    command->callback([arguments, &exit_code] { exit_code = swarm(*arguments); });
}

}  // namespace memberd::sim
