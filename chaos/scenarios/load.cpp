// Nothing happens: what membership costs.
#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "chaos/scenarios/measures.hpp"
#include "chaos/scenarios/trial.hpp"

namespace memberd::sim {
namespace {

constexpr std::array kSteadySettings{
    Setting{"duration_s", 60, 1e6, "how long it is watched, after 15 s of settling"},
};

void stay_quiet(Trial& trial, Duration length) {
    trial.run_for(kSettle);
    trial.forget_traffic();
    trial.run_for(length);
    trial.expect(is_whole(*trial), "not everybody sees everybody");
    trial.promise(trial->deaths().empty(), "somebody was declared dead");
}

void steady(const ScenarioOptions& options, Report& report) {
    Trial trial(options, report);
    stay_quiet(trial, options.duration("duration_s"));
    trial.add_traffic();
    trial.finish();
}

constexpr std::array kLoadSizes{100, 1000, 5000};

constexpr std::array kSizesSettings{
    Setting{"duration_s", 20, 1e6, "how long each is watched, after 15 s of settling"},
    Setting{"n_max", 5000, 20'000, "sizes above it are left out"},
};

// The idle load must not depend on n: at most a tenth between the least and the most.
void steady_sizes(const ScenarioOptions& options, Report& report) {
    constexpr double kMost = 1.1;
    std::array<std::pair<double, double>, 2> ranges{{{1e300, 0.0}, {1e300, 0.0}}};
    for (const int n : kLoadSizes) {
        if (n > options.number("n_max")) {
            continue;
        }
        Report one;
        ClusterOptions cluster = options.cluster;
        cluster.n = static_cast<std::size_t>(n);
        Trial trial(options, one, cluster);
        stay_quiet(trial, options.duration("duration_s"));
        trial.add_traffic(fmt::format("n{}_", n));
        trial.close();
        for (std::size_t i = 0; i < ranges.size(); ++i) {
            ranges[i].first = std::min(ranges[i].first, one.figures[i].value);
            ranges[i].second = std::max(ranges[i].second, one.figures[i].value);
        }
        report.rows.push_back({{"n", static_cast<double>(n)},
                               {"mode", std::string(to_string(cluster.mode))},
                               {"messages_per_member_second", one.figures[0].value},
                               {"bytes_per_member_second", one.figures[1].value}});
        report.absorb(one);
    }
    report.add("messages_most_by_least", ranges[0].second / ranges[0].first);
    report.add("bytes_most_by_least", ranges[1].second / ranges[1].first);
    if (options.cluster.mode == Mode::Memberd) {
        report.expect(ranges[0].second <= kMost * ranges[0].first,
                      "messages a member a second depend on n by more than a tenth");
        report.expect(ranges[1].second <= kMost * ranges[1].first,
                      "bytes a member a second depend on n by more than a tenth");
    }
}

constexpr std::array kLoadScenarios{
    Scenario{"steady", "nothing happens: the load of an idle cluster", 100, kSteadySettings, steady,
             false},
    Scenario{"steady-sizes", "the same with 100, 1,000 and 5,000: the load must not depend on n",
             100, kSizesSettings, steady_sizes, false, kDecidesSize},
};

}  // namespace

std::span<const Scenario> load_scenarios() {
    return kLoadScenarios;
}

}  // namespace memberd::sim
