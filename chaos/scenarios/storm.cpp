// Much at once: joins, leaves, changed tags, and a death in the middle of them.
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/core.h>

#include "chaos/scenarios/measures.hpp"
#include "chaos/scenarios/trial.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

// --- Joins ---

constexpr std::array kJoinSettings{
    Setting{"share", 1, 10, "newcomers, of the members"},
};

void join(const ScenarioOptions& options, Report& report) {
    Trial trial(options, report);
    trial.run_for(kSettle);
    trial.forget_traffic();
    const std::size_t before = trial->size();
    const std::size_t newcomers = share_of(*trial, options.number("share"));
    trial.fault([&] {
        for (std::size_t i = 0; i < newcomers; ++i) {
            trial->add();
        }
    });
    trial.took_hold(trial->size() == before + newcomers, "nobody has come");
    const Duration limit = trial->size() <= 100 ? 5s : 10s;
    const auto whole = trial.run_until_whole(heal_limit(options.cluster, limit));
    trial.expect(whole.has_value(), "not everybody sees everybody in time");
    if (whole) {
        trial.add("all_see_all_s", seconds(*whole));
    }
    trial.add_traffic();
    trial.run_for(10s);
    trial.promise(trial->deaths().empty(), "somebody was declared dead");
    trial.finish();
}

// --- Leaves ---

constexpr std::array kLeaveSettings{
    Setting{"share", 0.3, 0.9, "of the members leave at once"},
};

void leave(const ScenarioOptions& options, Report& report) {
    Trial trial(options, report);
    trial.run_for(kSettle);
    trial.forget_traffic();
    const auto leavers = members_from(*trial, 1, share_of(*trial, options.number("share")));
    const Instant begin = trial->now();
    trial.fault([&] {
        for (const Member leaver : leavers) {
            trial->leave(leaver);
        }
    });
    const auto all_left = [&] {
        return running_count(*trial) + leavers.size() == trial->size() && is_whole(*trial);
    };
    trial.run_until(all_left, heal_limit(options.cluster, 3s));
    trial.took_hold(running_count(*trial) + leavers.size() == trial->size(), "somebody stays");
    trial.expect(all_left(), "not all know in time that they have left");
    trial.add("all_know_s", seconds(trial->now() - begin));
    trial.add_traffic();
    trial.run_for(20s);
    std::size_t known_as_left = 0;
    for (const Member leaver : leavers) {
        known_as_left += trial->everywhere(leaver, MemberState::Left) ? 1U : 0U;
    }
    trial.promise(known_as_left == leavers.size(), "one that left is shown as something else");
    trial.promise(trial->deaths().empty(), "a leave was taken for a death");
    trial.finish();
}

// --- Tags ---

constexpr std::array kTagSettings{
    Setting{"duration_s", 10, 3600, "how long tags change"},
    Setting{"rate_per_s", 100, 1e5, "changes of single members"},
};

// Changes tags of random members, evenly spaced.
class TagStorm {
  public:
    explicit TagStorm(const ScenarioOptions& options)
        : gap_(from_seconds(1.0 / std::max(options.number("rate_per_s"), 1e-3))) {}

    void run_for(Trial& trial, Duration length) {
        const Instant end = trial->now() + length;
        while (trial->now() < end && trial->violations().empty()) {
            trial.fault([&] { change(*trial); });
            trial.run_for(std::min(gap_, end - trial->now()));
        }
    }

    [[nodiscard]] std::uint64_t changes() const { return changes_; }

  private:
    void change(Cluster& cluster) {
        const auto up = cluster.up();
        const Member member = up[cluster.world().schedule().below(up.size())];
        cluster.set_tag(member, "version", fmt::format("{}", ++changes_));
    }

    Duration gap_;
    std::uint64_t changes_ = 0;
};

void tags(const ScenarioOptions& options, Report& report) {
    Trial trial(options, report);
    trial.run_for(kSettle);
    trial.forget_traffic();
    TagStorm storm(options);
    storm.run_for(trial, options.duration("duration_s"));
    trial.took_hold(storm.changes() > 0, "no tag was changed");
    trial.add("changes", static_cast<double>(storm.changes()));
    trial.add_traffic("storm_");
    const Instant ended = trial->now();
    const bool are_equal =
        trial.run_until([&] { return trial->views_equal(); }, heal_limit(options.cluster, 15s));
    trial.expect(are_equal, "views differ after the storm");
    trial.add("views_equal_s", seconds(trial->now() - ended));
    trial.promise(trial->deaths().empty(), "somebody was declared dead");
    trial.expect(is_whole(*trial), "not everybody sees everybody");
    trial.finish();
}

// --- A death inside ---

// Rounds of gossip within which a death must be everywhere, once it is said (the bound of
// Tarantool's suite): 6 log2(n).
Duration dissemination_limit(const ClusterOptions& options) {
    return from_seconds(6.0 * std::log2(static_cast<double>(options.n)) *
                        seconds(options.timing.baseline.gossip_interval));
}

void with_death(const ScenarioOptions& options, Report& report) {
    constexpr Member kVictim = 1;
    Trial trial(options, report);
    trial.run_for(kSettle);
    trial.forget_traffic();
    TagStorm storm(options);
    storm.run_for(trial, options.duration("duration_s") / 2);
    trial.took_hold(storm.changes() > 0, "no tag was changed");
    const Instant killed = trial->now();
    trial->kill(kVictim);
    const Instant end = killed + detection_limit(options.cluster);
    while (!trial->everywhere(kVictim, MemberState::Dead) && trial->now() < end) {
        storm.run_for(trial, 100ms);
    }
    trial.add("changes", static_cast<double>(storm.changes()));
    trial.add_traffic("storm_");
    const std::array<Member, 1> victims{kVictim};
    const auto first = first_death_after(*trial, victims, killed);
    const auto last = last_death_after(*trial, victims, killed);
    trial.expect(trial->everywhere(kVictim, MemberState::Dead), "the death is not known to all");
    if (first && last) {
        trial.add("first_death_s", seconds(*first));
        trial.add("last_death_s", seconds(*last));
        const Duration limit = dissemination_limit(options.cluster);
        trial.promise(
            *last - *first <= limit,
            fmt::format("the death took more than {:.2f} s to reach all", seconds(limit)));
    }
    trial.promise(trial->deaths_except(victims) == 0, "somebody else was declared dead");
    trial.finish();
}

constexpr std::array kStormScenarios{
    Scenario{"storm-join", "as many again join at once: seen by all in 5 s (n <= 100) or 10 s", 50,
             kJoinSettings, join},
    Scenario{"storm-leave", "three in ten leave at once: known to all in 3 s, nobody is dead", 100,
             kLeaveSettings, leave},
    Scenario{"storm-tags", "tags change 100 times a second: all agree within 15 s afterwards", 100,
             kTagSettings, tags},
    Scenario{"storm-with-death", "one is killed while tags change: known in 6 log2(n) rounds", 100,
             kTagSettings, with_death},
};

}  // namespace

std::span<const Scenario> storm_scenarios() {
    return kStormScenarios;
}

}  // namespace memberd::sim
