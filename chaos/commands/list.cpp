#include <fmt/core.h>

#include "chaos/commands/command.hpp"
#include "chaos/scenarios/scenario.hpp"

namespace memberd::sim {
namespace {

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

}  // namespace

void add_list_command(CLI::App& app, int& exit_code) {
    app.add_subcommand("list", "show scenarios and settings")->callback([&exit_code] {
        exit_code = list();
    });
}

}  // namespace memberd::sim
