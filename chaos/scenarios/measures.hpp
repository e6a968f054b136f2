// Questions about a cluster that several scenarios ask. Complexity: O(members) or O(deaths) each,
// unless said otherwise.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "chaos/sim/cluster.hpp"

namespace memberd::sim {

std::size_t running_count(const Cluster& cluster);

// Everybody that is up sees exactly those that are up, nobody as suspect, and all have one ring.
bool is_whole(const Cluster& cluster);

// The members first, first + 1, ..., at most `count` and as many as there are.
std::vector<Member> members_from(const Cluster& cluster, Member first, std::size_t count);
// A share of the members, at least one.
std::size_t share_of(const Cluster& cluster, double share);

// Messages that were lost, held back or never carried: above zero once a network fault has bitten.
std::uint64_t not_carried(const Cluster& cluster);

// Observers that say so first hand or not, of deaths since then.
std::size_t count_deaths(const Cluster& cluster, const std::function<bool(const Death&)>& wanted);

// From `since` to the first and to the last death of any of the victims; nothing if there is none.
std::optional<Duration> first_death_after(const Cluster& cluster,
                                          std::span<const Member> victims,
                                          Instant since);
std::optional<Duration> last_death_after(const Cluster& cluster,
                                         std::span<const Member> victims,
                                         Instant since);

// How often one observer has declared one victim dead, at most. O(deaths log deaths).
std::size_t deaths_per_pair_max(const Cluster& cluster, std::span<const Member> victims);

// The time that everybody needs to say that one of n is dead, at most, where the mode promises one.
Duration detection_limit(const ClusterOptions& options);

// The baselines' suspicions live for long, and who is wrong about whom learns it by chance.
Duration heal_limit(const ClusterOptions& options, Duration of_memberd);

}  // namespace memberd::sim
