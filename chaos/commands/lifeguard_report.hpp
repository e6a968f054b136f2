// What `memsim lifeguard` shows of a grid: the modes side by side, the declarations by D, and how
// far the baselines are from what the paper printed (Dadgar, Phillips, Currey 2018, section V).
#pragma once

#include <string>
#include <vector>

#include "chaos/experiments/lifeguard_grid.hpp"

namespace memberd::sim {

// Each prints its tables; true if everything that must hold does. Nothing is held against the paper
// unless the grid is the paper's: n = 128, alpha 5, beta 6, the C, D and I of section V.
bool print_threshold(const LifeguardGrid& grid, const std::vector<GridRun>& runs);
bool print_interval(const LifeguardGrid& grid, const std::vector<GridRun>& runs);

// Every sample and every run as flat rows. False if the file can't be written.
bool write_grid_json(const std::string& path,
                     const std::string& command,
                     const LifeguardGrid& grid,
                     const std::vector<GridRun>& runs);
bool write_grid_csv(const std::string& path,
                    const LifeguardGrid& grid,
                    const std::vector<GridRun>& runs);

}  // namespace memberd::sim
