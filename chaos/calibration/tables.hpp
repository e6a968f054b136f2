// The stream model beside what was measured of libzmq 4.3.4 over Linux's TCP.
//
// The measurements are single runs, so a row shows where each of them lies among many simulated
// ones. No constant was fitted to them; some mechanisms were chosen after a look at them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "detector/time.hpp"

namespace memberd::sim {

// Of many runs: the median, and what nine of ten lie between.
struct Spread {
    double low = 0.0;  // 5 %
    double median = 0.0;
    double high = 0.0;  // 95 %
};

// Requires values.
Spread spread_of(std::vector<double> values);

struct TableCell {
    std::string name;
    std::optional<double> measured;  // nothing: it was not
    double resolution = 0.0;         // to what the measurement was rounded
    Spread simulated;

    // What was measured lies where nine of ten simulated runs do.
    [[nodiscard]] bool is_inside() const;
};

struct TableRow {
    std::string name;
    std::vector<TableCell> cells;
};

struct Table {
    std::string title;
    std::vector<TableRow> rows;
};

struct CalibrationOptions {
    std::uint64_t seed = 1;    // of the first run
    std::uint32_t runs = 200;  // of every row
};

// Round trips against loss.
Table loss_table(const CalibrationOptions& options);
// What comes after a blackout.
Table blackout_table(const CalibrationOptions& options);
// What a stopped peer takes.
Table stopped_table();

}  // namespace memberd::sim
