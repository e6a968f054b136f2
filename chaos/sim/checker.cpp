#include "chaos/sim/checker.hpp"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

namespace memberd::sim {

Checker::Checker(const EngineConfig& config, const ProfilePool& pool, const Network& network)
    : is_memberd_(config.mode == Mode::Memberd),
      pool_(pool),
      network_(network),
      identity_(config, ghosts_),
      evidence_(config.timing),
      suspicion_(config.timing.baseline),
      load_(config),
      probes_(config) {}

void Checker::began(Instant now,
                    ProcessId process,
                    const Engine& engine,
                    std::string_view cluster) {
    const Ghost& ghost = ghosts_.began(process, engine, cluster);
    deaths_.push_back(0);
    identity_.began(ghost);
    evidence_.began();
    suspicion_.began();
    fold_.began(ghost);
    ring_.began(ghost);
    probes_.began();
    load_.disturbed(now);
    ++running_;
}

void Checker::restored(ProcessId process) {
    const Ghost& ghost = ghosts_.running(process);
    fold_.snapshot(ghost);
    ring_.snapshot(ghost);
}

void Checker::ended(Instant now, ProcessId process) {
    const Ghost& ghost = ghosts_.running(process);
    identity_.ended(ghost);
    evidence_.ended(ghost);
    suspicion_.ended(ghost);
    fold_.ended(ghost);
    probes_.ended(ghost);
    load_.disturbed(now);
    --running_;
    ghosts_.ended(process);
}

void Checker::stood_still(Instant now, Instant local, ProcessId process, Duration gap) {
    const Ghost& ghost = ghosts_.running(process);
    evidence_.stood_still(ghost, local, gap);
    suspicion_.stood_still(ghost, gap);
    probes_.stood_still(ghost);
    load_.disturbed(now);
}

void Checker::hears(ProcessId process, Bytes bytes) {
    // Whoever belongs to another cluster, and one's own words, are not listened to.
    has_heard_ = decode(bytes, heard_) == DecodeStatus::Ok &&
                 !std::holds_alternative<Refuse>(heard_.body) &&
                 heard_.envelope.cluster == ghosts_.running(process).cluster &&
                 heard_.envelope.instance != ghosts_.running(process).instance;
}

void Checker::judge(Instant now, Instant local, ProcessId process, const Output& out) {
    const Ghost& ghost = ghosts_.running(process);
    messages_.read(ghost, now, out, sent_, violations_);
    const std::uint64_t deaths = ghost.engine->counters().deaths;
    const EngineCall call{now,
                          local,
                          ghost,
                          *ghost.engine,
                          out,
                          has_heard_ ? &heard_ : nullptr,
                          sent_,
                          pool_,
                          network_,
                          deaths - std::exchange(deaths_[ghost.run], deaths),
                          link_ ? &*link_ : nullptr};
    if (log_) {
        log_->note(call);
    }
    identity_.judge(call, violations_);
    if (!has_forger_) {
        judge_evidence(call);
    }
    fold_.judge(call, violations_);
    ring_.judge(call, violations_);
    load_.judge(call, running_, violations_);
    if (!has_forger_) {
        probes_.judge(call, load_.is_calm(now), violations_);
    }
    if (accuracy_) {
        accuracy_->look(now, violations_);
    }
    has_heard_ = false;
    link_.reset();
    sent_.clear();
}

void Checker::judge_evidence(const EngineCall& call) {
    if (is_memberd_) {
        evidence_.judge(call, violations_);
    } else {
        suspicion_.judge(call, violations_);
    }
}

void Checker::died(const Death& death, std::size_t process_count) {
    if (accuracy_) {
        accuracy_->died(death, process_count, violations_);
    }
}

void Checker::returned(ProcessId observer, std::uint64_t instance) {
    const Ghost* const ghost = ghosts_.find(instance);
    if (accuracy_ && ghost != nullptr) {
        accuracy_->returned(observer, ghost->process);
    }
}

void Checker::left_over(Instant now, std::size_t packets, std::size_t profiles) {
    if (packets + profiles > 0) {
        violations_.add(now, "I18",
                        fmt::format("{} packets and {} profiles are left", packets, profiles));
    }
}

}  // namespace memberd::sim
