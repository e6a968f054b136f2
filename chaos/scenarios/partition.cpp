// Parts of the network that can't reach one another, wholly or in part, and what comes after.
#include <algorithm>
#include <array>
#include <bit>

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

// By when whoever is alone has found all others dead: it doubts itself first, the longer the more
// they were. The baselines don't.
Duration lone_limit(const ClusterOptions& options) {
    const SelfDoubtSettings& doubt = options.timing.self_doubt;
    const auto doublings = static_cast<Duration::rep>(std::bit_width(options.n - 1));
    return detection_limit(options) + (options.mode == Mode::Memberd
                                           ? doubt.silence + doubt.doubt_max * doublings
                                           : Duration::zero());
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
    std::size_t too_early = 0;
    for (const std::vector<Member>& group : groups) {
        const bool may_be_late = group.size() == 1 && length < lone_limit(trial.options().cluster);
        (may_be_late ? too_early : expected) += group.size() * (trial->size() - group.size());
    }
    const std::size_t across = trial->deaths().size() - same_side;
    trial.add("deaths_across", static_cast<double>(across));
    trial.add("same_side_deaths", static_cast<double>(same_side));
    trial.took_hold(across > 0, "nobody lost anybody");
    trial.promise((across >= expected && across <= expected + too_early) ||
                      length < detection_limit(trial.options().cluster),
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

void partition_one_out(const ScenarioOptions& options, Report& report) {
    Trial trial(options, report);
    Groups groups(2);
    for (Member member = 0; member < trial->size(); ++member) {
        groups[member == 1 ? 1 : 0].push_back(member);
    }
    cut_groups(trial, groups, options.duration("duration_s"));
}

void partition_three_ways(const ScenarioOptions& options, Report& report) {
    Trial trial(options, report);
    cut_groups(trial, groups_of(*trial, 3), options.duration("duration_s"));
}

// --- Cuts that some can reach around ---

constexpr std::array kPartialSettings{
    Setting{"duration_s", 600, 1e6, "how long the cut lasts"},
};

// Cuts every pair for which `is_cut` says so. Everybody can still be reached by others that both
// reach, so nobody may die.
void cut_pairs(Trial& trial, const std::function<bool(Member, Member)>& is_cut, Duration length) {
    trial.run_for(kSettle);
    trial.fault([&] {
        for (Member from = 0; from < trial->size(); ++from) {
            for (Member to = 0; to < trial->size(); ++to) {
                if (from != to && is_cut(from, to)) {
                    trial->cut_one_way(from, to);
                }
            }
        }
    });
    trial.run_for(length);
    trial.took_hold(not_carried(*trial) > 0, "everything was carried");
    trial.add_traffic();
    trial.promise(trial->deaths().empty(), "a member was declared dead that others reach");
    trial->heal();
    const auto whole = trial.run_until_whole(heal_limit(trial.options().cluster, 5s));
    trial.expect(whole.has_value(), "not one cluster again in time after the heal");
    if (whole) {
        trial.add("whole_again_s", seconds(*whole));
    }
    trial.finish();
}

// Five groups in a ring, each reaches its two neighbours only: any two that are cut have a third
// group between them.
void partition_ring(const ScenarioOptions& options, Report& report) {
    constexpr std::size_t kGroupCount = 5;
    Trial trial(options, report);
    const auto number = group_numbers(groups_of(*trial, kGroupCount), trial->size());
    cut_pairs(
        trial,
        [&](Member from, Member to) {
            const std::size_t apart = (number[from] + kGroupCount - number[to]) % kGroupCount;
            return apart != 0 && apart != 1 && apart != kGroupCount - 1;
        },
        options.duration("duration_s"));
}

constexpr std::array kBridgeSettings{
    Setting{"duration_s", 600, 1e6, "how long the cut lasts"},
    Setting{"bridges", 2, 1000, "members that reach both halves"},
};

// Halves, and a few that reach both.
void partition_bridge(const ScenarioOptions& options, Report& report) {
    Trial trial(options, report);
    const auto half = static_cast<Member>(trial->size() / 2);
    const auto bridges = static_cast<Member>(options.number("bridges"));
    cut_pairs(
        trial,
        [&](Member from, Member to) {
            return from >= bridges && to >= bridges && (from < half) != (to < half);
        },
        options.duration("duration_s"));
}

// --- One way ---

// The second half is not heard by the first. As no round trip crosses the cut, each must find the
// other dead; what the first half says still arrives.
void partition_one_way(const ScenarioOptions& options, Report& report) {
    Trial trial(options, report);
    const auto half = static_cast<Member>(trial->size() / 2);
    const Duration length = options.duration("duration_s");
    trial.run_for(kSettle);
    trial.fault([&] {
        for (Member from = half; from < trial->size(); ++from) {
            for (Member to = 0; to < half; ++to) {
                trial->cut_one_way(from, to);
            }
        }
    });
    trial.run_for(length);
    const std::size_t same_side = count_deaths(*trial, [&](const Death& death) {
        return (death.observer < half) == (death.victim < half);
    });
    const std::size_t across = trial->deaths().size() - same_side;
    trial.add("deaths_across", static_cast<double>(across));
    trial.add("same_side_deaths", static_cast<double>(same_side));
    trial.add_traffic();
    trial.took_hold(across > 0, "nobody lost anybody");
    trial.promise(same_side == 0, "a member was declared dead on its own side");
    heal_and_judge(trial, length);
    trial.finish();
}

// --- Longer than everything that is remembered ---

constexpr std::array kLongSettings{
    Setting{"duration_s", 600, 1e6, "how long the cut lasts"},
    Setting{"window_s", 300, 1e6, "how long the dead and the left are remembered"},
    Setting{"churn_s", 20, 1e6, "on each side one goes and one comes, again after this time"},
};

// On a side of the cut one member goes, never the seed, and another comes. It is told of the seed
// of all and of one on its side.
void churn_side(Trial& trial, std::uint32_t side, std::vector<std::uint32_t>& sides) {
    std::vector<Member> here;
    for (Member member = 1; member < trial->size(); ++member) {
        if (trial->is_up(member) && sides[member] == side) {
            here.push_back(member);
        }
    }
    Random& chance = trial->world().schedule();
    std::swap(here[chance.below(here.size())], here.back());
    trial->kill(here.back());
    here.pop_back();
    NewMember wanted;
    wanted.seeds = {0, here[chance.below(here.size())]};
    const auto newcomer = static_cast<Member>(trial->size());
    trial->world().topology().set_group(newcomer, side);
    trial->add(wanted);
    sides.push_back(side);
}

// Halves that forget one another, while members come and go on both sides. Only the seed of all is
// known to both in the end.
void partition_long(const ScenarioOptions& options, Report& report) {
    ClusterOptions cluster = options.cluster;
    cluster.timing.membership.dead_window = options.duration("window_s");
    cluster.timing.membership.tombstone_window = options.duration("window_s");
    Trial trial(options, report, cluster);
    const Duration length = options.duration("duration_s");
    trial.run_for(kSettle);
    const Groups halves = groups_of(*trial, 2);
    std::vector<std::uint32_t> sides(trial->size());
    for (Member member = 0; member < trial->size(); ++member) {
        sides[member] = member < halves[0].size() ? 1 : 2;
    }
    trial.fault([&] { trial->partition(halves); });
    const Instant end = trial->now() + length;
    while (trial->now() < end && trial->violations().empty()) {
        trial.run_for(std::min(options.duration("churn_s"), end - trial->now()));
        trial.fault([&] {
            churn_side(trial, 1, sides);
            churn_side(trial, 2, sides);
        });
    }
    // What is under way on one side comes to its end before the sides meet.
    trial.run_for(detection_limit(cluster));
    const EngineStatus status = trial->engine(0).status(trial->now());
    trial.add("dead_remembered", status.dead);
    trial.took_hold(status.alive < running_count(*trial), "the seed has lost nobody");
    trial.promise(trial->history().false_deaths() == 0,
                  "a member was declared dead on its own side");
    heal_and_judge(trial, length);
    trial.finish();
}

constexpr std::array kPartitionScenarios{
    Scenario{"partition-bridge", "halves, but two members reach both: nobody dies in 10 min", 30,
             kBridgeSettings, partition_bridge},
    Scenario{"partition-half", "halves can't reach one another, then heal: whole in 5 s", 100,
             kCutSettings, partition_half},
    Scenario{"partition-long", "the same for longer than the dead are remembered, with churn", 60,
             kLongSettings, partition_long},
    Scenario{"partition-one-out", "one can't reach anybody, then heals: whole in 5 s", 100,
             kCutSettings, partition_one_out},
    Scenario{"partition-one-way", "a half does not hear the other, then heals: whole in 5 s", 100,
             kCutSettings, partition_one_way},
    Scenario{"partition-ring", "five groups reach their neighbours only: nobody dies in 10 min", 50,
             kPartialSettings, partition_ring},
    Scenario{"partition-three-ways", "thirds can't reach one another, then heal: whole in 5 s", 99,
             kCutSettings, partition_three_ways},
};

}  // namespace

std::span<const Scenario> partition_scenarios() {
    return kPartitionScenarios;
}

}  // namespace memberd::sim
