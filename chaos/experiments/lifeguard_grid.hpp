// The grid of Lifeguard's experiments (section V): every C with every D, and in the interval
// experiment with every I, each cell several times with seeds of its own, in several modes.
//
// The modes of one cell and repetition have the same seed, so the same members are hit.
//
// Thread rule and errors: as run_jobs (worker_pool.hpp).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "chaos/experiments/lifeguard_run.hpp"

namespace memberd::sim {

enum class LifeguardExperiment : std::uint8_t {
    Threshold,
    Interval,
};

struct LifeguardGrid {
    LifeguardExperiment experiment = LifeguardExperiment::Threshold;
    std::vector<Mode> modes;
    std::vector<std::uint32_t> blocked;  // C
    std::vector<std::uint32_t> block_ms;
    std::vector<std::uint32_t> run_ms;  // unused by the threshold experiment
    std::uint32_t repetitions = 1;
    LifeguardFault fault = LifeguardFault::Block;
    TimingProfile profile = TimingProfile::Lan;
    bool is_whole_rule = true;  // nothing is left out of memberd's
    ClusterOptions cluster;     // its seed is the first; mode and seed differ from run to run
    std::size_t workers = 1;
};

struct GridRun {
    Mode mode = Mode::Swim;
    LifeguardCell cell;
    std::uint64_t seed = 0;
    LifeguardRun run;  // its `failure` also where the process that ran it failed
};

// What would be run, in order: modes innermost, so that a grid that is ended early has them all.
std::vector<GridRun> plan_grid(const LifeguardGrid& grid);

// Runs them; `progress` is told how many are done.
std::vector<GridRun> run_grid(
    const LifeguardGrid& grid,
    const std::function<void(std::size_t done, std::size_t all)>& progress);

// One cell once.
LifeguardRun run_cell(LifeguardExperiment experiment,
                      const ClusterOptions& options,
                      const LifeguardCell& cell);

}  // namespace memberd::sim
