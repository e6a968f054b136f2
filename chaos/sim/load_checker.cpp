#include "chaos/sim/load_checker.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace memberd::sim {
namespace {

// A period's messages, for one member.
constexpr double kIdleMemberd = 2.3;
constexpr double kIdleBaseline = 2.1;
// Of the dead as many are taken in until the next sweep (gossip/claims.cpp).
constexpr std::size_t kDeadMin = 256;

bool is_sound(const Conditions& conditions) {
    return !conditions.cut && conditions.loss == 0.0 && conditions.duplicate == 0.0 &&
           conditions.corrupt == 0.0 && conditions.burst_bad_mean == Duration::zero();
}

}  // namespace

void LoadChecker::disturbed(Instant now) {
    disturbed_at_ = now;
    window_since_ = kNever;
    sent_ = 0;
}

void LoadChecker::judge(const EngineCall& call, std::size_t running, Violations& violations) {
    const EngineBacklog backlog = call.engine.backlog(call.local);
    judge_tables(call, backlog, violations);
    if (is_disturbance(call, backlog)) {
        topology_version_ = call.network.topology().version();
        disturbed(call.now);
        return;
    }
    if (!is_calm(call.now)) {
        return;
    }
    // Whoever is alone has nobody to tell.
    const bool has_audience = call.engine.status(call.local).alive > 1;
    if (has_audience && backlog.updates > 0) {
        violations.add(call.now, "I11",
                       fmt::format("{} updates wait at {}, where nothing has happened for long",
                                   backlog.updates, call.who()));
    }
    judge_window(call, running, violations);
}

bool LoadChecker::is_disturbance(const EngineCall& call, const EngineBacklog& backlog) const {
    const Topology& topology = call.network.topology();
    return !call.out.changes.empty() || (call.heard != nullptr && call.heard->updates.count > 0) ||
           backlog.cases > 0 || backlog.pending_deaths > 0 ||
           topology.version() != topology_version_ || !topology.is_uniform() ||
           !is_sound(topology.defaults());
}

void LoadChecker::judge_tables(const EngineCall& call,
                               const EngineBacklog& backlog,
                               Violations& violations) const {
    if (backlog.updates > backlog.records) {
        violations.add(call.now, "I11",
                       fmt::format("{} updates wait at {}, about {} records", backlog.updates,
                                   call.who(), backlog.records));
    }
    if (call.out.changes.empty()) {
        return;
    }
    const EngineStatus status = call.engine.status(call.local);
    const std::size_t live = status.alive + status.suspect;
    const std::size_t known = live + status.dead + status.left;
    if (backlog.records != known || status.dead > 2 * std::max(kDeadMin, live)) {
        violations.add(call.now, "I12",
                       fmt::format("{} keeps {} records: {} live, {} dead, {} left", call.who(),
                                   backlog.records, live, status.dead, status.left));
    }
}

void LoadChecker::judge_window(const EngineCall& call,
                               std::size_t running,
                               Violations& violations) {
    if (window_since_ == kNever) {
        window_since_ = call.now;
    }
    sent_ += call.sent.size();
    const Duration length = call.now - window_since_;
    if (length < kWindow) {
        return;
    }
    const double members = static_cast<double>(std::max<std::size_t>(running, 1));
    const double rate = (is_memberd_ ? kIdleMemberd : kIdleBaseline) / seconds(period_) +
                        1.0 / seconds(contact_interval_);
    // What is periodic may fall on both ends of the window.
    const double most = members * (rate * seconds(length) + 1.0);
    if (static_cast<double>(sent_) > most) {
        violations.add(call.now, "I10",
                       fmt::format("{:.2f} messages a member a second where nothing happens",
                                   static_cast<double>(sent_) / members / seconds(length)));
    }
    window_since_ = kNever;
    sent_ = 0;
}

}  // namespace memberd::sim
