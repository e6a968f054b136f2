#include "chaos/sim/liveness.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include <fmt/core.h>

#include "detector/check.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration kSampled = 100ms;
// Holds that follow one another end within this many of the longest.
constexpr int kHeldMost = 2;

// What changes at a member whenever anything does.
auto footprint(const Engine& engine, Instant now) {
    const EngineStatus status = engine.status(now);
    const EngineCounters& counters = engine.counters();
    return std::tuple(status.view_digest, status.ring_digest, status.suspect, counters.suspicions,
                      counters.deaths, counters.refutations);
}

using Footprint = decltype(footprint(std::declval<const Engine&>(), Instant{}));

// One run of check_liveness().
class Liveness {
  public:
    Liveness(Cluster& cluster, std::span<const Member> core, const LivenessBudget& budget)
        : cluster_(cluster),
          budget_(budget),
          core_(core.begin(), core.end()),
          start_(cluster.now()) {
        MEMBERD_CHECK(!core.empty(), "a core has members");
    }

    std::vector<Violation> run() {
        const Duration begin = budget_.converged + budget_.rest;
        watch_until(begin);
        begin_quiet();
        watch_until(begin + budget_.quiet);
        end_quiet(begin);
        return cluster_.violations().empty() ? violations_ : cluster_.violations();
    }

  private:
    [[nodiscard]] Duration elapsed() const { return cluster_.now() - start_; }

    void violated(std::string_view invariant, std::string text) {
        const bool is_known =
            std::any_of(violations_.begin(), violations_.end(),
                        [&](const Violation& known) { return known.invariant == invariant; });
        if (!is_known) {
            violations_.push_back({std::string(invariant), std::move(text), cluster_.now()});
        }
    }

    void watch_until(Duration end) {
        while (elapsed() < end && cluster_.violations().empty()) {
            const Duration step = std::min(kSampled, end - elapsed());
            cluster_.run_for(step);
            if (somebody_is_held() && held_for_ < kHeldMost * flapping().next) {
                start_ += step;
                held_for_ += step;
                wrong_since_.clear();
                continue;
            }
            sample();
        }
    }

    [[nodiscard]] const FlapSettings& flapping() const {
        return cluster_.options().timing.membership.flapping;
    }

    // Whoever holds itself back is away by its own will: that time does not count.
    [[nodiscard]] bool somebody_is_held() const {
        return std::any_of(core_.begin(), core_.end(), [this](Member member) {
            return cluster_.is_up(member) && status(member).held_for > Duration::zero();
        });
    }

    void sample() {
        drop_those_who_lost_their_name();
        compare_footprints();
        if (core_.empty() || is_whole()) {
            wrong_since_.clear();
            return;
        }
        look_for_outsiders();
        look_at_each_other();
        look_at_digests();
    }

