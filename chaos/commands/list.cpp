#include <fmt/core.h>

#include "chaos/commands/command.hpp"
#include "chaos/experiments/ablation.hpp"
#include "chaos/scenarios/scenario.hpp"

namespace memberd::sim {
namespace {

void print_scenario(const Scenario& scenario) {
    const bool has_size = (scenario.decides & kDecidesSize) == 0;
    fmt::print("  {:<22} {}{}\n", scenario.name, scenario.summary,
               has_size ? fmt::format(" (n={})", scenario.n) : "");
    for (const Setting& setting : scenario.settings) {
        fmt::print("  {:<22}   {}={:.6g}: {}\n", "", setting.key, setting.standard,
                   setting.meaning);
    }
}

int list() {
    fmt::print("scenarios, each with its settings (--set KEY=VALUE)\n");
    for (const Scenario& scenario : scenarios()) {
        print_scenario(scenario);
    }
    fmt::print("settings of all, where a scenario does not decide them itself\n");
    for (const CommonSetting& setting : common_settings()) {
        fmt::print("  {:<22} {}\n", setting.key, setting.meaning);
    }
    fmt::print("parts of memberd's rule (--set off=PART,PART; memsim lifeguard --off PART)\n");
    for (const Part& part : rule_parts()) {
        fmt::print("  {:<22} without: {}\n", part.name, part.what);
    }
    return 0;
}

}  // namespace

void add_list_command(CLI::App& app, int& exit_code) {
    app.add_subcommand("list", "show scenarios and settings")->callback([&exit_code] {
        exit_code = list();
    });
}

}  // namespace memberd::sim
