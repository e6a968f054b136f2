// Members come and go for a day, with names that are never used again: what must not grow.
#include <algorithm>
#include <array>
#include <vector>

#include <fmt/core.h>

#include "chaos/scenarios/measures.hpp"
#include "chaos/scenarios/trial.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::array kChurnSettings{
    Setting{"duration_s", 86'400, 1e7, "how long"},
    Setting{"rate_per_s", 0.1, 100,
            "members that come or go: a join, a leave, a join, a kill, ..."},
    Setting{"window_s", 3600, 1e6, "how long the left and the dead are remembered"},
};

constexpr std::size_t kSamples = 48;
constexpr std::size_t kDeadRememberedMax = 256;

// What one member and one message cost, on average, at one time.
struct Sample {
    double records = 0.0;
    double table_bytes = 0.0;
    double message_bytes = 0.0;
};

class Growth {
  public:
    void sample(const Cluster& cluster) {
        Sample sample;
        const auto up = cluster.up();
        for (const Member member : up) {
            const EngineStatus status = cluster.engine(member).status(cluster.now());
            sample.records += status.alive + status.suspect + status.dead + status.left;
            sample.table_bytes += static_cast<double>(cluster.engine(member).table_bytes());
        }
        sample.records /= static_cast<double>(up.size());
        sample.table_bytes /= static_cast<double>(up.size());
        const Traffic& sent = cluster.history().sent;
        sample.message_bytes = static_cast<double>(sent.byte_count() - before_.byte_count()) /
                               static_cast<double>(std::max<std::uint64_t>(
                                   1, sent.message_count() - before_.message_count()));
        before_ = sent;
        samples_.push_back(sample);
    }

    // The most of the last quarter against the most of the second.
    [[nodiscard]] double growth(double Sample::*of) const {
        const std::size_t quarter = samples_.size() / 4;
        return most(of, 3 * quarter, samples_.size()) / most(of, quarter, 2 * quarter);
    }

    [[nodiscard]] double most(double Sample::*of) const { return most(of, 0, samples_.size()); }

  private:
    [[nodiscard]] double most(double Sample::*of, std::size_t from, std::size_t to) const {
        double most = 0.0;
        for (std::size_t i = from; i < to; ++i) {
            most = std::max(most, samples_[i].*of);
        }
        return most;
    }

    Traffic before_;
    std::vector<Sample> samples_;
};

// One comes, or the one that has been here for the longest, the seed left out, goes.
class Churn {
  public:
    void next(Cluster& cluster) {
        switch (events_ % 4) {
            case 0:
            case 2:
                cluster.add();
                break;
            case 1:
                cluster.leave(oldest(cluster));
                break;
            default:
                cluster.kill(oldest(cluster));
                break;
        }
        ++events_;
    }

    [[nodiscard]] std::uint64_t events() const { return events_; }

  private:
    Member oldest(const Cluster& cluster) {
        while (!cluster.is_up(oldest_)) {
            ++oldest_;
        }
        return oldest_++;
    }

    std::uint64_t events_ = 0;
    Member oldest_ = 1;
};

void churn(const ScenarioOptions& options, Report& report) {
    ClusterOptions cluster = options.cluster;
    const Duration window = options.duration("window_s");
    cluster.timing.membership.tombstone_window = window;
    cluster.timing.membership.dead_window = window;
    Trial trial(options, report, cluster);
    trial.run_for(kSettle);
    trial.forget_traffic();
    const Duration length = options.duration("duration_s");
    const double rate = options.number("rate_per_s");
    const Duration gap = from_seconds(1.0 / std::max(rate, 1e-6));
    const Instant begin = trial->now();
    Churn events;
    Growth growth;
    for (std::size_t i = 1; i <= kSamples; ++i) {
        const Instant next = begin + length / kSamples * static_cast<std::int64_t>(i);
        while (trial->now() < next && trial->violations().empty()) {
            trial.fault([&] { events.next(*trial); });
            trial.run_for(gap);
        }
        growth.sample(*trial);
    }
    trial.took_hold(events.events() > 0, "nobody came or went");
    trial.add("came_or_went", static_cast<double>(events.events()));
    trial.add_traffic();
    trial.add("records_most", growth.most(&Sample::records));
    trial.add("table_bytes_most", growth.most(&Sample::table_bytes));
    trial.add("profiles", static_cast<double>(trial->world().pool().size()));
    for (const auto& [name, of] : {std::pair{"records_growth", &Sample::records},
                                   std::pair{"table_bytes_growth", &Sample::table_bytes},
                                   std::pair{"message_bytes_growth", &Sample::message_bytes}}) {
        trial.add(name, growth.growth(of));
        trial.promise(growth.growth(of) <= 1.05, fmt::format("{} by more than 5 %", name));
    }
    // A quarter of the events are leaves; records stay for two minutes more than they count.
    const double most = static_cast<double>(options.cluster.n + 2 + kDeadRememberedMax) +
                        rate / 4 * (seconds(window) + 120);
    trial.promise(growth.most(&Sample::records) <= most,
                  fmt::format("more than {:.0f} records a member", most));
    trial.promise_accuracy();
    trial.expect(trial.run_until_whole(heal_limit(cluster, 15s)).has_value(),
                 "not everybody sees everybody after it");
    trial.finish();
}

constexpr std::array kChurnScenarios{
    Scenario{"churn", "members come and go for a day under names never used again: nothing grows",
             30, kChurnSettings, churn},
};

}  // namespace

std::span<const Scenario> churn_scenarios() {
    return kChurnScenarios;
}

}  // namespace memberd::sim
