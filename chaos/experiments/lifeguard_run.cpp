#include "chaos/experiments/lifeguard_run.hpp"

#include <algorithm>
#include <map>

#include "detector/check.hpp"

namespace memberd::sim {
namespace {

// Apart from every stream of the cluster, so that who is hit depends on nothing but the seed.
constexpr std::uint64_t kVictimStream = 0x6c69666567756172;

BlockedSet choose(std::size_t n, std::uint32_t count, std::uint64_t seed) {
    MEMBERD_CHECK(count < n, "somebody must be left to notice");
    Random random(mix64(seed) ^ kVictimStream);
    BlockedSet blocked(n, false);
    for (std::uint32_t chosen = 0; chosen < count;) {
        const std::size_t member = random.below(n);
        chosen += blocked[member] ? 0U : 1U;
        blocked[member] = true;
    }
    return blocked;
}

// The C, in lock-step.
class Victims {
  public:
    Victims(Cluster& cluster, const LifeguardCell& cell)
        : cluster_(cluster),
          has_faults_(cell.has_faults),
          blocked_(choose(cluster.options().n, cell.blocked, cluster.options().seed)) {}

    void block_for(Duration length) {
        const std::uint64_t before = received();
        for_each([this](Member member) { cluster_.block(member); });
        cluster_.run_for(length);
        received_while_blocked_ += received() - before;
        for_each([this](Member member) { cluster_.unblock(member); });
    }

    [[nodiscard]] const BlockedSet& blocked() const { return blocked_; }

    [[nodiscard]] std::uint64_t received_while_blocked() const { return received_while_blocked_; }

  private:
    template <typename Action>
    void for_each(Action action) const {
        for (Member member = 0; has_faults_ && member < blocked_.size(); ++member) {
            if (blocked_[member]) {
                action(member);
            }
        }
    }

    [[nodiscard]] std::uint64_t received() const {
        std::uint64_t count = 0;
        for (Member member = 0; member < blocked_.size(); ++member) {
            count += blocked_[member] ? cluster_.engine(member).counters().received : 0;
        }
        return count;
    }

    Cluster& cluster_;
    bool has_faults_;
    BlockedSet blocked_;
    std::uint64_t received_while_blocked_ = 0;
};

struct Beginning {
    Instant at;
    Traffic sent;
};

Beginning settle(Cluster& cluster) {
    cluster.run_for(kLifeguardQuiet);
    return {cluster.now(), cluster.history().sent};
}

LifeguardRun finish(const Cluster& cluster, const Beginning& beginning, const Victims& victims) {
    LifeguardRun run;
    run.failures = count_failure_events(cluster.deaths(), victims.blocked());
    run.received_while_blocked = victims.received_while_blocked();
    const double member_seconds =
        static_cast<double>(cluster.size()) * seconds(cluster.now() - beginning.at);
    const Traffic& sent = cluster.history().sent;
    run.messages_per_member_second =
        static_cast<double>(sent.message_count() - beginning.sent.message_count()) / member_seconds;
    run.bytes_per_member_second =
        static_cast<double>(sent.byte_count() - beginning.sent.byte_count()) / member_seconds;
    run.events = cluster.history().events;
    run.trace_hash = cluster.trace_hash();
    if (!cluster.violations().empty()) {
        run.failure = cluster.explain();
    }
    return run;
}

}  // namespace

FailureEvents count_failure_events(std::span<const Death> deaths, const BlockedSet& blocked) {
    FailureEvents events;
    for (const Death& death : deaths) {
        if (blocked[death.victim]) {
            ++events.declarations;
            continue;
        }
        ++events.false_positives;
        events.false_positives_at_healthy += blocked[death.observer] ? 0U : 1U;
    }
    return events;
}

std::vector<Detection> detections_of(std::span<const Death> deaths,
                                     const BlockedSet& blocked,
                                     Instant begin) {
    struct Seen {
        Instant first = kNever;
        std::map<Member, Instant> at_healthy;
    };

    std::map<Member, Seen> seen;
    for (const Death& death : deaths) {
        if (!blocked[death.victim] || death.at < begin) {
            continue;
        }
        Seen& of_victim = seen[death.victim];
        of_victim.first = std::min(of_victim.first, death.at);
        if (!blocked[death.observer]) {
            of_victim.at_healthy.emplace(death.observer, death.at);
        }
    }
    const auto healthy =
        static_cast<std::size_t>(std::count(blocked.begin(), blocked.end(), false));
    std::vector<Detection> detections;
    for (const auto& [victim, of_victim] : seen) {
        Detection detection{victim, of_victim.first - begin, std::nullopt, std::nullopt};
        for (const auto& [observer, at] : of_victim.at_healthy) {
            const Duration after = at - begin;
            detection.first_at_healthy =
                std::min(detection.first_at_healthy.value_or(after), after);
            detection.full = std::max(detection.full.value_or(after), after);
        }
        if (of_victim.at_healthy.size() < healthy) {
            detection.full.reset();
        }
        detections.push_back(detection);
    }
    return detections;
}

LifeguardRun run_threshold(const ClusterOptions& options, const LifeguardCell& cell) {
    Cluster cluster(options);
    Victims victims(cluster, cell);
    const Beginning beginning = settle(cluster);
    victims.block_for(cell.block);
    cluster.run_for(kThresholdTail);
    LifeguardRun run = finish(cluster, beginning, victims);
    run.detections = detections_of(cluster.deaths(), victims.blocked(), beginning.at);
    return run;
}

LifeguardRun run_interval(const ClusterOptions& options, const LifeguardCell& cell) {
    MEMBERD_CHECK(cell.block + cell.run > Duration::zero(), "time would stand still");
    Cluster cluster(options);
    Victims victims(cluster, cell);
    const Beginning beginning = settle(cluster);
    const Instant end = beginning.at + kIntervalLength;
    while (cluster.now() < end && cluster.violations().empty()) {
        victims.block_for(std::min(cell.block, end - cluster.now()));
        cluster.run_for(std::min(cell.run, end - cluster.now()));
    }
    return finish(cluster, beginning, victims);
}

}  // namespace memberd::sim
