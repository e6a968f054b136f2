// Links that carry everything, but late or in spells, and clocks that run apart.
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/core.h>

#include "chaos/scenarios/measures.hpp"
#include "chaos/scenarios/trial.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

// --- Delay ---

constexpr std::array kDelaySettings{
    Setting{"slow_delay_ms", 300, 10'000, "one way, from the fault on"},
    Setting{"slow_jitter_ms", 0, 10'000, "mean of what comes on top of it"},
    Setting{"reorder", 0.25, 1, "share of messages that others overtake"},
    Setting{"duplicate", 0.1, 1, "share of messages that come twice"},
    Setting{"warm_up_s", 120, 1e6, "what is not judged"},
    Setting{"duration_s", 300, 1e6, "how long it is watched afterwards"},
};

void make_slow(const ScenarioOptions& options, Cluster& cluster) {
    Conditions slow = cluster.world().topology().defaults();
    slow.delay = options.duration("slow_delay_ms");
    slow.jitter = options.duration("slow_jitter_ms");
    slow.jitter_kind = slow.jitter > 0s ? Jitter::Exponential : Jitter::None;
    slow.reorder = options.number("reorder");
    slow.duplicate = options.number("duplicate");
    cluster.world().topology().set_default(slow);
}

// The smoothed round trip that the first member measures of anybody, at most.
Duration round_trip_of(const Cluster& cluster) {
    Duration most{};
    for (Member member = 1; member < cluster.size(); ++member) {
        const auto seen = cluster.engine(0).observation(cluster.now(), cluster.name(member));
        most = std::max(most, seen ? seen->round_trip.value_or(0s) : 0s);
    }
    return most;
}

void delay(const ScenarioOptions& options, Report& report) {
    constexpr Member kVictim = 1;
    Trial trial(options, report);
    trial.run_for(kSettle);
    trial.fault([&] { make_slow(options, *trial); });
    trial.run_for(options.duration("warm_up_s"));
    const std::size_t warm_up_deaths = trial->deaths().size();
    trial.run_for(options.duration("duration_s"));
    trial.add("warm_up_deaths", static_cast<double>(warm_up_deaths));
    if (trial.is_memberd()) {  // the baselines measure no round trips
        const Duration round_trip = round_trip_of(*trial);
        trial.add("round_trip_s", seconds(round_trip));
        trial.took_hold(round_trip >= options.duration("slow_delay_ms"), "round trips are short");
    }
    trial.promise(trial->deaths().empty(), "somebody was declared dead for being far away");
    const std::size_t before = trial->deaths().size();
    trial.promise(is_whole(*trial), "not everybody sees everybody");

    const Instant killed = trial->now();
    trial->kill(kVictim);
    trial.run_until([&] { return trial->everywhere(kVictim, MemberState::Dead); }, 60s);
    const std::array<Member, 1> victims{kVictim};
    if (const auto last = last_death_after(*trial, victims, killed)) {
        trial.add("last_death_s", seconds(*last));
        const Duration limit = options.cluster.timing.silence_min + 3s;
        trial.promise(*last <= limit, fmt::format("a death took more than {} s", seconds(limit)));
    }
    trial.expect(trial->everywhere(kVictim, MemberState::Dead), "a crash is not known to all");
    trial.promise(trial->deaths().size() - before == running_count(*trial),
                  "somebody else was declared dead");
    trial.finish();
}

// --- Bursts ---

constexpr std::array kBurstSettings{
    Setting{"bad_s", 2, 3600, "mean length of a spell in which nothing is carried"},
    Setting{"good_s", 18, 3600, "mean length of the spells between"},
    Setting{"share", 0.01, 1, "of the members have such links"},
    Setting{"duration_s", 600, 1e6, "how long"},
};

void bursts(const ScenarioOptions& options, Report& report) {
    Trial trial(options, report);
    trial.run_for(kSettle);
    const auto victims = members_from(*trial, 1, share_of(*trial, options.number("share")));
    Override spells;
    spells.burst_bad_mean = options.duration("bad_s");
    spells.burst_good_mean = options.duration("good_s");
    trial.fault([&] {
        for (const Member victim : victims) {
            trial->world().topology().set_egress(victim, spells);
            trial->world().topology().set_ingress(victim, spells);
        }
    });
    trial.run_for(options.duration("duration_s"));
    trial.took_hold(not_carried(*trial) > 0, "everything was carried");
    trial.add("deaths_of_bad", static_cast<double>(trial->deaths().size()) -
                                   static_cast<double>(trial->deaths_except(victims)));
    trial.add("deaths_per_pair_most", static_cast<double>(deaths_per_pair_max(*trial, victims)),
              "<= 2 in 10 min");
    trial.promise(trial->deaths_except(victims) == 0, "a member with sound links was removed");
    trial->heal();
    trial.expect(trial.run_until_whole(heal_limit(options.cluster, 10s)).has_value(),
                 "not one cluster again in time");
    trial.finish();
}

// --- Drift ---

constexpr std::array kDriftSettings{
    Setting{"drift_ppm", 500, 100'000, "every other clock is so fast, the others so slow"},
    Setting{"duration_s", 600, 1e6, "how long"},
};

// How far apart two members note that a third has come, by their own clocks.
Duration clocks_apart(const Cluster& cluster, Member newcomer) {
    const auto of_fast = cluster.engine(1).find(cluster.name(newcomer));
    const auto of_slow = cluster.engine(2).find(cluster.name(newcomer));
    return of_fast && of_slow ? of_fast->since - of_slow->since : 0s;
}

void drift(const ScenarioOptions& options, Report& report) {
    ClusterOptions first = options.cluster;
    first.n = 1;
    first.start = StartMode::AllAtOnce;
    Trial trial(options, report, first);
    const auto ppm = static_cast<std::int32_t>(options.number("drift_ppm"));
    while (trial->size() < options.cluster.n) {
        NewMember wanted;
        trial.fault([&] { wanted.drift_ppm = trial->size() % 2 == 1 ? ppm : -ppm; });
        trial->add(wanted);
    }
    trial.expect(trial.run_until_whole(kSettle).has_value(), "not everybody has joined");
    const std::uint64_t changes = trial->history().changes;
    trial.run_for(options.duration("duration_s"));
    trial.add("changes", static_cast<double>(trial->history().changes - changes));
    trial.promise(trial->history().changes == changes, "clocks that drift changed a view");

    const Member newcomer = trial->add();
    trial.expect(trial.run_until_whole(kSettle).has_value(), "a newcomer is not seen by all");
    const Duration apart = clocks_apart(*trial, newcomer);
    trial.add("clocks_apart_s", seconds(apart));
    trial.took_hold(apart > from_seconds(seconds(trial->elapsed()) * ppm * 1e-6),
                    "clocks run alike");
    trial.finish();
}

constexpr std::array kLinkScenarios{
    Scenario{"bursts", "links of a hundredth carry nothing for 2 s in 20: no other is removed", 100,
             kBurstSettings, bursts},
    Scenario{"delay", "everything becomes slower than a probe may take: nobody dies but the killed",
             100, kDelaySettings, delay, true, kDecidesDelay},
    Scenario{"drift", "clocks run 500 ppm fast and slow: nothing happens", 100, kDriftSettings,
             drift},
};

}  // namespace

std::span<const Scenario> link_scenarios() {
    return kLinkScenarios;
}

}  // namespace memberd::sim
