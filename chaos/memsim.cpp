// memsim: the real engine of memberd under virtual time and seeded faults. chaos/README.md explains
// the commands; each lives in chaos/commands.
#include <cstdio>
#include <exception>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "chaos/commands/command.hpp"

namespace memberd::sim {

int cannot_start(std::string_view sentence) {
    fmt::print(stderr, "memsim: {}\n", sentence);
    return kCannotStart;
}

namespace {

int main_of(int argc, char** argv) {
    CLI::App app("Runs memberd's engine under virtual time and seeded faults.");
    app.require_subcommand(1);
    int exit_code = 0;
    for (const auto add :
         {add_run_command, add_list_command, add_plan_command, add_profiles_command,
          add_swarm_command, add_exhaust_command, add_replay_command, add_shrink_command,
          add_lifeguard_command, add_calibrate_command}) {
        add(app, exit_code);
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kCannotStart;
    }
    return exit_code;
}

}  // namespace
}  // namespace memberd::sim

int main(int argc, char** argv) {
    try {
        return memberd::sim::main_of(argc, argv);
    } catch (const std::exception& error) {
        return memberd::sim::cannot_start(error.what());
    }
}
