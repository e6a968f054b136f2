// Members that end without a word.
#include <array>

#include "chaos/scenarios/measures.hpp"
#include "chaos/scenarios/trial.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

constexpr Member kFirstVictim = 1;  // 0 is the seed

void add_detection(Trial& trial, std::span<const Member> victims, Instant since) {
    if (const auto first = first_death_after(*trial, victims, since)) {
        trial.add("first_death_s", seconds(*first));
    }
    if (const auto last = last_death_after(*trial, victims, since)) {
        trial.add("last_death_s", seconds(*last));
    }
}

// Ends these, waits until all survivors know, and says what else happened.
void end_and_judge(Trial& trial,
                   std::span<const Member> victims,
                   bool is_power_off,
                   Duration limit) {
    trial.run_for(kSettle);
    const Instant ended = trial->now();
    const std::size_t before = running_count(*trial);
    trial.fault([&] {
        for (const Member victim : victims) {
            if (is_power_off) {
                trial->power_off(victim);
            } else {
                trial->kill(victim);
            }
        }
    });
    trial.took_hold(running_count(*trial) + victims.size() == before, "somebody still runs");
    const bool is_known = trial.run_until_whole(limit).has_value();
    trial.expect(is_known, "not all know of the crash in time");
    add_detection(trial, victims, ended);
    trial.run_for(10s);
    trial.promise(trial->deaths_except(victims) == 0, "somebody else was declared dead");
    trial.promise(trial->deaths().size() == victims.size() * running_count(*trial),
                  "not one death for each observer and victim");
    trial.expect(is_whole(*trial), "what all knew is known no more");
    trial.finish();
}

constexpr std::array kCrashSettings{
    Setting{"power", 0, 1, "1: their machines end too, and refuse nothing"},
    Setting{"victims", 1, 10'000, "so many at once"},
};

void crash(const ScenarioOptions& options, Report& report) {
    Trial trial(options, report);
    const auto victims = members_from(*trial, kFirstVictim, options.count("victims"));
    end_and_judge(trial, victims, options.count("power") == 1, detection_limit(options.cluster));
}

constexpr std::array kThirdSettings{
    Setting{"power", 0, 1, "1: their machines end too, and refuse nothing"},
    Setting{"share", 0.3, 0.9, "of the members"},
};

// 15 s, at whatever size.
void crash_third(const ScenarioOptions& options, Report& report) {
    Trial trial(options, report);
    const auto victims =
        members_from(*trial, kFirstVictim, share_of(*trial, options.number("share")));
    end_and_judge(trial, victims, options.count("power") == 1,
                  std::max<Duration>(15s, detection_limit(options.cluster)));
}

constexpr std::array kCrashScenarios{
    Scenario{"crash", "members are killed at once: who knows when, and nobody else is harmed", 100,
             kCrashSettings, crash},
    Scenario{"crash-third", "three in ten are killed at once: all found within 15 s", 100,
             kThirdSettings, crash_third},
};

}  // namespace

std::span<const Scenario> crash_scenarios() {
    return kCrashScenarios;
}

}  // namespace memberd::sim
