// The same names again: quickly, all at once, one after the other, without memory, elsewhere,
// and twice.
#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "chaos/scenarios/measures.hpp"
#include "chaos/scenarios/trial.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

// How a group of members comes back.
struct Comeback {
    DataDirectory directory = DataDirectory::Kept;
    Address address = Address::Same;
    Duration down{};
    Duration limit{};          // whole again, after the start
    bool is_no_death = false;  // nobody may notice more than an update
};

// Everybody that is up knows the present run of these.
bool all_know_runs(const Cluster& cluster, std::span<const Member> members) {
    for (const Member member : members) {
        const Claim own = cluster.engine(member).self().claim;
        for (Member observer = 0; observer < cluster.size(); ++observer) {
            if (!cluster.is_up(observer)) {
                continue;
            }
            const auto view = cluster.engine(observer).find(cluster.name(member));
            if (!view || view->claim.instance != own.instance) {
                return false;
            }
        }
    }
    return true;
}

std::vector<std::uint64_t> generations(const Cluster& cluster, std::span<const Member> members) {
    std::vector<std::uint64_t> all;
    for (const Member member : members) {
        all.push_back(cluster.world().generation(member));
    }
    return all;
}

void restart_and_judge(Trial& trial, std::span<const Member> members, const Comeback& how) {
    trial.run_for(kSettle);
    trial.forget_traffic();
    const auto before = generations(*trial, members);
    trial.fault([&] {
        for (const Member member : members) {
            trial->kill(member);
        }
    });
    trial.run_for(how.down);
    trial.fault([&] {
        for (const Member member : members) {
            trial->restart(member, how.directory, how.address);
        }
    });
    const Instant started = trial->now();
    const bool all_know =
        trial.run_until([&] { return is_whole(*trial) && all_know_runs(*trial, members); },
                        heal_limit(trial.options().cluster, how.limit));
    trial.expect(all_know, "not everybody knows the new runs in time");
    if (all_know) {
        trial.add("all_know_s", seconds(trial->now() - started));
    }
    const auto after = generations(*trial, members);
    trial.took_hold(std::equal(before.begin(), before.end(), after.begin(), std::less<>()),
                    "somebody still has its old generation");
    trial.add_traffic();
    // A suspicion or a death that is still under way would come now.
    trial.run_for(20s);
    trial.promise(trial->deaths_except(members) == 0, "somebody else was declared dead");
    if (how.is_no_death) {
        trial.promise(trial->deaths().empty(), "a quick restart was taken for a death");
    }
    trial.expect(is_whole(*trial), "what all knew is known no more");
    trial.finish();
}

