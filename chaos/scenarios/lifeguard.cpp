// One cell of the experiments of Lifeguard, once or several times: `memsim lifeguard` runs whole
// grids of them.
#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "chaos/experiments/estimates.hpp"
#include "chaos/experiments/lifeguard_grid.hpp"
#include "chaos/scenarios/scenario.hpp"

namespace memberd::sim {
namespace {

constexpr Setting kConcurrent{"c", 16, 10'000, "C: so many members are blocked at once"};
constexpr Setting kBlockLength{"d_ms", 16384, 1e6, "D: how long a block lasts"};
constexpr Setting kAlpha{"alpha", 5, 100, "of the baselines' suspicion timeout"};
constexpr Setting kBeta{"beta", 6, 100, "of lifeguard's longest suspicion"};
constexpr Setting kRepetitions{"repetitions", 1, 1e4, "runs, with seeds in turn"};

constexpr std::array kThresholdSettings{kConcurrent, kBlockLength, kAlpha, kBeta, kRepetitions};
constexpr std::array kIntervalSettings{
    kConcurrent, kBlockLength, Setting{"i_ms", 64, 1e6, "I: how long they run between two blocks"},
    kAlpha,      kRepetitions, kBeta};

LifeguardCell cell_of(LifeguardExperiment experiment, const ScenarioOptions& options) {
    LifeguardCell cell;
    const std::size_t most = options.cluster.n - 1;
    cell.blocked = static_cast<std::uint32_t>(std::min(options.count("c"), most));
    cell.block = options.duration("d_ms");
    if (experiment == LifeguardExperiment::Interval) {
        cell.run = options.duration("i_ms");
    }
    cell.has_faults = options.has_faults;
    return cell;
}

double after(const std::optional<Duration>& duration) {
    return duration ? seconds(*duration) : -1.0;
}

void add_quantiles(std::string_view name, std::vector<double> values, Report& report) {
    std::sort(values.begin(), values.end());
    for (const double share : {0.5, 0.99, 0.999}) {
        if (!values.empty()) {
            report.add(fmt::format("{}_p{:g}_s", name, share * 100), quantile(values, share));
        }
    }
}

void add_latencies(const std::vector<LifeguardRun>& runs, Report& report) {
    std::vector<double> first;
    std::vector<double> full;
    for (const LifeguardRun& run : runs) {
        for (const Detection& detection : run.detections) {
            first.push_back(seconds(detection.first));
            if (detection.full) {
                full.push_back(seconds(*detection.full));
            }
            report.rows.push_back({{"victim", static_cast<double>(detection.victim)},
                                   {"first_s", seconds(detection.first)},
                                   {"first_at_healthy_s", after(detection.first_at_healthy)},
                                   {"full_s", after(detection.full)}});
        }
    }
    report.add("seen", static_cast<double>(first.size()));
    report.add("seen_by_all", static_cast<double>(full.size()));
    add_quantiles("first", first, report);
    add_quantiles("full", full, report);
}

void run_scenario(LifeguardExperiment experiment, const ScenarioOptions& options, Report& report) {
    const LifeguardCell cell = cell_of(experiment, options);
    ClusterOptions cluster = options.cluster;
    cluster.timing.baseline.alpha = std::max(options.number("alpha"), 0.1);
    cluster.timing.baseline.beta = std::max(options.number("beta"), 1.0);
    if (cell.block + cell.run <= Duration::zero()) {
        report.failures.emplace_back("d_ms=0: nobody is ever blocked");
        return;
    }
    std::vector<LifeguardRun> runs;
    FailureEvents all;
    std::uint64_t received_while_blocked = 0;
    for (std::size_t i = 0; i < std::max<std::size_t>(options.count("repetitions"), 1); ++i) {
        runs.push_back(run_cell(experiment, cluster, cell));
        ++cluster.seed;
        const LifeguardRun& run = runs.back();
        all.false_positives += run.failures.false_positives;
        all.false_positives_at_healthy += run.failures.false_positives_at_healthy;
        all.declarations += run.failures.declarations;
        received_while_blocked += run.received_while_blocked;
        report.events += run.events;
        report.add_hash(run.trace_hash);
        report.expect(run.failure.empty(), run.failure);
    }
    report.add("false_positives", static_cast<double>(all.false_positives));
    report.add("false_positives_at_healthy", static_cast<double>(all.false_positives_at_healthy));
    report.add("declarations_of_blocked", static_cast<double>(all.declarations));
    report.add("messages_per_member_second", runs.front().messages_per_member_second);
    report.add("bytes_per_member_second", runs.front().bytes_per_member_second);
    if (experiment == LifeguardExperiment::Threshold) {
        add_latencies(runs, report);
    }
    report.expect_fault(received_while_blocked == 0, "nobody was blocked");
}

void threshold(const ScenarioOptions& options, Report& report) {
    run_scenario(LifeguardExperiment::Threshold, options, report);
}

void interval(const ScenarioOptions& options, Report& report) {
    run_scenario(LifeguardExperiment::Interval, options, report);
}

// The paper's agents spoke UDP on a LAN.
constexpr std::array kLifeguardScenarios{
    Scenario{"lifeguard-interval", "C members block for D, run for I, again and again for 120 s",
             128, kIntervalSettings, interval, true, kDecidesNothing, TimingProfile::Lan,
             Carrying::Datagram},
    Scenario{"lifeguard-threshold", "C members block once for D: who notices when", 128,
             kThresholdSettings, threshold, true, kDecidesNothing, TimingProfile::Lan,
             Carrying::Datagram},
};

}  // namespace

std::span<const Scenario> lifeguard_scenarios() {
    return kLifeguardScenarios;
}

}  // namespace memberd::sim
