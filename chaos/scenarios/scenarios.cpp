#include <algorithm>
#include <array>
#include <cmath>

#include "chaos/scenarios/scenario.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration kSettle = 15s;

// Nothing is promised faster than this, in any mode; a crash that takes longer is a failure.
Duration detection_limit(const ClusterOptions& options) {
    const double size = std::max(1.0, std::log10(static_cast<double>(options.n)));
    const double minimum = options.timing.baseline.alpha * size * seconds(options.timing.period);
    switch (options.mode) {
        case Mode::Swim:
            return from_seconds(minimum) + 20 * options.timing.period;
        case Mode::Lifeguard:
            return from_seconds(minimum * options.timing.baseline.beta) +
                   20 * options.timing.period;
        case Mode::Memberd:
            return 3 * options.timing.silence_max + 5 * options.timing.period;
    }
    return 60s;
}

void add_traffic(const Cluster& cluster, const Traffic& before, Duration length, Report& report) {
    const double member_seconds = static_cast<double>(cluster.size()) * seconds(length);
    const Traffic& now = cluster.history().sent;
    report.add("messages_per_member_second",
               static_cast<double>(now.message_count() - before.message_count()) / member_seconds);
    report.add("bytes_per_member_second",
               static_cast<double>(now.byte_count() - before.byte_count()) / member_seconds);
}

void add_deaths(const Cluster& cluster, Report& report) {
    report.add("deaths", static_cast<double>(cluster.deaths().size()));
    report.add("false_deaths", static_cast<double>(cluster.history().false_deaths()));
    report.add("false_deaths_at_healthy",
               static_cast<double>(cluster.history().false_deaths_at_healthy()));
}

void finish(const Cluster& cluster, Report& report) {
    add_deaths(cluster, report);
    report.add("virtual_seconds", seconds(cluster.elapsed()));
    report.add("events", static_cast<double>(cluster.history().events));
    if (!cluster.violations().empty()) {
        report.failures.push_back(cluster.explain());
    }
    report.trace_hash = cluster.trace_hash();
}

void steady(const ScenarioOptions& options, Report& report) {
    Cluster cluster(options.cluster);
    cluster.run_for(kSettle);
    const Traffic before = cluster.history().sent;
    cluster.run_for(options.duration);
    add_traffic(cluster, before, options.duration, report);
    report.expect(cluster.all_see_all(), "not everybody sees everybody");
    report.expect(cluster.deaths().empty(), "somebody was declared dead");
    finish(cluster, report);
}

// The first `victims` members behind the seed are killed at once.
void crash(const ScenarioOptions& options, Report& report) {
    Cluster cluster(options.cluster);
    cluster.run_for(kSettle);
    const Instant crashed = cluster.now();
    std::vector<Member> victims;
    for (Member member = 1; member <= options.victims && member < cluster.size(); ++member) {
        victims.push_back(member);
        cluster.kill(member);
    }
    const bool is_known =
        cluster.run_until([&] { return cluster.all_see_all(); }, detection_limit(options.cluster));
    report.expect(is_known, "a crash is not known to all in time");
    Instant first = kNever;
    Instant last = crashed;
    for (const Member victim : victims) {
        first = std::min(first, cluster.first_death(victim, crashed).value_or(kNever));
        last = std::max(last, cluster.last_death(victim).value_or(last));
    }
    if (first != kNever) {
        report.add("first_death_s", seconds(first - crashed));
        report.add("last_death_s", seconds(last - crashed));
    }
    report.expect(cluster.deaths_except(victims) == 0, "somebody else was declared dead");
    report.expect(cluster.ring_digests_equal(), "ring digests differ");
    finish(cluster, report);
}

void bootstrap(const ScenarioOptions& options, Report& report) {
    ClusterOptions from_nothing = options.cluster;
    from_nothing.start = StartMode::AllAtOnce;
    Cluster cluster(from_nothing);
    const Traffic before = cluster.history().sent;
    const bool is_whole =
        cluster.run_until([&] { return cluster.all_see_all(); }, options.duration);
    report.expect(is_whole, "not everybody sees everybody in time");
    report.add("all_see_all_s", seconds(cluster.elapsed()));
    add_traffic(cluster, before, cluster.elapsed(), report);
    report.expect(cluster.deaths().empty(), "somebody was declared dead");
    finish(cluster, report);
}

// One member is stopped again and again, each time for `pause`.
void pauses(const ScenarioOptions& options, Report& report) {
    Cluster cluster(options.cluster);
    cluster.run_for(kSettle);
    const Instant end = cluster.now() + options.duration;
    Member victim = 1;
    while (cluster.now() < end) {
        cluster.pause_for(victim % static_cast<Member>(cluster.size()), options.pause);
        cluster.run_for(options.pause + 5300ms);
        ++victim;
    }
    report.expect(cluster.run_until([&] { return cluster.all_see_all(); }, 15s),
                  "not everybody is back");
    report.expect(options.pause > 2s || cluster.deaths().empty(),
                  "a pause of at most 2 s was taken for a death");
    finish(cluster, report);
}

void partition_half(const ScenarioOptions& options, Report& report) {
    Cluster cluster(options.cluster);
    cluster.run_for(kSettle);
    std::vector<Member> half;
    for (Member member = 0; member < cluster.size() / 2; ++member) {
        half.push_back(member);
    }
    cluster.partition({half});
    cluster.run_for(options.duration);
    const auto same_side =
        std::count_if(cluster.deaths().begin(), cluster.deaths().end(), [&](const Death& death) {
            return (death.observer < half.size()) == (death.victim < half.size());
        });
    report.add("same_side_deaths", static_cast<double>(same_side));
    report.expect(same_side == 0, "a member was declared dead on its own side");
    cluster.heal();
    const Instant healed = cluster.now();
    report.expect(cluster.run_until(
                      [&] { return cluster.all_see_all() && cluster.ring_digests_equal(); }, 15s),
                  "the halves are not one cluster again in 15 s");
    report.add("whole_again_s", seconds(cluster.now() - healed));
    finish(cluster, report);
}

constexpr std::array kScenarios{
    Scenario{"bootstrap", "n - 1 members join at once through one seed", bootstrap},
    Scenario{"crash", "members are killed at once (victims=)", crash},
    Scenario{"partition-half", "halves can't reach one another for duration=, then heal",
             partition_half},
    Scenario{"pauses", "one member after the other is stopped for pause=", pauses},
    Scenario{"steady", "nothing happens: the load of an idle cluster", steady},
};

}  // namespace

std::span<const Scenario> scenarios() {
    return kScenarios;
}

const Scenario* find_scenario(std::string_view name) {
    const auto* const found =
        std::find_if(kScenarios.begin(), kScenarios.end(),
                     [&](const Scenario& scenario) { return scenario.name == name; });
    return found == kScenarios.end() ? nullptr : found;
}

}  // namespace memberd::sim