constexpr std::array kQuickSettings{
    Setting{"down_s", 0.5, 3600, "how long they are down"},
    Setting{"victims", 1, 10'000, "so many at once"},
};

void quick(const ScenarioOptions& options, Report& report) {
    Trial trial(options, report);
    const Duration down = options.duration("down_s");
    restart_and_judge(
        trial, members_from(*trial, 1, options.count("victims")),
        {DataDirectory::Kept, Address::Same, down, 3s, down < options.cluster.timing.silence_min});
}

constexpr std::array kMassSettings{
    Setting{"down_s", 2, 3600, "how long they are down"},
    Setting{"share", 0.1, 0.9, "of the members, all at once"},
};

void mass(const ScenarioOptions& options, Report& report) {
    Trial trial(options, report);
    restart_and_judge(trial, members_from(*trial, 1, share_of(*trial, options.number("share"))),
                      {DataDirectory::Kept, Address::Same, options.duration("down_s"), 10s, false});
}

void lost_state(const ScenarioOptions& options, Report& report) {
    Trial trial(options, report);
    restart_and_judge(trial, members_from(*trial, 1, options.count("victims")),
                      {DataDirectory::Lost, Address::Same, options.duration("down_s"), 10s, false});
}

void new_address(const ScenarioOptions& options, Report& report) {
    Trial trial(options, report);
    const auto victims = members_from(*trial, 1, options.count("victims"));
    restart_and_judge(trial, victims,
                      {DataDirectory::Kept, Address::New, options.duration("down_s"), 8s, false});
}

// --- Rolling ---

constexpr std::array kRollingSettings{
    Setting{"down_s", 10, 25, "how long each is down, announced before"},
    Setting{"share", 0.2, 1, "of the members, one after the other"},
};

// An announced restart keeps its member's place: nobody is ever missed.
void rolling(const ScenarioOptions& options, Report& report) {
    Trial trial(options, report);
    trial.run_for(kSettle);
    const auto members = members_from(*trial, 1, share_of(*trial, options.number("share")));
    const auto before = generations(*trial, members);
    Duration longest{};
    for (const Member member : members) {
        trial.fault([&] { trial->world().announce_restart(member); });
        trial.run_until([&] { return trial->world().life(member) == Life::Absent; }, 3s);
        trial.run_for(options.duration("down_s"));
        trial.fault([&] { trial->restart(member); });
        const auto whole = trial.run_until_whole(heal_limit(options.cluster, 5s));
        trial.expect(whole.has_value(), "a restarted member is not seen by all in time");
        longest = std::max(longest, whole.value_or(0s));
    }
    const auto after = generations(*trial, members);
    trial.took_hold(std::equal(before.begin(), before.end(), after.begin(), std::less<>()),
                    "somebody still has its old generation");
    trial.add("restarts", static_cast<double>(members.size()));
    trial.add("longest_return_s", seconds(longest));
    trial.promise(trial->deaths().empty(), "an announced restart was taken for a death");
    trial.finish();
}

// --- All at once, some without memory ---

constexpr std::array kAllSettings{
    Setting{"down_s", 10, 3600, "how long nobody runs"},
    Setting{"spread_s", 10, 3600, "the time over which they start, in random order"},
    Setting{"lost_share", 0.5, 1, "of them have lost their data directories"},
};

void all(const ScenarioOptions& options, Report& report) {
    Trial trial(options, report);
    trial.run_for(kSettle);
    const auto members = members_from(*trial, 0, trial->size());
    const auto before = generations(*trial, members);
    trial.fault([&] {
        for (const Member member : members) {
            trial->kill(member);
        }
    });
    trial.took_hold(running_count(*trial) == 0, "somebody still runs");
    trial.run_for(options.duration("down_s"));
    Random& chance = trial->world().schedule();
    trial.fault([&] {
        for (const Member member : members) {
            const auto directory = chance.chance(options.number("lost_share"))
                                       ? DataDirectory::Lost
                                       : DataDirectory::Kept;
            const Duration wait = chance.between(0s, options.duration("spread_s"));
            trial->world().at(trial->now() + wait,
                              [&trial, member, directory] { trial->restart(member, directory); });
        }
    });
    trial.run_for(options.duration("spread_s"));
    const auto whole = trial.run_until_whole(heal_limit(options.cluster, 15s));
    trial.expect(whole.has_value(), "not one cluster in time after the last start");
    if (whole) {
        trial.add("whole_after_last_start_s", seconds(*whole));
    }
    trial.finish();
}

// --- Two with one name ---

constexpr std::array kCloneSettings{
    Setting{"cut_s", 60, 3600, "how long halves are cut, while the clone lives in the other"},
};

std::size_t running_with_name(const Cluster& cluster, std::string_view name) {
    std::size_t count = 0;
    for (Member member = 0; member < cluster.size(); ++member) {
        count += cluster.is_up(member) && cluster.name(member) == name ? 1U : 0U;
    }
    return count;
}

// A clone that joins beside the living one must be refused.
void clone_beside(Trial& trial, Member original) {
    NewMember wanted;
    wanted.name = trial->name(original);
    Member clone = original;
    trial.fault([&] { clone = trial->add(wanted); });
    trial.took_hold(clone != original, "there is no clone");
    trial.run_until([&] { return running_with_name(*trial, wanted.name) == 1; }, 10s);
    trial.expect(running_with_name(*trial, wanted.name) == 1, "two with one name for 10 s");
    trial.expect(trial->is_up(original), "the newcomer has displaced the living member");
    trial.run_for(5s);
    trial.promise(trial->deaths().empty(), "a clone killed somebody");
}

// A clone that was started in the other half of a cut meets the original when it heals.
void clone_across(Trial& trial, Member original, Duration cut) {
    std::vector<Member> with_original;
    for (Member member = 0; member < trial->size() / 2; ++member) {
        with_original.push_back(member);
    }
    trial.fault([&] { trial->partition({with_original}); });
    trial.run_for(cut);
    NewMember wanted;
    wanted.name = trial->name(original);
    wanted.seeds = {static_cast<Member>(trial.options().cluster.n - 1)};
    wanted.generation = trial->world().generation(original) + 1;  // what its half remembers
    trial.fault([&] { trial->add(wanted); });
    trial.run_for(10s);
    trial.took_hold(running_with_name(*trial, wanted.name) == 2, "there are not two to meet");
    trial->heal();
    const Instant healed = trial->now();
    trial.run_until([&] { return running_with_name(*trial, wanted.name) < 2; }, 30s);
    trial.add("one_name_again_s", seconds(trial->now() - healed));
    trial.promise(running_with_name(*trial, wanted.name) == 1, "not exactly one keeps the name");
    trial.promise(trial->now() - healed <= 10s, "two with one name for more than 10 s");
    const auto whole = trial.run_until_whole(heal_limit(trial.options().cluster, 10s));
    trial.promise(whole.has_value(), "not one cluster again in time");
}

void clone(const ScenarioOptions& options, Report& report) {
    constexpr Member kOriginal = 1;
    Trial trial(options, report);
    trial.run_for(kSettle);
    clone_beside(trial, kOriginal);
    clone_across(trial, kOriginal, options.duration("cut_s"));
    trial.finish();
}

constexpr std::array kRestartScenarios{
    Scenario{"restart-all", "everybody is down, then starts within 10 s, half without memory", 30,
             kAllSettings, all},
    Scenario{"restart-clone", "a second process with a name: beside the first, and across a cut",
             30, kCloneSettings, clone},
    Scenario{"restart-lost-state", "a restart without data directory is known within 10 s", 100,
             kQuickSettings, lost_state},
    Scenario{"restart-mass", "a tenth restarts at once: alive everywhere within 10 s", 1000,
             kMassSettings, mass},
    Scenario{"restart-new-address", "a restart at another address is known within 8 s", 100,
             kQuickSettings, new_address},
    Scenario{"restart-quick", "a restart in place within half a second: known in 3 s, no death",
             100, kQuickSettings, quick},
    Scenario{"restart-rolling", "announced restarts one after the other: nobody is ever missed", 50,
             kRollingSettings, rolling},
};

}  // namespace

std::span<const Scenario> restart_scenarios() {
    return kRestartScenarios;
}

}  // namespace memberd::sim
