// The commands of memsim. Each adds itself to the program's options and, when it is chosen, runs
// and sets the exit code: 0 done and passed, 1 something failed, 2 cannot start.
#pragma once

#include <string_view>

#include <CLI/CLI.hpp>

namespace memberd::sim {

inline constexpr int kFailed = 1;
inline constexpr int kCannotStart = 2;

// The program must keep `exit_code` until the command line is parsed.
void add_run_command(CLI::App& app, int& exit_code);
void add_list_command(CLI::App& app, int& exit_code);
void add_lifeguard_command(CLI::App& app, int& exit_code);
void add_plan_command(CLI::App& app, int& exit_code);
void add_profiles_command(CLI::App& app, int& exit_code);
void add_calibrate_command(CLI::App& app, int& exit_code);
void add_swarm_command(CLI::App& app, int& exit_code);
void add_replay_command(CLI::App& app, int& exit_code);
void add_shrink_command(CLI::App& app, int& exit_code);
void add_exhaust_command(CLI::App& app, int& exit_code);

// One sentence for the operator on stderr; returns kCannotStart.
int cannot_start(std::string_view sentence);

// The commit that was built, with `-dirty` where the tree differs: a source that the build writes.
const char* built_commit();

}  // namespace memberd::sim
