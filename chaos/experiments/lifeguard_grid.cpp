#include "chaos/experiments/lifeguard_grid.hpp"

#include <nlohmann/json.hpp>

#include "chaos/experiments/worker_pool.hpp"

namespace memberd::sim {
namespace {

nlohmann::json number_or_null(const std::optional<Duration>& duration) {
    return duration ? nlohmann::json(duration->count()) : nlohmann::json(nullptr);
}

std::optional<Duration> duration_or_nothing(const nlohmann::json& value) {
    return value.is_null() ? std::nullopt : std::optional(Duration(value.get<std::int64_t>()));
}

// Between a worker and its parent only: exact, so the report is that of one process.
std::string to_text(const LifeguardRun& run) {
    nlohmann::json detections = nlohmann::json::array();
    for (const Detection& d : run.detections) {
        detections.push_back({d.victim, d.first.count(), number_or_null(d.first_at_healthy),
                              number_or_null(d.full)});
    }
    return nlohmann::json{{"detections", detections},
                          {"fp", run.failures.false_positives},
                          {"fp_healthy", run.failures.false_positives_at_healthy},
                          {"declarations", run.failures.declarations},
                          {"messages", run.messages_per_member_second},
                          {"bytes", run.bytes_per_member_second},
                          {"trace", run.trace_hash},
                          {"failure", run.failure}}
        .dump();
}

LifeguardRun from_text(const std::string& text) {
    const nlohmann::json all = nlohmann::json::parse(text);
    LifeguardRun run;
    for (const nlohmann::json& d : all.at("detections")) {
        run.detections.push_back({d.at(0).get<Member>(), Duration(d.at(1).get<std::int64_t>()),
                                  duration_or_nothing(d.at(2)), duration_or_nothing(d.at(3))});
    }
    run.failures.false_positives = all.at("fp");
    run.failures.false_positives_at_healthy = all.at("fp_healthy");
    run.failures.declarations = all.at("declarations");
    run.messages_per_member_second = all.at("messages");
    run.bytes_per_member_second = all.at("bytes");
    run.trace_hash = all.at("trace");
    run.failure = all.at("failure");
    return run;
}

}  // namespace

LifeguardRun run_cell(LifeguardExperiment experiment,
                      const ClusterOptions& options,
                      const LifeguardCell& cell) {
    return experiment == LifeguardExperiment::Threshold ? run_threshold(options, cell)
                                                        : run_interval(options, cell);
}

std::vector<GridRun> plan_grid(const LifeguardGrid& grid) {
    const std::vector<std::uint32_t> no_run{0};
    const bool has_runs = grid.experiment == LifeguardExperiment::Interval;
    std::vector<GridRun> runs;
    std::uint64_t seed = grid.cluster.seed;
    for (std::uint32_t repetition = 0; repetition < grid.repetitions; ++repetition) {
        for (const std::uint32_t block : grid.block_ms) {
            for (const std::uint32_t run : has_runs ? grid.run_ms : no_run) {
                for (const std::uint32_t blocked : grid.blocked) {
                    const LifeguardCell cell{blocked, std::chrono::milliseconds(block),
                                             std::chrono::milliseconds(run), true, grid.fault};
                    for (const Mode mode : grid.modes) {
                        runs.push_back({mode, cell, seed, {}});
                    }
                    ++seed;
                }
            }
        }
    }
    return runs;
}

std::vector<GridRun> run_grid(
    const LifeguardGrid& grid,
    const std::function<void(std::size_t done, std::size_t all)>& progress) {
    std::vector<GridRun> runs = plan_grid(grid);
    const auto work = [&](std::uint64_t job) {
        ClusterOptions options = grid.cluster;
        options.mode = runs[job].mode;
        options.seed = runs[job].seed;
        return to_text(run_cell(grid.experiment, options, runs[job].cell));
    };
    const auto take = [&](const JobResult& result) {
        LifeguardRun& run = runs[result.job].run;
        if (result.failed()) {
            run.failure = result.failure;
        } else {
            run = from_text(result.output);
        }
        progress(result.job + 1, runs.size());
        return NextJobs::Go;
    };
    run_jobs({grid.workers, 0}, runs.size(), work, take);
    return runs;
}

}  // namespace memberd::sim
