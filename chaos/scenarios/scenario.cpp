#include "chaos/scenarios/scenario.hpp"

#include <algorithm>

namespace memberd::sim {
namespace {

std::vector<Scenario> all_scenarios() {
    std::vector<Scenario> all;
    for (const auto group : {churn_scenarios, crash_scenarios, lifeguard_scenarios, link_scenarios,
                             load_scenarios, loss_scenarios, partition_scenarios, pause_scenarios,
                             rapid_scenarios, restart_scenarios, storm_scenarios, zone_scenarios}) {
        const std::span<const Scenario> some = group();
        all.insert(all.end(), some.begin(), some.end());
    }
    std::sort(all.begin(), all.end(),
              [](const Scenario& a, const Scenario& b) { return a.name < b.name; });
    return all;
}

}  // namespace

const std::vector<Scenario>& scenarios() {
    static const std::vector<Scenario> all = all_scenarios();
    return all;
}

const Scenario* find_scenario(std::string_view name) {
    const auto found =
        std::find_if(scenarios().begin(), scenarios().end(),
                     [&](const Scenario& scenario) { return scenario.name == name; });
    return found == scenarios().end() ? nullptr : &*found;
}

}  // namespace memberd::sim
