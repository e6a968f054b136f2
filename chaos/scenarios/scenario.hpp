// Named experiments on a simulated cluster. Each says what it found and whether that is right.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chaos/sim/cluster.hpp"
#include "detector/result.hpp"

namespace memberd::sim {

// What was asked for, as text and as values.
struct ScenarioOptions {
    ClusterOptions cluster;
    Duration duration = std::chrono::seconds(60);
    std::uint32_t victims = 1;
    Duration pause = std::chrono::seconds(2);
};

// Figures in the order in which they are printed, and what was wrong.
struct Report {
    std::vector<std::pair<std::string, double>> figures;
    std::vector<std::string> failures;
    std::uint64_t trace_hash = 0;

    void add(std::string_view name, double value) { figures.emplace_back(name, value); }

    void expect(bool holds, std::string_view what) {
        if (!holds) {
            failures.emplace_back(what);
        }
    }

    [[nodiscard]] bool passed() const { return failures.empty(); }
};

struct Scenario {
    std::string_view name;
    std::string_view summary;
    void (*run)(const ScenarioOptions& options, Report& report);
};

std::span<const Scenario> scenarios();
const Scenario* find_scenario(std::string_view name);

// Applies KEY=VALUE; NotFound or BadInput with a sentence otherwise.
Status set_option(ScenarioOptions& options, std::string_view setting);

// Every key of set_option with what it means, for help texts.
std::span<const std::pair<std::string_view, std::string_view>> option_keys();

}  // namespace memberd::sim
