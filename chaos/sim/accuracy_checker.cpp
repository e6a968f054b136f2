#include "chaos/sim/accuracy_checker.hpp"

#include <fmt/core.h>

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

// A member that is removed again within this time may be held back.
constexpr Duration kFirstRemoval = 10min;

}  // namespace

void AccuracyChecker::died(const Death& death, std::size_t process_count, Violations& violations) {
    const Pair pair{death.observer, death.victim};
    const auto [before, is_first] = removed_.try_emplace(pair, death.at);
    const bool is_again = !is_first && death.at - before->second < kFirstRemoval;
    before->second = death.at;
    if (!death.is_false) {
        return;
    }
    ++false_deaths_;
    false_deaths_at_healthy_ += death.observer_is_healthy ? 1U : 0U;
    if (false_deaths_ > budget_.false_deaths ||
        false_deaths_at_healthy_ > budget_.false_deaths_at_healthy) {
        violations.add(death.at, "I14",
                       fmt::format("{} false deaths, {} of them at healthy observers",
                                   false_deaths_, false_deaths_at_healthy_));
    }
    if (!death.observer_is_healthy) {
        return;
    }
    absences_.insert_or_assign(pair, is_again ? kNever : death.at);
    judge_majority(death, process_count, violations);
}

void AccuracyChecker::judge_majority(const Death& death,
                                     std::size_t process_count,
                                     Violations& violations) {
    std::size_t healthy = 0;
    std::size_t without = 0;
    for (ProcessId observer = 0; observer < process_count; ++observer) {
        if (observer != death.victim && is_healthy_pair_(observer, death.victim)) {
            ++healthy;
            without += absences_.count({observer, death.victim});
        }
    }
    if (2 * without > healthy) {
        violations.add(death.at, "I14",
                       fmt::format("process {} is healthy and dead to {} of {} healthy others",
                                   death.victim, without, healthy));
    }
}

void AccuracyChecker::look(Instant now, Violations& violations) {
    for (auto absence = absences_.begin(); absence != absences_.end();) {
        const auto [observer, member] = absence->first;
        if (!is_healthy_pair_(observer, member)) {
            absence = absences_.erase(absence);
            continue;
        }
        if (absence->second != kNever && now - absence->second > budget_.absent_max) {
            violations.add(now, "I14",
                           fmt::format("process {} is healthy and dead to process {} for {:.2f} s",
                                       member, observer, seconds(now - absence->second)));
            return;
        }
        ++absence;
    }
}

}  // namespace memberd::sim
