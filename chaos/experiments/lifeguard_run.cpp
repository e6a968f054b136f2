#include "chaos/experiments/lifeguard_run.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "detector/check.hpp"

namespace memberd::sim {
namespace {

// Apart from every stream of the cluster, so that who is hit depends on nothing but the seed.
constexpr std::uint64_t kVictimStream = 0x6c69666567756172;

constexpr std::uint64_t kPhaseStream = 0x706861736573;

struct FaultName {
    LifeguardFault fault;
    std::string_view name;
};

constexpr std::array kFaultNames{
    FaultName{LifeguardFault::Block, "block"},       FaultName{LifeguardFault::Sends, "sends"},
    FaultName{LifeguardFault::Receives, "receives"}, FaultName{LifeguardFault::Stop, "stop"},
    FaultName{LifeguardFault::Phases, "phases"},     FaultName{LifeguardFault::Slow, "slow"},
};

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
          fault_(cell.fault),
          blocked_(choose(cluster.options().n, cell.blocked, cluster.options().seed)) {}

    void block_for(Duration length) {
        const std::uint64_t before = received();
        for_each([this](Member member) { begin(member); });
        cluster_.run_for(length);
        received_while_blocked_ += received() - before;
        for_each([this](Member member) { end(member); });
    }

    // Each in a cycle of its own, until then.
    void block_in_phases(Duration block, Duration run, Instant until) {
        struct Turn {
            Member member;
            Instant at;
            bool begins;
        };

        Random random(mix64(cluster_.options().seed) ^ kPhaseStream);
        std::vector<Turn> turns;
        for_each([&](Member member) {
            turns.push_back(
                {member, cluster_.now() + random.between(Duration::zero(), block + run), true});
        });
        while (cluster_.now() < until && cluster_.violations().empty()) {
            const auto next =
                std::min_element(turns.begin(), turns.end(),
                                 [](const Turn& a, const Turn& b) { return a.at < b.at; });
            const Instant at = next == turns.end() ? until : std::min(next->at, until);
            cluster_.run_for(at - cluster_.now());
            if (at == until) {
                break;
            }
            next->begins ? begin(next->member) : end(next->member);
            next->at += next->begins ? block : run;
            next->begins = !next->begins;
        }
        for_each([this](Member member) { end(member); });
    }

    [[nodiscard]] const BlockedSet& blocked() const { return blocked_; }

    [[nodiscard]] std::uint64_t received_while_blocked() const { return received_while_blocked_; }

  private:
    void begin(Member member) {
        switch (fault_) {
            case LifeguardFault::Block:
            case LifeguardFault::Phases:
                cluster_.block(member);
                return;
            case LifeguardFault::Sends:
                cluster_.block(member, Blocking::Sends);
                return;
            case LifeguardFault::Receives:
                cluster_.block(member, Blocking::Receives);
                return;
            case LifeguardFault::Stop:
                cluster_.pause(member);
                return;
            case LifeguardFault::Slow:
                cluster_.slow(member, CpuLimits{kSlowMessage, {}, {}, {}});
                return;
        }
    }

    void end(Member member) {
        if (fault_ == LifeguardFault::Stop) {
            cluster_.resume(member);
        } else if (fault_ == LifeguardFault::Slow) {
            cluster_.quicken(member);
        } else {
            cluster_.unblock(member);
        }
    }

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
    LifeguardFault fault_;
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

std::optional<LifeguardFault> parse_lifeguard_fault(std::string_view name) {
    const auto* const found =
        std::find_if(kFaultNames.begin(), kFaultNames.end(),
                     [&](const FaultName& each) { return each.name == name; });
    return found == kFaultNames.end() ? std::nullopt : std::optional(found->fault);
}

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
    if (cell.fault == LifeguardFault::Phases) {
        victims.block_in_phases(cell.block, cell.run, end);
    }
    while (cluster.now() < end && cluster.violations().empty()) {
        victims.block_for(std::min(cell.block, end - cluster.now()));
        cluster.run_for(std::min(cell.run, end - cluster.now()));
    }
    return finish(cluster, beginning, victims);
}

}  // namespace memberd::sim
