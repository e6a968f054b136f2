// Members in zones: one fails as a whole, or is far away.
#include <algorithm>
#include <array>

#include "chaos/scenarios/measures.hpp"
#include "chaos/scenarios/trial.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kZones = 3;
constexpr std::uint32_t kVictimZone = 1;  // the seed is in zone 0

// Members go to zones in turn.
std::vector<Member> members_of_zone(const Cluster& cluster, std::uint32_t zone) {
    std::vector<Member> members;
    for (Member member = zone; member < cluster.size(); member += kZones) {
        members.push_back(member);
    }
    return members;
}

ClusterOptions in_zones(const ScenarioOptions& options) {
    ClusterOptions cluster = options.cluster;
    cluster.zone_count = kZones;
    return cluster;
}

// A zone loses power; all survivors must know, and harm nobody.
void lose_zone(Trial& trial, Duration limit) {
    const auto victims = members_of_zone(*trial, kVictimZone);
    const std::size_t before = running_count(*trial);
    const std::size_t deaths_before = trial->deaths_except(victims);
    const Instant lost = trial->now();
    trial.fault([&] {
        for (const Member victim : victims) {
            trial->power_off(victim);
        }
    });
    trial.took_hold(running_count(*trial) + victims.size() == before, "the zone still runs");
    trial.expect(trial.run_until_whole(limit).has_value(), "not all know of the outage in time");
    if (const auto last = last_death_after(*trial, victims, lost)) {
        trial.add("outage_first_death_s", seconds(*first_death_after(*trial, victims, lost)));
        trial.add("outage_last_death_s", seconds(*last));
    }
    trial.promise(trial->deaths_except(victims) == deaths_before, "a survivor was declared dead");
}

void zone_outage(const ScenarioOptions& options, Report& report) {
    Trial trial(options, report, in_zones(options));
    trial.run_for(kSettle);
    lose_zone(trial, std::max<Duration>(15s, detection_limit(options.cluster)));
    trial.finish();
}

constexpr std::array kWanSettings{
    Setting{"duration_s", 60, 1e6, "how long it is quiet first"},
    Setting{"cut_s", 60, 3600, "how long a zone is cut off"},
};

// 40 to 50 ms one way between zones, with tails.
void spread_out(Cluster& cluster) {
    for (std::uint32_t from = 0; from < kZones; ++from) {
        for (std::uint32_t to = 0; to < kZones; ++to) {
            if (from != to) {
                Override far;
                far.delay = 40ms + 5ms * (from + to - 1);
                far.jitter = 2ms;
                cluster.world().topology().set_zone_pair(from, to, far);
            }
        }
    }
}

void kill_one(Trial& trial) {
    constexpr Member kVictim = 4;
    const Instant killed = trial->now();
    trial.fault([&] { trial->kill(kVictim); });
    trial.took_hold(!trial->is_up(kVictim), "the victim runs");
    trial.expect(trial.run_until_whole(detection_limit(trial->options())).has_value(),
                 "a crash is not known to all in time");
    const std::array<Member, 1> victims{kVictim};
    if (const auto last = last_death_after(*trial, victims, killed)) {
        trial.add("crash_first_death_s", seconds(*first_death_after(*trial, victims, killed)));
        trial.add("crash_last_death_s", seconds(*last));
    }
    trial.promise(trial->deaths_except(victims) == 0, "somebody else was declared dead");
    trial.fault([&] { trial->restart(kVictim); });
    trial.expect(trial.run_until_whole(heal_limit(trial->options(), 10s)).has_value(),
                 "the killed one is not back");
}

void cut_zone(Trial& trial, Duration length) {
    const std::size_t before = trial->deaths().size();
    trial.fault([&] { trial->partition({members_of_zone(*trial, 2)}); });
    trial.run_for(length);
    trial.took_hold(trial->deaths().size() > before, "nobody lost anybody");
    const std::size_t same_side = count_deaths(*trial, [](const Death& death) {
        return death.victim != 4 && (death.observer % kZones == 2) == (death.victim % kZones == 2);
    });
    trial.promise(same_side == 0, "a member was declared dead on its own side");
    trial->heal();
    const auto whole =
        trial.run_until_whole(heal_limit(trial->options(), length <= 60s ? 5s : 30s));
    trial.expect(whole.has_value(), "not one cluster again in time after the heal");
    if (whole) {
        trial.add("whole_again_s", seconds(*whole));
    }
}

void wan(const ScenarioOptions& options, Report& report) {
    Trial trial(options, report, in_zones(options));
    spread_out(*trial);
    trial.run_for(kSettle);
    trial.forget_traffic();
    trial.run_for(options.duration("duration_s"));
    trial.add_traffic("idle_");
    trial.promise(trial->deaths().empty(), "somebody was declared dead for being far away");
    kill_one(trial);
    cut_zone(trial, options.duration("cut_s"));
    lose_zone(trial, std::max<Duration>(20s, detection_limit(options.cluster)));
    trial.finish();
}

constexpr std::array kZoneScenarios{
    Scenario{"wan", "zones 40 to 50 ms apart: a member dies, a zone is cut off, a zone dies", 60,
             kWanSettings, wan, true, kDecidesZones | kDecidesProfile, TimingProfile::Wan},
    Scenario{"zone-outage",
             "one of three zones loses power: all found within 15 s",
             60,
             {},
             zone_outage,
             true,
             kDecidesZones},
};

}  // namespace

std::span<const Scenario> zone_scenarios() {
    return kZoneScenarios;
}

}  // namespace memberd::sim
