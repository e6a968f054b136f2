#include "chaos/sim/checker.hpp"

#include <algorithm>
#include <utility>

namespace memberd::sim {

Checker::Checker(const EngineConfig& config, const ProfilePool& pool, const Network& network)
    : is_memberd_(config.mode == Mode::Memberd),
      pool_(pool),
      network_(network),
      identity_(config, ghosts_),
      evidence_(config.timing),
      suspicion_(config.timing.baseline) {}

void Checker::began(ProcessId process, const Engine& engine, std::string_view cluster) {
    const Ghost& ghost = ghosts_.began(process, engine, cluster);
    deaths_.push_back(0);
    identity_.began(ghost);
    evidence_.began();
    suspicion_.began();
}

void Checker::ended(ProcessId process) {
    const Ghost& ghost = ghosts_.running(process);
    identity_.ended(ghost);
    evidence_.ended(ghost);
    suspicion_.ended(ghost);
    ghosts_.ended(process);
}

void Checker::stood_still(ProcessId process, Instant local, Duration gap) {
    const Ghost& ghost = ghosts_.running(process);
    evidence_.stood_still(ghost, local, gap);
    suspicion_.stood_still(ghost, gap);
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
    const EngineCall call{now,      local,
                          ghost,    *ghost.engine,
                          out,      has_heard_ ? &heard_ : nullptr,
                          sent_,    pool_,
                          network_, deaths - std::exchange(deaths_[ghost.run], deaths)};
    identity_.judge(call, violations_);
    if (is_memberd_) {
        evidence_.judge(call, violations_);
    } else {
        suspicion_.judge(call, violations_);
    }
    has_heard_ = false;
    sent_.clear();
}

}  // namespace memberd::sim
