// The network model beside measurements of the real thing.
#include <cstdint>
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "chaos/calibration/tables.hpp"
#include "chaos/commands/command.hpp"

namespace memberd::sim {
namespace {

struct Count {
    std::uint32_t inside = 0;
    std::uint32_t compared = 0;
};

void print(const Table& table, Count& count) {
    fmt::print("\n{}\n{:<34}{:<18}{:>9} {:>9}  {:<21}\n", table.title, "", "", "measured", "median",
               "5 % .. 95 %");
    for (const TableRow& row : table.rows) {
        const char* name = row.name.c_str();
        for (const TableCell& cell : row.cells) {
            fmt::print("{:<34}{:<18}", name, cell.name);
            name = "";
            if (cell.measured) {
                fmt::print("{:>9.4g} ", *cell.measured);
                ++count.compared;
                count.inside += cell.is_inside() ? 1U : 0U;
            } else {
                fmt::print("{:>9} ", "-");
            }
            const std::string range =
                fmt::format("{:.4g} .. {:.4g}", cell.simulated.low, cell.simulated.high);
            fmt::print("{:>9.4g}  {:<21}{}\n", cell.simulated.median, range,
                       !cell.measured     ? ""
                       : cell.is_inside() ? "inside"
                                          : "OUTSIDE");
        }
    }
}

int calibrate(const CalibrationOptions& options) {
    fmt::print("commit {}, seed {}: memsim calibrate --runs {} --seed {}\n", built_commit(),
               options.seed, options.runs, options.seed);
    std::fflush(stdout);
    Count count;
    print(loss_table(options), count);
    print(blackout_table(options), count);
    print(stopped_table(), count);
    fmt::print("\n{} of {} measured figures lie where 90 % of the simulated runs do\n",
               count.inside, count.compared);
    return 0;
}

}  // namespace

void add_calibrate_command(CLI::App& app, int& exit_code) {
    CLI::App* const command =
        app.add_subcommand("calibrate", "compare the network model with measurements");
    const auto options = std::make_shared<CalibrationOptions>();
    command->add_option("--runs", options->runs, "of every row")
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str();
    command->add_option("--seed", options->seed, "of the first run")->capture_default_str();
    command->callback([options, &exit_code] { exit_code = calibrate(*options); });
}

}  // namespace memberd::sim
