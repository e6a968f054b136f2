// Processes that stand still for a while and go on as if nothing had been.
#include <algorithm>
#include <array>

#include "chaos/scenarios/measures.hpp"
#include "chaos/scenarios/trial.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

// The longest pause that is never a failure, by profile.
Duration tolerated(const Timing& timing) {
    if (timing.silence_min == timing_of(TimingProfile::Local).silence_min) {
        return 1s;
    }
    return timing.silence_min == timing_of(TimingProfile::Wan).silence_min ? 4s : 2s;
}

constexpr std::array kPauseSettings{
    Setting{"pause_s", 2, 3600, "how long each pause lasts"},
    Setting{"repeats", 20, 100'000, "so many pauses, of one member after the other"},
};

struct Pauses {
    std::size_t of_victims = 0;  // deaths of those who stood still
    std::size_t by_victims = 0;  // declared by them
    Duration longest_return{};   // until all saw all again
    bool all_are_found = true;   // long pauses only
};

void pause_once(Trial& trial, Member victim, Duration length, Pauses& pauses) {
    const std::size_t before = trial->deaths().size();
    trial.fault([&] { trial->pause(victim); });
    trial.took_hold(trial->world().life(victim) == Life::Paused, "a process runs on");
    trial.run_for(length);
    const std::size_t found = trial->deaths().size() - before;
    const std::size_t others = trial->size() - 1;
    // Pauses shorter than a detection may be found by some, none, or all.
    if (length >= detection_limit(trial.options().cluster)) {
        pauses.all_are_found = pauses.all_are_found && found == others;
    }
    trial.fault([&] { trial->resume(victim); });
    const auto back = trial.run_until_whole(heal_limit(trial.options().cluster, 5s));
    trial.expect(back.has_value(), "not everybody is back after a pause");
    pauses.longest_return = std::max(pauses.longest_return, back.value_or(0s));
    trial.run_for(5300ms);  // no multiple of the period
    for (std::size_t i = before; i < trial->deaths().size(); ++i) {
        pauses.of_victims += trial->deaths()[i].victim == victim ? 1U : 0U;
        pauses.by_victims += trial->deaths()[i].observer == victim ? 1U : 0U;
    }
}

void pauses(const ScenarioOptions& options, Report& report) {
    Trial trial(options, report);
    trial.run_for(kSettle);
    const Duration length = options.duration("pause_s");
    Pauses pauses;
    for (std::size_t i = 0; i < options.count("repeats"); ++i) {
        pause_once(trial, static_cast<Member>((i + 1) % trial->size()), length, pauses);
    }
    trial.add("deaths_of_paused", static_cast<double>(pauses.of_victims));
    trial.add("deaths_by_paused", static_cast<double>(pauses.by_victims));
    trial.add("longest_return_s", seconds(pauses.longest_return));
    trial.promise(length > tolerated(options.cluster.timing) || pauses.of_victims == 0,
                  "a pause that is no failure was taken for one");
    trial.promise(pauses.by_victims == 0, "a member that stood still declared another dead");
    trial.promise(pauses.all_are_found, "a long pause was not found by all");
    trial.promise(pauses.of_victims == trial->deaths().size(), "somebody else was declared dead");
    trial.finish();
}

constexpr std::array kPauseScenarios{
    Scenario{"pauses", "one member after the other stands still; at most 2 s (lan) is no failure",
             100, kPauseSettings, pauses},
};

}  // namespace

std::span<const Scenario> pause_scenarios() {
    return kPauseScenarios;
}

}  // namespace memberd::sim
