// The experiments of Suresh and others, "Stable and Consistent Membership at Scale with Rapid"
// (USENIX ATC 2018), section 7: bootstrap, ten crashes, one-way reachability that comes and goes,
// and heavy loss at a hundredth of the members.
#include <algorithm>
#include <array>
#include <set>

#include <fmt/core.h>

#include "chaos/scenarios/measures.hpp"
#include "chaos/scenarios/trial.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

constexpr double kFaultyShare = 0.01;
constexpr Duration kSample = 1s;  // how often the paper's members note what they see

// --- Bootstrap ---

// Sizes of the cluster that were seen, by member, sampled each second.
class ViewSizes {
  public:
    void sample(const Cluster& cluster) {
        seen_.resize(cluster.size());
        for (Member member = 0; member < cluster.size(); ++member) {
            if (cluster.is_up(member)) {
                seen_[member].insert(cluster.engine(member).status(cluster.now()).alive);
            }
        }
    }

    [[nodiscard]] std::size_t most() const {
        std::size_t most = 0;
        for (const std::set<std::uint32_t>& sizes : seen_) {
            most = std::max(most, sizes.size());
        }
        return most;
    }

  private:
    std::vector<std::set<std::uint32_t>> seen_;
};

constexpr std::array kBootstrapSettings{
    Setting{"after_s", 10, 3600, "how long the seed is alone"},
    Setting{"limit_s", 120, 3600, "when it is given up"},
};

void bootstrap(const ScenarioOptions& options, Report& report) {
    ClusterOptions seed_alone = options.cluster;
    seed_alone.n = 1;
    seed_alone.start = StartMode::AllAtOnce;
    Trial trial(options, report, seed_alone);
    trial.run_for(options.duration("after_s"));
    trial.forget_traffic();
    const Instant begin = trial->now();
    while (trial->size() < options.cluster.n) {
        trial->add();
    }
    ViewSizes sizes;
    const Instant end = begin + options.duration("limit_s");
    std::optional<Duration> whole;
    while (!whole && trial->now() < end && trial->violations().empty()) {
        whole = trial.run_until_whole(kSample);
        sizes.sample(*trial);
    }
    trial.expect(whole.has_value(), "not everybody sees everybody in time");
    if (whole) {
        const Duration limit = options.cluster.n <= 1000 ? 20s : 30s;
        trial.add("all_see_all_s", seconds(trial->now() - begin));
        trial.promise(trial->now() - begin <= limit,
                      fmt::format("bootstrap took more than {} s", seconds(limit)));
    }
    trial.add("unique_view_sizes_most", static_cast<double>(sizes.most()));
    trial.promise(sizes.most() <= 50, "a member saw more than 50 sizes of the cluster");
    trial.add_traffic();
    trial.promise(trial->deaths().empty(), "somebody was declared dead");
    trial.finish();
}

// --- Crashes ---

constexpr std::array kTenthCrashSettings{
    Setting{"share", kFaultyShare, 0.5, "of the members are killed at once"},
};

void crash10(const ScenarioOptions& options, Report& report) {
    Trial trial(options, report);
    const auto victims = members_from(*trial, 1, share_of(*trial, options.number("share")));
    trial.run_for(kSettle);
    trial.forget_traffic();
    const Instant killed = trial->now();
    trial.fault([&] {
        for (const Member victim : victims) {
            trial->kill(victim);
        }
    });
    trial.took_hold(running_count(*trial) + victims.size() == trial->size(), "somebody still runs");
    trial.expect(trial.run_until_whole(detection_limit(options.cluster) + 17s).has_value(),
                 "not all know of the crashes in time");
    trial.add_traffic();
    if (const auto last = last_death_after(*trial, victims, killed)) {
        trial.add("first_death_s", seconds(*first_death_after(*trial, victims, killed)));
        trial.add("last_death_s", seconds(*last));
        trial.promise(*last <= 25s, "the last death came after more than 25 s");
    }
    trial.promise(trial->deaths_except(victims) == 0, "somebody else was declared dead");
    trial.finish();
}

