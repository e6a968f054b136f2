// For people who plan a cluster: what will detection, false alarms and load be with these settings
// at this size? Many seeds of the real engine, never a formula.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "chaos/commands/command.hpp"
#include "chaos/commands/plan_report.hpp"
#include "chaos/commands/progress.hpp"
#include "chaos/experiments/worker_pool.hpp"

namespace memberd::sim {
namespace {

constexpr std::size_t kMembersMax = 20'000;  // their tables take n * n records, in every worker
constexpr std::size_t kSeedsMin = 20;

struct PlanArguments {
    std::size_t n = 0;
    std::string profile = "lan";
    std::string mode = "memberd";
    std::string transport = "stream";
    double loss = 0.0;
    double delay_ms = 0.25;
    double jitter_ms = 0.05;
    double soak_s = 300;
    std::size_t kills = 5;
    std::uint64_t seed = 1;
    std::size_t seeds = kSeedsMin;
    std::size_t jobs = 1;
    std::string json;
};

std::string command_line(const PlanArguments& arguments) {
    return fmt::format(
        "memsim plan --n {} --profile {} --mode {} --transport {} --loss {:g} --delay-ms {:g} "
        "--jitter-ms {:g} --soak-s {:g} --kills {} --seed {} --seeds {}",
        arguments.n, arguments.profile, arguments.mode, arguments.transport, arguments.loss,
        arguments.delay_ms, arguments.jitter_ms, arguments.soak_s, arguments.kills, arguments.seed,
        arguments.seeds);
}

ForecastOptions options_of(const PlanArguments& arguments) {
    ForecastOptions options;
    options.soak = from_seconds(arguments.soak_s);
    options.kills = arguments.kills;
    options.cluster.n = arguments.n;
    options.cluster.seed = arguments.seed;
    options.cluster.mode = *parse_mode(arguments.mode);
    options.cluster.timing = timing_of(*parse_timing_profile(arguments.profile));
    options.cluster.carrying =
        arguments.transport == "stream" ? Carrying::Stream : Carrying::Datagram;
    options.cluster.network.loss = arguments.loss;
    options.cluster.network.delay = from_seconds(arguments.delay_ms / 1000.0);
    options.cluster.network.jitter = from_seconds(arguments.jitter_ms / 1000.0);
    options.cluster.replay = command_line(arguments);
    return options;
}

std::vector<Forecast> run_seeds(const PlanArguments& arguments, const ForecastOptions& options) {
    Progress progress;
    progress.show(fmt::format("0 of {} seeds", arguments.seeds));
    std::vector<Forecast> forecasts;
    const auto work = [&](std::uint64_t job) {
        ForecastOptions of_seed = options;
        of_seed.cluster.seed += job;
        return to_text(forecast(of_seed));
    };
    const auto take = [&](const JobResult& result) {
        if (result.failed()) {
            forecasts.emplace_back().failure =
                fmt::format("seed {}: {}", arguments.seed + result.job, result.failure);
        } else {
            forecasts.push_back(forecast_from_text(result.output));
        }
        progress.show(fmt::format("{} of {} seeds", forecasts.size(), arguments.seeds));
        return NextJobs::Go;
    };
    run_jobs({arguments.jobs, 0}, arguments.seeds, work, take);
    return forecasts;
}

int run(const PlanArguments& arguments) {
    const ForecastOptions options = options_of(arguments);
    const std::string command = command_line(arguments);
    fmt::print("commit {}, seed {}: {}\n", built_commit(), arguments.seed, command);
    fmt::print(
        "{} simulated clusters of {} members, mode {}, profile {}, {}s with loss {:g} each "
        "way, {:g} ms one way and {:g} ms more on average.\nEach: {:.0f} s to settle, {:g} s "
        "left alone, then {} machines that fall silent and {} processes that are killed, one "
        "after the other.\n",
        arguments.seeds, arguments.n, arguments.mode, arguments.profile, arguments.transport,
        arguments.loss, arguments.delay_ms, arguments.jitter_ms, seconds(kForecastSettle),
        arguments.soak_s, arguments.kills, arguments.kills);
    std::fflush(stdout);
    const std::vector<Forecast> forecasts = run_seeds(arguments, options);
    const PlanFigures figures = figures_of(forecasts, arguments.seed);
    print_plan(figures);
    if (!arguments.json.empty() &&
        !write_plan_json(arguments.json, command, options, forecasts, figures)) {
        return cannot_start("cannot write " + arguments.json);
    }
    return figures.failures.empty() ? 0 : kFailed;
}

}  // namespace

void add_plan_command(CLI::App& app, int& exit_code) {
    CLI::App* const command = app.add_subcommand(
        "plan", "what detection, false alarms and load will be with your settings at your size");
    const auto arguments = std::make_shared<PlanArguments>();
    command->add_option("--n", arguments->n, "members")
        ->required()
        ->check(CLI::Range(std::size_t{2}, kMembersMax));
    command->add_option("--profile", arguments->profile, "lan, local or wan")
        ->check(CLI::IsMember({"lan", "local", "wan"}))
        ->capture_default_str();
    command->add_option("--mode", arguments->mode, "swim, lifeguard or memberd")
        ->check(CLI::IsMember({"swim", "lifeguard", "memberd"}))
        ->capture_default_str();
    command->add_option("--transport", arguments->transport, "stream (the agents') or datagram")
        ->check(CLI::IsMember({"stream", "datagram"}))
        ->capture_default_str();
    command->add_option("--loss", arguments->loss, "0 to 1, of every message or segment, each way")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    command->add_option("--delay-ms", arguments->delay_ms, "one way, everywhere")
        ->check(CLI::Range(0.0, 60'000.0))
        ->capture_default_str();
    command->add_option("--jitter-ms", arguments->jitter_ms, "mean of what comes on top")
        ->check(CLI::Range(0.0, 60'000.0))
        ->capture_default_str();
    command->add_option("--soak-s", arguments->soak_s, "how long each cluster is left alone")
        ->check(CLI::Range(10.0, 1e6))
        ->capture_default_str();
    command->add_option("--kills", arguments->kills, "deaths of either kind in each cluster")
        ->check(CLI::Range(std::size_t{1}, std::size_t{1000}))
        ->capture_default_str();
    command->add_option("--seed", arguments->seed, "the first")->capture_default_str();
    command->add_option("--seeds", arguments->seeds, "clusters, with seeds in turn")
        ->check(CLI::Range(kSeedsMin, std::size_t{100'000}))
        ->capture_default_str();
    command->add_option("--jobs", arguments->jobs, "worker processes")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
    command->add_option("--json", arguments->json, "write all of it to this file too");
    // The callback shares the arguments: they live as long as the options that fill them.
    command->callback([arguments, &exit_code] { exit_code = run(*arguments); });
}

}  // namespace memberd::sim
