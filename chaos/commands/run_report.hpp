// What `memsim run` shows of its runs: text for people, JSON for programs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "chaos/scenarios/scenario.hpp"

namespace memberd::sim {

// What was asked for, as it was written.
struct RunRequest {
    std::string scenario;
    std::size_t n = 0;
    std::uint64_t seed = 1;
    std::size_t seeds = 1;  // so many runs, with seed, seed + 1, ...
    std::string mode = "memberd";
    std::string profile = "lan";
    std::vector<std::string> settings;
    std::string json;
    unsigned decides = kDecidesNothing;  // left out of the command line: the scenario's own
};

struct RunResult {
    std::uint64_t seed = 0;
    Report report;
    double wall_seconds = 0.0;
};

// The line that starts the same run again, with one seed.
std::string command_line(const RunRequest& request, std::uint64_t seed);

void print_result(const RunRequest& request, const RunResult& result);
// One line of one of several runs.
void print_result_briefly(const RunRequest& request, const RunResult& result);
// Median, least and most of every figure of several runs.
void print_summary(const std::vector<RunResult>& results);

// False if the file can't be written.
bool write_json(const RunRequest& request, const std::vector<RunResult>& results);

}  // namespace memberd::sim
