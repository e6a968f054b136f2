// Parts of the network that can't reach one another, wholly or in part, and what comes after.
#include <algorithm>
#include <array>

#include "chaos/scenarios/measures.hpp"
#include "chaos/scenarios/trial.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

using Groups = std::vector<std::vector<Member>>;

// Members in `count` groups of neighbouring numbers.
Groups groups_of(const Cluster& cluster, std::size_t count) {
    Groups groups(count);
    for (Member member = 0; member < cluster.size(); ++member) {
        groups[member * count / cluster.size()].push_back(member);
    }
    return groups;
}

std::vector<std::size_t> group_numbers(const Groups& groups, std::size_t member_count) {
    std::vector<std::size_t> numbers(member_count);
    for (std::size_t number = 0; number < groups.size(); ++number) {
        for (const Member member : groups[number]) {
            numbers[member] = number;
        }
    }
    return numbers;
}

// How long a heal may take: 5 s after a cut of up to a minute.
Duration whole_limit(const Trial& trial, Duration cut) {
    return heal_limit(trial.options().cluster, cut <= 60s ? 5s : 30s);
}

void heal_and_judge(Trial& trial, Duration cut) {
    trial->heal();
    trial.forget_traffic();
    const auto whole = trial.run_until_whole(whole_limit(trial, cut));
    trial.expect(whole.has_value(), "not one cluster again in time after the heal");
    if (whole) {
        trial.add("whole_again_s", seconds(*whole),
                  cut > 60s ? "<= 15; judged: <= 30, which is wanted of 99 in 100 seeds" : "");
    }
}

// The groups are cut from one another for a while. All must find the others dead, nobody its own.
void cut_groups(Trial& trial, const Groups& groups, Duration length) {
    const auto number = group_numbers(groups, trial->size());
    trial.run_for(kSettle);
    trial.fault([&] { trial->partition(groups); });
    trial.run_for(length);
    const std::size_t same_side = count_deaths(
        *trial, [&](const Death& death) { return number[death.observer] == number[death.victim]; });
    std::size_t expected = 0;
    for (const std::vector<Member>& group : groups) {
        expected += group.size() * (trial->size() - group.size());
    }
    const std::size_t across = trial->deaths().size() - same_side;
    trial.add("deaths_across", static_cast<double>(across));
    trial.add("same_side_deaths", static_cast<double>(same_side));
    trial.took_hold(across > 0, "nobody lost anybody");
    trial.promise(across == expected || length < detection_limit(trial.options().cluster),
                  "a side has not found all of the others dead");
    trial.promise(same_side == 0, "a member was declared dead on its own side");
    heal_and_judge(trial, length);
    trial.finish();
}

constexpr std::array kCutSettings{
    Setting{"duration_s", 60, 1e6, "how long the cut lasts"},
};

void partition_half(const ScenarioOptions& options, Report& report) {
    Trial trial(options, report);
    cut_groups(trial, groups_of(*trial, 2), options.duration("duration_s"));
}

constexpr std::array kScenarios{
    Scenario{"partition-half", "halves can't reach one another, then heal", 100, kCutSettings,
             partition_half},
};

}  // namespace

std::span<const Scenario> partition_scenarios() {
    return kScenarios;
}

}  // namespace memberd::sim