// --- Bad links of a few ---

// What the healthy hundredths see of the bad one, sampled each second.
class HealthyRings {
  public:
    explicit HealthyRings(std::vector<Member> victims) : victims_(victims.begin(), victims.end()) {}

    void sample(const Cluster& cluster) {
        ++samples_;
        std::optional<std::uint64_t> digest;
        bool are_equal = true;
        std::size_t holders = 0;
        for (Member member = 0; member < cluster.size(); ++member) {
            if (victims_.count(member) != 0) {
                continue;
            }
            const EngineStatus status = cluster.engine(member).status(cluster.now());
            are_equal = are_equal && digest.value_or(status.ring_digest) == status.ring_digest;
            digest = status.ring_digest;
            holders += status.alive + status.suspect > cluster.size() - victims_.size() ? 1U : 0U;
        }
        equal_ += are_equal ? 1U : 0U;
        if (holders == 0 && !removed_at_) {
            removed_at_ = cluster.now();
        }
    }

    [[nodiscard]] double equal_share() const {
        return static_cast<double>(equal_) / static_cast<double>(samples_);
    }

    // When for the first time no healthy member had a bad one in its ring.
    [[nodiscard]] std::optional<Instant> removed_at() const { return removed_at_; }

  private:
    std::set<Member> victims_;
    std::size_t samples_ = 0;
    std::size_t equal_ = 0;
    std::optional<Instant> removed_at_;
};

// Runs with the fault in place and judges afterwards. `schedule` breaks and mends links while the
// time passes.
struct BadLinks {
    std::vector<Member> victims;
    HealthyRings rings;
    Instant begin;

    explicit BadLinks(Trial& trial)
        : victims(members_from(*trial, 1, share_of(*trial, kFaultyShare))),
          rings(victims) {
        trial.run_for(kSettle);
        begin = trial->now();
        for (const Member victim : victims) {
            trial->world().mark_faulty(victim, true);
        }
        trial.forget_traffic();
    }
};

void run_sampled(Trial& trial, BadLinks& bad, Duration length) {
    const Instant end = trial->now() + length;
    while (trial->now() < end && trial->violations().empty()) {
        trial.run_for(std::min(kSample, end - trial->now()));
        bad.rings.sample(*trial);
    }
}

// How often members that are well have shown one of the victims as alive again.
std::size_t returns_of(const Cluster& cluster, const std::vector<Member>& victims) {
    const std::set<Member> bad(victims.begin(), victims.end());
    const std::size_t removals = count_deaths(cluster, [&](const Death& death) {
        return bad.count(death.observer) == 0 && bad.count(death.victim) != 0;
    });
    std::size_t away = 0;
    for (Member observer = 0; observer < cluster.size(); ++observer) {
        for (const Member victim : victims) {
            away += bad.count(observer) == 0 && cluster.state(observer, victim) == MemberState::Dead
                        ? 1U
                        : 0U;
        }
    }
    return removals - std::min(away, removals);
}

// From the beginning of the fault until no healthy member has a bad one in its ring, as sampled.
constexpr Duration kFlipFlopRemoval = 4s;
constexpr Duration kLossRemoval = 45s;

// A member that flaps comes back at once the first time only.
constexpr double kReturnsMax = 2.0;

