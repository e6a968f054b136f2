// Named experiments on a simulated cluster. Each says what it found and whether that is right.
//
// Verdicts: broken invariants fail a run in every mode; what memberd promises fails runs of mode
// memberd, and is only a figure for the baselines, unless their protocol promises it too. A
// scenario with a fault fails if its fault did not take hold, so that nothing passes for want of
// trouble.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "chaos/scenarios/options.hpp"
#include "chaos/scenarios/report.hpp"

namespace memberd::sim {

// What a scenario decides itself, as bits: the command line must not.
enum Decides : unsigned {
    kDecidesNothing = 0,
    kDecidesSize = 1U,
    kDecidesMode = 2U,
    kDecidesProfile = 4U,
    kDecidesZones = 8U,
    kDecidesLoss = 16U,
    kDecidesDelay = 32U,
};

struct Scenario {
    std::string_view name;
    std::string_view summary;
    std::size_t n = 100;  // members at the start, unless the command line says otherwise
    std::span<const Setting> settings;
    void (*run)(const ScenarioOptions& options, Report& report);
    bool has_fault = true;
    unsigned decides = kDecidesNothing;
    TimingProfile profile = TimingProfile::Lan;
    Carrying carrying = Carrying::Stream;  // unless the command line says otherwise
};

// All of them, by name.
const std::vector<Scenario>& scenarios();
// Null if there is none.
const Scenario* find_scenario(std::string_view name);

// The files of this folder, each with its scenarios.
std::span<const Scenario> churn_scenarios();
std::span<const Scenario> crash_scenarios();
std::span<const Scenario> lifeguard_scenarios();
std::span<const Scenario> link_scenarios();
std::span<const Scenario> load_scenarios();
std::span<const Scenario> loss_scenarios();
std::span<const Scenario> partition_scenarios();
std::span<const Scenario> pause_scenarios();
std::span<const Scenario> rapid_scenarios();
std::span<const Scenario> restart_scenarios();
std::span<const Scenario> storm_scenarios();
std::span<const Scenario> zone_scenarios();

}  // namespace memberd::sim
