// What a run of a scenario is given: the cluster, and the numbers that the scenario asks for.
//
// A scenario declares every number that it reads, with its standard value; nothing else can be set,
// so a setting that would be ignored is an error. A few settings belong to every scenario: the
// network before any fault, the transport, whether invariants are checked, whether faults happen at
// all.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "chaos/sim/cluster.hpp"
#include "detector/result.hpp"

namespace memberd::sim {

// A number of a scenario, from 0 to `most`. Keys end in their unit.
struct Setting {
    std::string_view key;
    double standard = 0.0;
    double most = 0.0;
    std::string_view meaning;
};

// A setting of every scenario; most of them are words.
struct CommonSetting {
    std::string_view key;
    std::string_view meaning;
};

std::span<const CommonSetting> common_settings();

struct Scenario;

class ScenarioOptions {
  public:
    // The scenario's standard values. It must outlive the options.
    explicit ScenarioOptions(const Scenario& scenario);

    ClusterOptions cluster;
    // False: a control run. Nothing is broken, and a scenario with a fault has to notice that.
    bool has_faults = true;
    // Called now and then while the run goes on, with the virtual time that has passed.
    std::function<void(Duration elapsed)> progress;

    // Applies KEY=VALUE; BadInput or NotFound with a sentence for the operator otherwise.
    Status set(std::string_view setting);

    // Of a setting that the scenario declares; anything else is a broken invariant.
    [[nodiscard]] double number(std::string_view key) const;
    [[nodiscard]] std::size_t count(std::string_view key) const;
    [[nodiscard]] Duration duration(std::string_view key) const;  // of a key that ends in _s or _ms

    [[nodiscard]] const Scenario& scenario() const { return *scenario_; }

  private:
    Status set_common(std::string_view key, std::string_view value);

    const Scenario* scenario_;
    std::map<std::string, double, std::less<>> numbers_;
};

}  // namespace memberd::sim