void judge(Trial& trial, const BadLinks& bad, Duration removal_limit) {
    trial.add_traffic();
    trial.took_hold(not_carried(*trial) > 0, "everything was carried");
    if (const auto first = first_death_after(*trial, bad.victims, bad.begin)) {
        trial.add("first_removal_s", seconds(*first));
    }
    if (bad.rings.removed_at()) {
        trial.add("all_removed_s", seconds(*bad.rings.removed_at() - bad.begin));
    }
    trial.promise(
        bad.rings.removed_at() && *bad.rings.removed_at() - bad.begin <= removal_limit,
        fmt::format("not all bad members were away at once after {} s", seconds(removal_limit)));
    const auto pairs =
        static_cast<double>(bad.victims.size() * (trial->size() - bad.victims.size()));
    const double returns = static_cast<double>(returns_of(*trial, bad.victims)) / pairs;
    trial.add("returns_per_pair", returns, "<= 2 in 10 min");
    trial.promise(returns <= kReturnsMax, "bad members came back too often");
    trial.add("deaths_per_pair_most",
              static_cast<double>(deaths_per_pair_max(*trial, bad.victims)));
    trial.add("rings_equal_share", bad.rings.equal_share(), ">= 0.99; not judged");
    trial.promise_accuracy();
    trial->heal();
    const auto whole = trial.run_until_whole(heal_limit(trial.options().cluster, 10s));
    trial.expect(whole.has_value(), "not one cluster again in time");
    if (whole) {
        trial.add("whole_again_s", seconds(*whole));
    }
    trial.promise_accuracy();
    trial.finish();
}

constexpr std::array kFlipFlopSettings{
    Setting{"cycles", 10, 1000, "so often the links fail and come back"},
    Setting{"off_s", 20, 3600, "how long nothing reaches the bad ones"},
    Setting{"on_s", 20, 3600, "how long everything does"},
};

void flip_flop(const ScenarioOptions& options, Report& report) {
    Trial trial(options, report);
    BadLinks bad(trial);
    for (std::size_t cycle = 0; cycle < options.count("cycles"); ++cycle) {
        trial.fault([&] {
            for (const Member victim : bad.victims) {
                trial->cut_ingress(victim);
            }
        });
        run_sampled(trial, bad, options.duration("off_s"));
        trial->heal();
        run_sampled(trial, bad, options.duration("on_s"));
    }
    judge(trial, bad, kFlipFlopRemoval);
}

constexpr std::array kLossSettings{
    Setting{"duration_s", 300, 1e6, "how long the loss lasts"},
    Setting{"bad_loss", 0.8, 1, "of what the bad ones send or receive"},
};

void lose_at_a_few(const ScenarioOptions& options,
                   Report& report,
                   void (Cluster::*lose)(Member, double)) {
    Trial trial(options, report);
    BadLinks bad(trial);
    trial.fault([&] {
        for (const Member victim : bad.victims) {
            ((*trial).*lose)(victim, options.number("bad_loss"));
        }
    });
    run_sampled(trial, bad, options.duration("duration_s"));
    judge(trial, bad, kLossRemoval);
}

void loss_ingress(const ScenarioOptions& options, Report& report) {
    lose_at_a_few(options, report, &Cluster::lose_ingress);
}

void loss_egress(const ScenarioOptions& options, Report& report) {
    lose_at_a_few(options, report, &Cluster::lose_egress);
}

constexpr std::array kRapidScenarios{
    Scenario{"rapid-bootstrap", "n - 1 join through one seed at once: 1,000 in 20 s, 2,000 in 30 s",
             1000, kBootstrapSettings, bootstrap, false},
    Scenario{"rapid-crash10", "a hundredth is killed at once: last death within 25 s", 1000,
             kTenthCrashSettings, crash10},
    Scenario{"rapid-flipflop",
             "a hundredth hears nothing for 20 s, then all for 20 s: removed in 4 s, two returns",
             1000, kFlipFlopSettings, flip_flop},
    Scenario{"rapid-loss80-egress",
             "a hundredth sends with 80 % loss: no other is removed, they in 45 s", 1000,
             kLossSettings, loss_egress},
    Scenario{"rapid-loss80-ingress",
             "a hundredth hears with 80 % loss: no other is removed, they in 45 s", 1000,
             kLossSettings, loss_ingress},
};

}  // namespace

std::span<const Scenario> rapid_scenarios() {
    return kRapidScenarios;
}

}  // namespace memberd::sim
