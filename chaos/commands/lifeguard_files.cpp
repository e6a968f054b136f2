// The grid as files for plots: one flat row for a blocked member that was declared dead (threshold)
// or for a run (interval).
#include <fstream>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "chaos/commands/command.hpp"
#include "chaos/commands/lifeguard_report.hpp"

namespace memberd::sim {
namespace {

using Json = nlohmann::ordered_json;

Json seconds_or_null(const std::optional<Duration>& duration) {
    return duration ? Json(seconds(*duration)) : Json(nullptr);
}

Json key_of(const GridRun& run) {
    Json row;
    row["mode"] = to_string(run.mode);
    row["c"] = run.cell.blocked;
    row["d_ms"] = milliseconds(run.cell.block);
    row["seed"] = run.seed;
    return row;
}

std::vector<Json> rows_of(const LifeguardGrid& grid, const std::vector<GridRun>& runs) {
    std::vector<Json> rows;
    for (const GridRun& run : runs) {
        if (grid.experiment == LifeguardExperiment::Threshold) {
            for (const Detection& detection : run.run.detections) {
                Json row = key_of(run);
                row["victim"] = detection.victim;
                row["first_s"] = seconds(detection.first);
                row["first_at_healthy_s"] = seconds_or_null(detection.first_at_healthy);
                row["full_s"] = seconds_or_null(detection.full);
                rows.push_back(row);
            }
            continue;
        }
        Json row = key_of(run);
        row["i_ms"] = milliseconds(run.cell.run);
        row["fp"] = run.run.failures.false_positives;
        row["fp_at_healthy"] = run.run.failures.false_positives_at_healthy;
        row["declarations"] = run.run.failures.declarations;
        row["messages_per_member_second"] = run.run.messages_per_member_second;
        row["bytes_per_member_second"] = run.run.bytes_per_member_second;
        rows.push_back(row);
    }
    return rows;
}

}  // namespace

bool write_grid_json(const std::string& path,
                     const std::string& command,
                     const LifeguardGrid& grid,
                     const std::vector<GridRun>& runs) {
    Json json;
    json["commit"] = built_commit();
    json["command"] = command;
    json["experiment"] =
        grid.experiment == LifeguardExperiment::Threshold ? "threshold" : "interval";
    json["n"] = grid.cluster.n;
    json["seed"] = grid.cluster.seed;
    json["repetitions"] = grid.repetitions;
    json["alpha"] = grid.cluster.timing.baseline.alpha;
    json["beta"] = grid.cluster.timing.baseline.beta;
    json["transport"] = grid.cluster.carrying == Carrying::Datagram ? "datagram" : "stream";
    json["c"] = grid.blocked;
    json["d_ms"] = grid.block_ms;
    json["i_ms"] = grid.run_ms;
    json["failures"] = Json::array();
    for (const GridRun& run : runs) {
        if (!run.run.failure.empty()) {
            json["failures"].push_back(run.run.failure);
        }
    }
    json["rows"] = rows_of(grid, runs);
    std::ofstream file(path);
    file << json.dump(1) << '\n';
    file.close();
    return file.good();
}

bool write_grid_csv(const std::string& path,
                    const LifeguardGrid& grid,
                    const std::vector<GridRun>& runs) {
    std::ofstream file(path);
    bool is_first = true;
    for (const Json& row : rows_of(grid, runs)) {
        std::string names;
        std::string values;
        for (const auto& [name, value] : row.items()) {
            const char* const comma = names.empty() ? "" : ",";
            names += comma + name;
            values += comma + (value.is_null()     ? std::string()
                               : value.is_string() ? value.get<std::string>()
                                                   : value.dump());
        }
        file << (is_first ? names + '\n' : std::string()) << values << '\n';
        is_first = false;
    }
    file.close();
    return file.good();
}

}  // namespace memberd::sim