    // Of two runs with one name one ends itself; that is how it should be.
    void drop_those_who_lost_their_name() {
        // Whether the other has ended meanwhile makes no difference.
        const auto has_rival = [this](Member member) {
            for (Member other = 0; other < cluster_.size(); ++other) {
                if (other != member && cluster_.name(other) == cluster_.name(member)) {
                    return true;
                }
            }
            return false;
        };
        for (std::size_t i = 0; i < core_.size();) {
            if (cluster_.is_up(core_[i])) {
                ++i;
                continue;
            }
            if (!has_rival(core_[i])) {
                violated("L2", fmt::format("{} of the core has ended", cluster_.name(core_[i])));
            }
            core_.erase(core_.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }

    // All that L1 and L2 ask for, in O(core): where view digests are equal one view is all views.
    [[nodiscard]] bool is_whole() const {
        const EngineStatus first = status(core_.front());
        for (const Member member : core_) {
            const EngineStatus each = status(member);
            if (each.view_digest != first.view_digest || each.ring_digest != first.ring_digest ||
                each.suspect != 0 || each.alive != core_.size() || is_unwell(each)) {
                return false;
            }
        }
        return std::all_of(core_.begin(), core_.end(), [this](Member member) {
            return cluster_.state(core_.front(), member) == MemberState::Alive;
        });
    }

    // Whoever is alone has nobody who could show it that it is well.
    [[nodiscard]] bool is_unwell(const EngineStatus& status) const {
        return status.local_health != 0 && core_.size() > 1;
    }

    [[nodiscard]] EngineStatus status(Member member) const {
        return cluster_.engine(member).status(cluster_.now());
    }

    [[nodiscard]] bool is_of_core(std::string_view name) const {
        return std::any_of(core_.begin(), core_.end(),
                           [&](Member member) { return cluster_.name(member) == name; });
    }

    void look_for_outsiders() {
        if (elapsed() < budget_.complete) {
            return;
        }
        for (const Member observer : core_) {
            for (const MemberView& view : cluster_.engine(observer).members()) {
                const ProfilePool::Entry& profile = cluster_.world().pool()[view.profile];
                const std::string_view name = profile.name();
                // Who announced a restart keeps its place for a while.
                const bool is_awaited =
                    profile.restarting &&
                    elapsed() <
                        budget_.complete + cluster_.options().timing.membership.restart_grace;
                if (!is_gone(view.claim.state) && !is_of_core(name) && !is_awaited) {
                    violated("L1", fmt::format("{} shows {} as {}, {:.1f} s after the faults ended",
                                               cluster_.name(observer), name,
                                               to_string(view.claim.state), seconds(elapsed())));
                    return;
                }
            }
        }
    }

    void look_at_each_other() {
        for (const Member observer : core_) {
            for (const Member member : core_) {
                const auto shown = cluster_.state(observer, member);
                const std::pair pair{observer, member};
                if (shown == MemberState::Alive) {
                    wrong_since_.erase(pair);
                } else {
                    judge_wrong_view(pair, shown);
                }
            }
        }
    }

    // What is shown of an earlier run is no accusation of the one that lives; L2 sees to it.
    bool is_of_present_run(const std::pair<Member, Member>& pair) const {
        const Engine& observer = cluster_.engine(pair.first);
        const auto view = observer.find(cluster_.name(pair.second));
        const MemberView self = cluster_.engine(pair.second).self();
        return view && view->claim.instance == self.claim.instance;
    }

    void judge_wrong_view(const std::pair<Member, Member>& pair, std::optional<MemberState> shown) {
        const std::string text = fmt::format(
            "{} shows {} as {}, {:.1f} s after the faults ended", cluster_.name(pair.first),
            cluster_.name(pair.second), shown ? to_string(*shown) : "unknown", seconds(elapsed()));
        // In the baselines one lost probe makes a suspect, for as long as L4 allows.
        const bool is_passing =
            shown == MemberState::Suspect && cluster_.options().mode != Mode::Memberd;
        if (elapsed() >= budget_.converged && !is_passing) {
            violated("L2", text);
        }
        if (budget_.merged > Duration::zero() && elapsed() >= budget_.merged &&
            shown != MemberState::Suspect) {
            violated("L3", text);
        }
        if (!shown || elapsed() < budget_.settled || !is_of_present_run(pair)) {
            return;
        }
        const Instant since = wrong_since_.try_emplace(pair, cluster_.now()).first->second;
        if (cluster_.now() - since > budget_.wrong_max) {
            violated("L4", fmt::format("{}, and did for {:.1f} s", text,
                                       seconds(cluster_.now() - since)));
        }
    }

    void look_at_digests() {
        const EngineStatus first = status(core_.front());
        for (const Member member : core_) {
            const EngineStatus each = status(member);
            const std::string pair = fmt::format(
                "of {} and {} differ {:.1f} s after the faults ended", cluster_.name(core_.front()),
                cluster_.name(member), seconds(elapsed()));
            if (elapsed() >= budget_.converged) {
                const bool is_passing =
                    cluster_.options().mode != Mode::Memberd && each.suspect + first.suspect > 0;
                if (each.view_digest != first.view_digest && !is_passing) {
                    violated("L2", "the view digests " + pair);
                }
                if (is_unwell(each)) {
                    violated("L2", fmt::format("{} has a local health of {} {:.1f} s after the "
                                               "faults ended",
                                               cluster_.name(member), each.local_health,
                                               seconds(elapsed())));
                }
            }
            if (each.ring_digest != first.ring_digest) {
                if (elapsed() >= budget_.converged) {
                    violated("L2", "the ring digests " + pair);
                }
                if (budget_.merged > Duration::zero() && elapsed() >= budget_.merged) {
                    violated("L3", "the ring digests " + pair);
                }
            }
        }
    }

    // --- L5 ---

    void begin_quiet() {
        for (const Member member : core_) {
            if (cluster_.is_up(member)) {
                const Engine& engine = cluster_.engine(member);
                quiet_.insert(
                    {member, {footprint(engine, cluster_.now()), engine.counters().sent}});
            }
        }
    }

    void compare_footprints() {
        for (const auto& [member, before] : quiet_) {
            if (!cluster_.is_up(member)) {
                continue;
            }
            const Engine& engine = cluster_.engine(member);
            const EngineBacklog backlog = engine.backlog(cluster_.now());
            if (footprint(engine, cluster_.now()) != before.footprint) {
                violated("L5",
                         fmt::format("something changes at {} {:.1f} s after the faults ended",
                                     cluster_.name(member), seconds(elapsed())));
            } else if (core_.size() > 1) {
                judge_backlog(member, backlog);
            }
        }
    }

    // One missed ping opens a case that its repetition closes; what stays is no quiescence.
    void judge_backlog(Member member, const EngineBacklog& backlog) {
        const Instant since =
            backlog.cases == 0 ? cluster_.now()
                               : on_trial_since_.try_emplace(member, cluster_.now()).first->second;
        if (backlog.cases == 0) {
            on_trial_since_.erase(member);
        }
        const std::size_t waiting = backlog.updates + backlog.pending_deaths + backlog.name_checks;
        if (waiting > 0 || cluster_.now() - since > budget_.wrong_max) {
            violated("L5",
                     fmt::format("at {} wait {} updates, {} cases, {} deaths, {} checks of "
                                 "names, {:.1f} s after the faults ended",
                                 cluster_.name(member), backlog.updates, backlog.cases,
                                 backlog.pending_deaths, backlog.name_checks, seconds(elapsed())));
        }
    }

    void end_quiet(Duration begin) {
        const double length = seconds(elapsed() - begin);
        double sent = 0;
        for (const auto& [member, before] : quiet_) {
            if (cluster_.is_up(member)) {
                sent += static_cast<double>(cluster_.engine(member).counters().sent - before.sent);
            }
        }
        // One message more each: what is periodic may fall on both ends of the time.
        const double members = static_cast<double>(quiet_.size());
        if (sent > members * (budget_.idle_messages_per_second * length + 1)) {
            violated("L5", fmt::format("{:.2f} messages a member a second where nothing happens",
                                       sent / members / length));
        }
    }

    struct Before {
        Footprint footprint;
        std::uint64_t sent = 0;
    };

    Cluster& cluster_;
    const LivenessBudget& budget_;
    std::vector<Member> core_;
    Instant start_;
    Duration held_for_{};
    std::map<std::pair<Member, Member>, Instant> wrong_since_;
    std::map<Member, Before> quiet_;
    std::map<Member, Instant> on_trial_since_;  // at whom cases are open, since when
    std::vector<Violation> violations_;
};

// Waits for the condition; what was not true in time is a violation of that invariant.
std::vector<Violation> expect(Cluster& cluster,
                              std::string_view invariant,
                              Duration within,
                              const std::function<std::string()>& what_is_wrong) {
    if (cluster.run_until([&] { return what_is_wrong().empty(); }, within, kSampled)) {
        return {};
    }
    if (!cluster.violations().empty()) {
        return cluster.violations();
    }
    return {{std::string(invariant),
             fmt::format("{} after {:.1f} s", what_is_wrong(), seconds(within)), cluster.now()}};
}

// Empty if all observers show the member in this state.
std::string who_differs(const Cluster& cluster,
                        std::span<const Member> observers,
                        Member member,
                        MemberState wanted) {
    for (const Member observer : observers) {
        if (observer == member || !cluster.is_up(observer)) {
            continue;
        }
        const auto shown = cluster.state(observer, member);
        if (shown != wanted) {
            return fmt::format("{} shows {} as {}", cluster.name(observer), cluster.name(member),
                               shown ? to_string(*shown) : "unknown");
        }
    }
    return {};
}

}  // namespace

std::vector<Violation> check_liveness(Cluster& cluster,
                                      std::span<const Member> core,
                                      const LivenessBudget& budget) {
    return Liveness(cluster, core, budget).run();
}

std::vector<Violation> check_join(Cluster& cluster,
                                  std::span<const Member> core,
                                  Member seed,
                                  const LivenessBudget& budget) {
    NewMember wanted;
    wanted.seeds = {seed};
    const Member newcomer = cluster.add(wanted);
    return expect(cluster, "L6", budget.joined,
                  [&] { return who_differs(cluster, core, newcomer, MemberState::Alive); });
}

std::vector<Violation> check_leave(Cluster& cluster,
                                   std::span<const Member> core,
                                   Member leaver,
                                   const LivenessBudget& budget) {
    cluster.leave(leaver);
    return expect(cluster, "L6", budget.left, [&]() -> std::string {
        if (cluster.is_up(leaver)) {
            return fmt::format("the leave of {} has not ended", cluster.name(leaver));
        }
        return who_differs(cluster, core, leaver, MemberState::Left);
    });
}

std::vector<Violation> check_recovery(Cluster& cluster,
                                      std::span<const Member> core,
                                      Random& random,
                                      const LivenessBudget& budget) {
    constexpr Duration kStartsWithin = 10s;
    std::vector<Member> order(core.begin(), core.end());
    for (const Member member : order) {
        cluster.kill(member);
    }
    for (std::size_t i = order.size(); i > 1; --i) {
        std::swap(order[i - 1], order[random.below(i)]);
    }
    // The order of the starts and who has lost its disk are drawn apart: the first half of another
    // order.
    std::vector<Member> lost = order;
    for (std::size_t i = lost.size(); i > 1; --i) {
        std::swap(lost[i - 1], lost[random.below(i)]);
    }
    lost.resize(lost.size() / 2);
    const Duration longest_wait = kStartsWithin / static_cast<std::int64_t>(order.size());
    for (const Member member : order) {
        cluster.run_for(random.between(Duration::zero(), longest_wait));
        const bool has_lost = std::find(lost.begin(), lost.end(), member) != lost.end();
        cluster.restart(member, has_lost ? DataDirectory::Lost : DataDirectory::Kept);
    }
    return expect(cluster, "L7", budget.recovered, [&]() -> std::string {
        for (const Member member : core) {
            if (!cluster.is_up(member)) {
                return cluster.name(member) + " has ended";
            }
            std::string wrong = who_differs(cluster, core, member, MemberState::Alive);
            if (!wrong.empty()) {
                return wrong;
            }
        }
        return {};
    });
}

}  // namespace memberd::sim
