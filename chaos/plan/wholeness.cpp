#include "chaos/plan/wholeness.hpp"

#include <algorithm>
#include <cmath>

#include "chaos/sim/cluster.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

// Until then everybody is found dead who is, and everybody else has come back.
Duration whole_within(const ClusterOptions& options) {
    const BaselineTiming& baseline = options.timing.baseline;
    const double size = std::max(1.0, std::log10(static_cast<double>(options.n)));
    const Duration suspicion = from_seconds(baseline.alpha * size * seconds(baseline.period));
    switch (options.mode) {
        case Mode::Swim:
            return 3 * suspicion + 3 * baseline.sync_interval;
        case Mode::Lifeguard:
            return from_seconds(3 * baseline.beta * seconds(suspicion)) +
                   3 * baseline.sync_interval;
        case Mode::Memberd:
            return 30s + 3 * options.timing.silence_min;
    }
    return 0s;
}

constexpr Duration kQuiet = 15s;

}  // namespace

std::vector<Failure> check_wholeness(Cluster& cluster) {
    const auto is_whole = [&] {
        return cluster.all_see_all() && cluster.ring_digests_equal() && cluster.views_equal();
    };
    const Duration within = whole_within(cluster.options());
    if (!cluster.run_until(is_whole, within, 100ms)) {
        if (!cluster.violations().empty()) {
            return {};
        }
        return {{"L2",
                 "not whole after " + std::to_string(seconds(within)) + " s: " + cluster.explain(),
                 cluster.elapsed()}};
    }
    const std::uint64_t changes = cluster.history().changes;
    cluster.run_for(kQuiet);
    if (cluster.violations().empty() && (cluster.history().changes != changes || !is_whole())) {
        return {{"L5", "changes go on: " + cluster.explain(), cluster.elapsed()}};
    }
    return {};
}

}  // namespace memberd::sim
