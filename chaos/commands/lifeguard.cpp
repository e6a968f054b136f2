// The experiments of Lifeguard over whole grids, several modes side by side. What is printed and
// written depends on the options alone, not on the number of workers.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include "chaos/commands/command.hpp"
#include "chaos/commands/lifeguard_report.hpp"
#include "chaos/commands/progress.hpp"
#include "chaos/experiments/ablation.hpp"

namespace memberd::sim {
namespace {

using Values = std::vector<std::uint32_t>;

// The paper's grid. Its shorter blocks end before any suspicion does, so the threshold experiment
// leaves them out: latencies are those of failures that were seen.
const Values kBlocked{1, 4, 8, 12, 16, 20, 24, 28, 32};
const Values kThresholdBlockMs{8192, 16384, 32768};
const Values kIntervalBlockMs{128, 512, 2048, 8192, 16384, 32768};
const Values kRunMs{1, 4, 16, 64, 256, 1024, 4096, 16384};

struct LifeguardArguments {
    std::string experiment;
    std::vector<std::string> modes{"swim", "lifeguard", "memberd"};
    std::size_t n = 128;
    std::uint64_t seed = 1;
    std::uint32_t repetitions = 1;
    std::size_t jobs = 1;
    double alpha = 5;
    double beta = 6;
    std::string fault = "block";
    std::string profile = "lan";
    std::string off;
    double delay_ms = -1;
    double jitter_ms = -1;
    std::string transport = "datagram";
    std::string checks = "on";
    Values blocked = kBlocked;
    Values block_ms;
    Values run_ms = kRunMs;
    std::string json;
    std::string csv;
};

std::string command_line(const LifeguardArguments& arguments) {
    std::string line = fmt::format(
        "memsim lifeguard {} --modes {} --n {} --seed {} --repetitions {} --alpha {:g} --beta {:g} "
        "--transport {} --checks {} --c {} --d-ms {}",
        arguments.experiment, fmt::join(arguments.modes, ","), arguments.n, arguments.seed,
        arguments.repetitions, arguments.alpha, arguments.beta, arguments.transport,
        arguments.checks, fmt::join(arguments.blocked, ","), fmt::join(arguments.block_ms, ","));
    if (arguments.fault != "block") {
        line += " --fault " + arguments.fault;
    }
    if (arguments.profile != "lan") {
        line += " --profile " + arguments.profile;
    }
    if (!arguments.off.empty()) {
        line += " --off " + arguments.off;
    }
    if (arguments.delay_ms >= 0) {
        line += fmt::format(" --delay-ms {:g}", arguments.delay_ms);
    }
    if (arguments.jitter_ms >= 0) {
        line += fmt::format(" --jitter-ms {:g}", arguments.jitter_ms);
    }
    if (arguments.experiment == "interval") {
        line += fmt::format(" --i-ms {}", fmt::join(arguments.run_ms, ","));
    }
    return line;
}

LifeguardGrid grid_of(const LifeguardArguments& arguments) {
    LifeguardGrid grid;
    grid.experiment = arguments.experiment == "threshold" ? LifeguardExperiment::Threshold
                                                          : LifeguardExperiment::Interval;
    for (const std::string& mode : arguments.modes) {
        grid.modes.push_back(*parse_mode(mode));
    }
    grid.blocked = arguments.blocked;
    grid.block_ms = arguments.block_ms;
    grid.run_ms = arguments.run_ms;
    grid.repetitions = arguments.repetitions;
    grid.workers = arguments.jobs;
    grid.cluster.n = arguments.n;
    grid.cluster.seed = arguments.seed;
    grid.fault = *parse_lifeguard_fault(arguments.fault);
    grid.profile = *parse_timing_profile(arguments.profile);
    grid.is_whole_rule = arguments.off.empty();
    grid.cluster.timing = timing_of(grid.profile);
    grid.cluster.timing.baseline.alpha = arguments.alpha;
    grid.cluster.timing.baseline.beta = arguments.beta;
    if (arguments.delay_ms >= 0) {
        grid.cluster.network.delay = from_seconds(arguments.delay_ms / 1000);
    }
    if (arguments.jitter_ms >= 0) {
        grid.cluster.network.jitter = from_seconds(arguments.jitter_ms / 1000);
    }
    grid.cluster.carrying =
        arguments.transport == "datagram" ? Carrying::Datagram : Carrying::Stream;
    grid.cluster.checks = arguments.checks == "on" ? Checks::On : Checks::Off;
    grid.cluster.replay = command_line(arguments);
    return grid;
}

int run(LifeguardArguments arguments) {
    if (arguments.block_ms.empty()) {
        arguments.block_ms =
            arguments.experiment == "threshold" ? kThresholdBlockMs : kIntervalBlockMs;
    }
    if (arguments.fault == "phases" && arguments.experiment == "threshold") {
        return cannot_start("--fault phases: the threshold experiment has one block only");
    }
    for (const std::uint32_t blocked : arguments.blocked) {
        if (blocked >= arguments.n) {
            return cannot_start(fmt::format("--c {}: of {} members somebody must be left to notice",
                                            blocked, arguments.n));
        }
    }
    LifeguardGrid grid = grid_of(arguments);
    if (const Status left_out = leave_out(grid.cluster.timing, arguments.off); !left_out) {
        return cannot_start("--off: " + left_out.error().text);
    }
    const std::string command = command_line(arguments);
    fmt::print("commit {}, seed {}: {}\n", built_commit(), arguments.seed, command);
    std::fflush(stdout);
    std::vector<GridRun> runs;
    {
        Progress progress;
        runs = run_grid(grid, [&](std::size_t done, std::size_t all) {
            progress.show(fmt::format("{} of {} runs", done, all));
        });
    }
    const bool holds = grid.experiment == LifeguardExperiment::Threshold
                           ? print_threshold(grid, runs)
                           : print_interval(grid, runs);
    fmt::print("{}; again: {}\n", holds ? "PASS" : "FAIL", command);
    if (!arguments.json.empty() && !write_grid_json(arguments.json, command, grid, runs)) {
        return cannot_start("cannot write " + arguments.json);
    }
    if (!arguments.csv.empty() && !write_grid_csv(arguments.csv, grid, runs)) {
        return cannot_start("cannot write " + arguments.csv);
    }
    return holds ? 0 : kFailed;
}

}  // namespace

void add_lifeguard_command(CLI::App& app, int& exit_code) {
    CLI::App* const command = app.add_subcommand(
        "lifeguard", "run the experiments of Lifeguard's paper, several modes side by side");
    const auto arguments = std::make_shared<LifeguardArguments>();
    command->add_option("experiment", arguments->experiment, "threshold or interval")
        ->required()
        ->check(CLI::IsMember({"threshold", "interval"}));
    command->add_option("--modes", arguments->modes, "of swim, lifeguard and memberd")
        ->delimiter(',')
        ->check(CLI::IsMember({"swim", "lifeguard", "memberd"}))
        ->capture_default_str();
    command->add_option("--n", arguments->n, "members")
        ->check(CLI::Range(2, 2000))
        ->capture_default_str();
    command->add_option("--seed", arguments->seed, "the first seed")->capture_default_str();
    command->add_option("--repetitions", arguments->repetitions, "runs of each cell and mode")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    command->add_option("--jobs", arguments->jobs, "worker processes")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
    command->add_option("--alpha", arguments->alpha, "of the baselines' suspicion timeout")
        ->check(CLI::Range(0.1, 100.0))
        ->capture_default_str();
    command->add_option("--beta", arguments->beta, "of lifeguard's longest suspicion")
        ->check(CLI::Range(1.0, 100.0))
        ->capture_default_str();
    command
        ->add_option(
            "--fault", arguments->fault,
            "of the C: block (the paper's), sends, receives, stop (the process), phases (each "
            "of the C blocked at times of its own), slow (200 ms a message)")
        ->check(CLI::IsMember({"block", "sends", "receives", "stop", "phases", "slow"}))
        ->capture_default_str();
    command
        ->add_option("--profile", arguments->profile,
                     "lan, local or wan: of memberd's timing and the baselines' periods")
        ->check(CLI::IsMember({"lan", "local", "wan"}))
        ->capture_default_str();
    command->add_option("--off", arguments->off,
                        "parts of memberd's rule that are left out: see memsim list");
    command->add_option("--delay-ms", arguments->delay_ms, "of a link, one way")
        ->check(CLI::Range(0.0, 10'000.0));
    command
        ->add_option("--jitter-ms", arguments->jitter_ms,
                     "mean of what comes on top of the delay, exponential")
        ->check(CLI::Range(0.0, 10'000.0));
    command->add_option("--transport", arguments->transport, "datagram (the paper's) or stream")
        ->check(CLI::IsMember({"datagram", "stream"}))
        ->capture_default_str();
    command->add_option("--checks", arguments->checks, "on or off: the invariants at every event")
        ->check(CLI::IsMember({"on", "off"}))
        ->capture_default_str();
    command->add_option("--c", arguments->blocked, "members that are blocked at once")
        ->delimiter(',')
        ->check(CLI::Range(1, 1999))
        ->capture_default_str();
    command->add_option("--d-ms", arguments->block_ms, "how long a block lasts")
        ->delimiter(',')
        ->check(CLI::Range(1, 1'000'000));
    command->add_option("--i-ms", arguments->run_ms, "how long they run between two blocks")
        ->delimiter(',')
        ->check(CLI::Range(0, 1'000'000))
        ->capture_default_str();
    command->add_option("--json", arguments->json, "write every sample to this file");
    command->add_option("--csv", arguments->csv, "the same rows as a table");
    // The callback shares the arguments: they live as long as the options that fill them.
    command->callback([arguments, &exit_code] { exit_code = run(*arguments); });
}

}  // namespace memberd::sim
