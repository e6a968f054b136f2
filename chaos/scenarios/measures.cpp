#include "chaos/scenarios/measures.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace memberd::sim {
namespace {

bool contains(std::span<const Member> members, Member member) {
    return std::find(members.begin(), members.end(), member) != members.end();
}

}  // namespace

std::size_t running_count(const Cluster& cluster) {
    std::size_t count = 0;
    for (Member member = 0; member < cluster.size(); ++member) {
        count += cluster.is_up(member) ? 1U : 0U;
    }
    return count;
}

bool is_whole(const Cluster& cluster) {
    const std::size_t running = running_count(cluster);
    std::optional<Member> first;
    for (Member member = 0; member < cluster.size(); ++member) {
        if (!cluster.is_up(member)) {
            continue;
        }
        const EngineStatus status = cluster.engine(member).status(cluster.now());
        if (status.alive != running || status.suspect != 0) {
            return false;
        }
        first = first.value_or(member);
    }
    if (!first || !cluster.ring_digests_equal()) {
        return false;
    }
    // With one ring everywhere, what the first sees is what all see.
    for (Member member = 0; member < cluster.size(); ++member) {
        if (cluster.is_up(member) && cluster.state(*first, member) != MemberState::Alive) {
            return false;
        }
    }
    return true;
}

std::vector<Member> members_from(const Cluster& cluster, Member first, std::size_t count) {
    std::vector<Member> members;
    for (Member member = first; member < cluster.size() && members.size() < count; ++member) {
        members.push_back(member);
    }
    return members;
}

std::size_t share_of(const Cluster& cluster, double share) {
    const double wanted = share * static_cast<double>(cluster.size());
    return std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(wanted)));
}

std::uint64_t not_carried(const Cluster& cluster) {
    const NetworkCounters& counters = cluster.world().network().counters();
    return counters.lost + counters.cut + counters.given_up + counters.retransmissions;
}

std::size_t count_deaths(const Cluster& cluster, const std::function<bool(const Death&)>& wanted) {
    return static_cast<std::size_t>(
        std::count_if(cluster.deaths().begin(), cluster.deaths().end(), wanted));
}

std::optional<Duration> first_death_after(const Cluster& cluster,
                                          std::span<const Member> victims,
                                          Instant since) {
    for (const Death& death : cluster.deaths()) {
        if (death.at >= since && contains(victims, death.victim)) {
            return death.at - since;
        }
    }
    return std::nullopt;
}

std::optional<Duration> last_death_after(const Cluster& cluster,
                                         std::span<const Member> victims,
                                         Instant since) {
    for (auto death = cluster.deaths().rbegin();
         death != cluster.deaths().rend() && death->at >= since; ++death) {
        if (contains(victims, death->victim)) {
            return death->at - since;
        }
    }
    return std::nullopt;
}

std::size_t deaths_per_pair_max(const Cluster& cluster, std::span<const Member> victims) {
    std::map<std::pair<Member, Member>, std::size_t> counts;
    std::size_t most = 0;
    for (const Death& death : cluster.deaths()) {
        if (contains(victims, death.victim)) {
            most = std::max(most, ++counts[{death.observer, death.victim}]);
        }
    }
    return most;
}

Duration detection_limit(const ClusterOptions& options) {
    const Timing& timing = options.timing;
    const double size = std::max(1.0, std::log10(static_cast<double>(options.n)));
    const double minimum = timing.baseline.alpha * size * seconds(timing.period);
    switch (options.mode) {
        case Mode::Swim:
            return from_seconds(minimum) + 20 * timing.period;
        case Mode::Lifeguard:
            // Few members confirm little: the timer may run to beta times its minimum.
            return from_seconds(minimum * timing.baseline.beta) + 20 * timing.period;
        case Mode::Memberd:
            // Two can't ask a third: silence alone must outlast the doubt of oneself.
            return options.n == 2 ? 20 * timing.period : timing.silence_max + 2 * timing.period;
    }
    return Duration::zero();
}

Duration heal_limit(const ClusterOptions& options, Duration of_memberd) {
    constexpr Duration kOfBaselines = std::chrono::seconds(90);
    return options.mode == Mode::Memberd ? of_memberd : std::max(of_memberd, kOfBaselines);
}

}  // namespace memberd::sim
