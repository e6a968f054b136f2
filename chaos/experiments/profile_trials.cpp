#include "chaos/experiments/profile_trials.hpp"

#include <algorithm>
#include <optional>

#include <fmt/core.h>

#include "chaos/experiments/estimates.hpp"
#include "chaos/scenarios/scenario.hpp"
#include "detector/check.hpp"

namespace memberd::sim {
namespace {

std::vector<ProfileQuestion> make_questions() {
    const std::vector<double> pauses = {0.25, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8};
    const std::vector<double> losses = {0.05, 0.1, 0.2, 0.3, 0.4, 0.5};
    const std::vector<double> delays = {10, 25, 50, 100, 150, 200, 300, 400, 600, 800};
    return {
        {"power_off_first_s", "crash", {}, {0}, {"power=1"}, "first_death_s", {}},
        {"power_off_last_s", "crash", {}, {0}, {"power=1"}, "last_death_s", {}},
        {"kill_first_s", "crash", {}, {0}, {}, "first_death_s", {}},
        {"kill_last_s", "crash", {}, {0}, {}, "last_death_s", {}},
        {"idle_messages_per_member_s",
         "steady",
         {},
         {0},
         {"duration_s=60"},
         "messages_per_member_second",
         {}},
        {"idle_bytes_per_member_s",
         "steady",
         {},
         {0},
         {"duration_s=60"},
         "bytes_per_member_second",
         {}},
        {"pause_s", "pauses", "pause_s", pauses, {"repeats=10"}, {}, {"deaths"}},
        {"loss_stream", "loss-phase", "phase_loss", losses, {"on_s=120"}, {}, {"false_deaths"}},
        {"loss_datagram",
         "loss-phase",
         "phase_loss",
         losses,
         {"on_s=120", "transport=datagram"},
         {},
         {"false_deaths"}},
        {"sudden_delay_ms",
         "delay",
         "slow_delay_ms",
         delays,
         {"warm_up_s=60", "duration_s=60"},
         {},
         {"false_deaths", "warm_up_deaths"}},
    };
}

Status apply(const ProfileTrial& trial, const ProfileQuestion& question, ScenarioOptions& options) {
    std::vector<std::string> settings(question.settings.begin(), question.settings.end());
    if (!question.key.empty()) {
        settings.push_back(fmt::format("{}={:g}", question.key, question.values[trial.value]));
    }
    const bool is_wan = trial.profile == TimingProfile::Wan;
    if (is_wan && (options.scenario().decides & kDecidesDelay) == 0) {
        settings.insert(settings.end(), {"delay_ms=45", "jitter_ms=5"});
    }
    for (const std::string& setting : settings) {
        if (Status status = options.set(setting); !status) {
            return status;
        }
    }
    return {};
}

bool is_harmed(const ProfileQuestion& question, const ProfileOutcome& outcome) {
    return std::any_of(question.harm.begin(), question.harm.end(), [&](std::string_view name) {
        const auto found = outcome.figures.find(name);
        return found != outcome.figures.end() && found->second > 0.0;
    });
}

// A run that failed says nothing, and what is not known to be tolerated is not.
bool is_tolerated(const ProfileQuestion& question, const ProfileOutcome& outcome) {
    return outcome.failure.empty() && !is_harmed(question, outcome);
}

// Of one profile and question: the outcomes of all values and seeds, by value.
using ByValue = std::map<std::size_t, std::vector<const ProfileOutcome*>>;

std::optional<ProfileAnswer> answer(const ProfileQuestion& question, const ByValue& outcomes) {
    ProfileAnswer answer;
    if (!question.figure.empty()) {
        std::vector<double> values;
        for (const ProfileOutcome* outcome : outcomes.begin()->second) {
            if (const auto found = outcome->figures.find(question.figure);
                found != outcome->figures.end()) {
                values.push_back(found->second);
            }
        }
        if (values.empty()) {
            return std::nullopt;
        }
        std::sort(values.begin(), values.end());
        answer.value = quantile(values, 0.5);
        return answer;
    }
    answer.value = question.values.front();
    answer.is_least = true;
    answer.is_greatest = true;
    for (const auto& [value, of_seeds] : outcomes) {
        if (std::any_of(of_seeds.begin(), of_seeds.end(),
                        [&](const auto* each) { return !is_tolerated(question, *each); })) {
            answer.is_greatest = false;
            break;
        }
        answer.value = question.values[value];
        answer.is_least = false;
    }
    return answer;
}

}  // namespace

const std::vector<ProfileQuestion>& profile_questions() {
    static const std::vector<ProfileQuestion> questions = make_questions();
    return questions;
}

std::vector<ProfileTrial> profile_trials(std::span<const TimingProfile> profiles,
                                         std::uint64_t first_seed,
                                         std::size_t seeds) {
    std::vector<ProfileTrial> trials;
    for (const TimingProfile profile : profiles) {
        for (std::size_t question = 0; question < profile_questions().size(); ++question) {
            for (std::size_t value = 0; value < profile_questions()[question].values.size();
                 ++value) {
                for (std::size_t i = 0; i < seeds; ++i) {
                    trials.push_back({profile, question, value, first_seed + i});
                }
            }
        }
    }
    return trials;
}

ProfileOutcome run_trial(const ProfileTrial& trial, std::size_t n) {
    const ProfileQuestion& question = profile_questions()[trial.question];
    const Scenario* const scenario = find_scenario(question.scenario);
    MEMBERD_CHECK(scenario != nullptr, "no scenario has the name that a question asks for");
    ScenarioOptions options(*scenario);
    options.cluster.n = n;
    options.cluster.seed = trial.seed;
    options.cluster.mode = Mode::Memberd;
    options.cluster.timing = timing_of(trial.profile);
    options.cluster.carrying = scenario->carrying;
    options.cluster.checks = Checks::Off;  // What harms is counted; other commands check.
    ProfileOutcome outcome;
    if (const Status status = apply(trial, question, options); !status) {
        outcome.failure = status.error().text;
        return outcome;
    }
    Report report;
    scenario->run(options, report);
    for (const Figure& figure : report.figures) {
        outcome.figures[figure.name] = figure.value;
    }
    // Where everybody is dead, nothing is left to measure the fault by.
    if (!report.fault_held && !is_harmed(question, outcome)) {
        outcome.failure = report.failures.front();
    }
    return outcome;
}

std::vector<ProfileAnswer> answers_of(std::span<const ProfileTrial> trials,
                                      std::span<const ProfileOutcome> outcomes) {
    MEMBERD_CHECK(trials.size() == outcomes.size(), "every trial has an outcome");
    std::map<std::pair<TimingProfile, std::size_t>, ByValue> all;
    for (std::size_t i = 0; i < trials.size(); ++i) {
        all[{trials[i].profile, trials[i].question}][trials[i].value].push_back(&outcomes[i]);
    }
    std::vector<ProfileAnswer> answers;
    for (const auto& [which, by_value] : all) {
        if (auto found = answer(profile_questions()[which.second], by_value)) {
            found->profile = which.first;
            found->question = which.second;
            answers.push_back(*found);
        }
    }
    return answers;
}

}  // namespace memberd::sim
