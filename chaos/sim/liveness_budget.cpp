// The bounds of the liveness invariants, as numbers of each mode and profile.
#include <algorithm>
#include <bit>
#include <cmath>

#include "chaos/sim/liveness.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

// L1: budget = 3 S + this.
constexpr Duration kCompleteMargin = 10s;
// L3, mode memberd: after a cut of at most kShortCut, and after a longer one (15 s in the median).
constexpr Duration kShortCut = 60s;
constexpr Duration kMergedAfterShortCut = 5s;
constexpr Duration kMergedAfterLongCut = 30s;
// L4.
constexpr Duration kWrongMax = 2s;
// L5.
constexpr Duration kRest = 60s;
constexpr Duration kQuiet = 10s;
constexpr double kIdleMessagesMemberd = 2.3;   // a period
constexpr double kIdleMessagesBaseline = 2.1;  // a ping, an ack, and a sync in 30 s
// L6.
constexpr std::size_t kManyMembers = 100;
constexpr Duration kJoinedFew = 5s;
constexpr Duration kJoinedMany = 10s;
constexpr Duration kLeft = 3s;
// L7.
constexpr Duration kRecovered = 30s;
constexpr Duration::rep kLocalHealthMax = 8;
// Mode memberd compares digests at every ack, but starts a sync this seldom while its own view does
// not come to rest (PROTOCOL.md, Dissemination).
constexpr Duration kRestlessSync = 10s;

// How long somebody may be suspected before that is a death.
Duration suspicion_max(const ClusterOptions& options) {
    const BaselineTiming& baseline = options.timing.baseline;
    const double size = std::max(1.0, std::log10(static_cast<double>(options.n)));
    const double least = baseline.alpha * size * seconds(baseline.period);
    switch (options.mode) {
        case Mode::Swim:
            return from_seconds(least);
        case Mode::Lifeguard:
            return from_seconds(least * baseline.beta);
        case Mode::Memberd:
            return options.timing.silence_min;
    }
    return Duration::zero();
}

// SWIM section 4.3: within 2 n - 1 periods a member has probed everybody. Lifeguard's local health
// stretches a period where most probes fail.
Duration longest_round(const ClusterOptions& options) {
    const auto probes = static_cast<Duration::rep>(2 * options.n - 1);
    const Duration::rep stretch = options.mode == Mode::Lifeguard ? kLocalHealthMax + 1 : 1;
    return options.timing.baseline.period * (probes * stretch);
}

}  // namespace

LivenessBudget liveness_budget(const ClusterOptions& options,
                               Duration longest_cut,
                               std::size_t core_count) {
    const bool is_memberd = options.mode == Mode::Memberd;
    const Duration suspicion = suspicion_max(options);
    const Duration sync = is_memberd ? kRestlessSync : options.timing.baseline.sync_interval;
    LivenessBudget budget;
    budget.complete = 3 * suspicion + kCompleteMargin;
    if (!is_memberd && 2 * core_count < options.n) {
        budget.complete = std::max(budget.complete, suspicion + longest_round(options));
    }
    if (is_memberd && core_count == 1 && options.n > 1) {
        // Nobody is left who could answer: doubt of oneself ends the later the more there were.
        const auto doublings = static_cast<Duration::rep>(std::bit_width(options.n - 1));
        budget.complete += options.timing.self_doubt.doubt_max * (doublings - 1);
    }
    // What only a sync with a random member brings takes several of them to reach everybody.
    const Duration::rep syncs = is_memberd ? 2 : 6;
    budget.converged = std::max(2 * suspicion + syncs * sync, budget.complete);
    if (!is_memberd) {
        // Gossip that is sent a bounded number of times misses somebody now and then, the more so
        // where much happens at once: whoever missed a death learns of it by a sync.
        budget.complete = budget.converged;
    }
    if (longest_cut > Duration::zero()) {
        // The baselines have no contact rule of their own for merging: what a sync brings must do.
        budget.merged = !is_memberd                ? budget.converged
                        : longest_cut <= kShortCut ? kMergedAfterShortCut
                                                   : kMergedAfterLongCut;
    }
    // In the baselines a suspect learns of it by chance (SWIM) or with the next ping to it, so an
    // accusation of the last moment before G may stand until it is refuted or dead.
    budget.settled = is_memberd ? std::max(suspicion, budget.merged) : budget.converged;
    budget.wrong_max = kWrongMax;
    budget.rest = kRest;
    budget.quiet = kQuiet;
    // Seeds that are no members and the dead are contacted for ever, one of each in turn.
    budget.idle_messages_per_second =
        (is_memberd ? kIdleMessagesMemberd / seconds(options.timing.period)
                    : kIdleMessagesBaseline / seconds(options.timing.baseline.period)) +
        1.0 / seconds(options.timing.membership.contact_interval);
    budget.joined = options.n <= kManyMembers ? kJoinedFew : kJoinedMany;
    budget.left = kLeft;
    budget.recovered = kRecovered;
    return budget;
}

}  // namespace memberd::sim
