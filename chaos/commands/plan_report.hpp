// What `memsim plan` says about its runs: a table for people, JSON for programs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "chaos/experiments/estimates.hpp"
#include "chaos/experiments/forecast.hpp"

namespace memberd::sim {

// How long deaths of one kind stayed unknown.
struct Latencies {
    std::string name;
    std::vector<double> sorted_s;
    std::size_t missed = 0;  // not within kForecastLimit
};

struct PlanFigures {
    std::vector<Latencies> latencies;
    double member_hours = 0.0;
    std::size_t false_alarms = 0;
    std::size_t false_alarms_while_dying = 0;
    std::size_t false_views = 0;
    Estimate alarms_per_member_hour;
    Estimate messages_per_member_second;
    Estimate bytes_per_member_second;
    std::vector<std::string> failures;
};

// `seed` is of the resampling alone.
PlanFigures figures_of(const std::vector<Forecast>& forecasts, std::uint64_t seed);

void print_plan(const PlanFigures& figures);
bool write_plan_json(const std::string& path,
                     const std::string& command,
                     const ForecastOptions& options,
                     const std::vector<Forecast>& forecasts,
                     const PlanFigures& figures);

}  // namespace memberd::sim
