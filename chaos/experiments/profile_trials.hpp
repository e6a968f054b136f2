// What each profile of mode memberd tolerates, how fast it is and what it costs: the scenarios that
// measure it, for one table.
//
// A trial is one run of a scenario with one value of its main setting. A value is tolerated if no
// seed saw a death that it should not have; what a profile tolerates is the greatest value below
// the first that is not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "detector/timing.hpp"

namespace memberd::sim {

// A row of the table.
struct ProfileQuestion {
    std::string_view name;      // ends in its unit
    std::string_view scenario;  // its name
    std::string_view key;       // the setting that takes the values; empty: there is one run
    std::vector<double> values;
    std::vector<std::string_view> settings;  // KEY=VALUE
    // The figure that is the answer (its median over the seeds); empty: the greatest value at which
    // the figures `harm` are all 0.
    std::string_view figure;
    std::vector<std::string_view> harm;
};

const std::vector<ProfileQuestion>& profile_questions();

struct ProfileTrial {
    TimingProfile profile = TimingProfile::Lan;
    std::size_t question = 0;  // of profile_questions()
    std::size_t value = 0;     // of its values
    std::uint64_t seed = 1;
};

// Every value of every question, for each profile and seed, in that order.
std::vector<ProfileTrial> profile_trials(std::span<const TimingProfile> profiles,
                                         std::uint64_t first_seed,
                                         std::size_t seeds);

struct ProfileOutcome {
    std::map<std::string, double, std::less<>> figures;
    // A fault that did not take hold: such a run says nothing.
    std::string failure;
};

// Runs it with `n` members and the links of the profile: 0.25 ms one way, or 45 ms and 5 ms on
// average on top for Wan. What the scenario promises is not judged: how much is too much is the
// question.
ProfileOutcome run_trial(const ProfileTrial& trial, std::size_t n);

struct ProfileAnswer {
    TimingProfile profile = TimingProfile::Lan;
    std::size_t question = 0;
    double value = 0.0;
    bool is_least = false;     // no value was tolerated; `value` is then the least that was tried
    bool is_greatest = false;  // all were: the limit lies above
};

// `outcomes` are of profile_trials() with the same arguments, in order.
std::vector<ProfileAnswer> answers_of(std::span<const ProfileTrial> trials,
                                      std::span<const ProfileOutcome> outcomes);

}  // namespace memberd::sim
