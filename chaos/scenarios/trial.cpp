#include "chaos/scenarios/trial.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "chaos/scenarios/measures.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration kProgressStep = 1s;
constexpr Duration kTrialLook = 10ms;
constexpr auto kUnlimited = std::numeric_limits<std::uint64_t>::max();

}  // namespace

Trial::Trial(const ScenarioOptions& options, Report& report)
    : Trial(options, report, options.cluster) {}

Trial::Trial(const ScenarioOptions& options,
             Report& report,
             ClusterOptions cluster,
             Accuracy accuracy)
    : options_(options),
      report_(report),
      cluster_(std::move(cluster)) {
    if (is_memberd() && accuracy == Accuracy::Judged && cluster_.options().checks == Checks::On) {
        // How many may be lost is for each scenario to say; how, is the same for all.
        AccuracyBudget budget;
        budget.false_deaths = kUnlimited;
        budget.false_deaths_at_healthy = kUnlimited;
        cluster_.world().expect_accuracy(budget);
    }
}

void Trial::fault(const std::function<void()>& action) const {
    if (options_.has_faults) {
        action();
    }
}

void Trial::run_for(Duration length) {
    const Instant end = cluster_.now() + length;
    while (cluster_.now() < end && cluster_.violations().empty()) {
        const Duration step = std::min(kProgressStep, end - cluster_.now());
        member_seconds_ += seconds(step) * static_cast<double>(running_count(cluster_));
        cluster_.run_for(step);
        if (options_.progress) {
            options_.progress(cluster_.elapsed());
        }
    }
}

bool Trial::run_until(const std::function<bool()>& condition, Duration limit, Duration step) {
    const Instant end = cluster_.now() + limit;
    while (!condition()) {
        if (cluster_.now() >= end || !cluster_.violations().empty()) {
            return false;
        }
        run_for(std::min(step, end - cluster_.now()));
    }
    return cluster_.violations().empty();
}

bool Trial::is_anybody_held() const {
    for (Member member = 0; member < cluster_.size(); ++member) {
        if (cluster_.is_up(member) &&
            cluster_.engine(member).status(cluster_.now()).held_for > 0s) {
            return true;
        }
    }
    return false;
}

std::optional<Duration> Trial::run_until_whole(Duration limit) {
    const Instant begin = cluster_.now();
    Duration held{};
    while (!is_whole(cluster_)) {
        if (cluster_.now() - begin - held >= limit || !cluster_.violations().empty()) {
            return std::nullopt;
        }
        // Who flaps stays away for a while of its own will: that is no part of becoming whole.
        const bool is_held = is_anybody_held();
        const Duration step = is_held ? kProgressStep : kTrialLook;
        run_for(step);
        held += is_held ? step : Duration::zero();
    }
    if (held > Duration::zero()) {
        add("held_s", seconds(held));
    }
    return cluster_.now() - begin - held;
}

void Trial::promise(bool holds, std::string_view what) {
    if (is_memberd()) {
        report_.expect(holds, what);
    }
}

void Trial::took_hold(bool holds, std::string_view what) {
    report_.expect_fault(holds, what);
}

void Trial::promise_accuracy() {
    promise(cluster_.history().false_deaths_at_healthy() == 0,
            "a healthy member was declared dead by one that could reach it");
}

void Trial::forget_traffic() {
    traffic_ = cluster_.history().sent;
    member_seconds_ = 0.0;
}

void Trial::add_traffic(std::string_view prefix) {
    const Traffic& now = cluster_.history().sent;
    if (member_seconds_ <= 0.0) {
        return;  // of no time there is nothing to say
    }
    add(std::string(prefix) + "messages_per_member_second",
        static_cast<double>(now.message_count() - traffic_.message_count()) / member_seconds_);
    add(std::string(prefix) + "bytes_per_member_second",
        static_cast<double>(now.byte_count() - traffic_.byte_count()) / member_seconds_);
    forget_traffic();
}

void Trial::close() {
    const Clock::time_point ended = Clock::now();
    report_.setup_seconds += std::chrono::duration<double>(built_ - began_).count();
    report_.run_seconds += std::chrono::duration<double>(ended - built_).count();
    report_.events += cluster_.history().events;
    if (!cluster_.violations().empty()) {
        report_.failures.emplace_back("an invariant is broken");
    }
    if (!report_.passed() && report_.explanation.empty()) {
        report_.explanation = cluster_.explain();
    }
    report_.add_hash(cluster_.trace_hash());
    if (report_.passed()) {
        cluster_.world().close();
        if (!cluster_.violations().empty()) {
            report_.failures.emplace_back("something was not given back");
            report_.explanation = cluster_.explain();
        }
    }
}

void Trial::finish() {
    const History& history = cluster_.history();
    add("deaths", static_cast<double>(history.deaths.size()));
    add("false_deaths", static_cast<double>(history.false_deaths()));
    add("false_deaths_at_healthy", static_cast<double>(history.false_deaths_at_healthy()));
    add("suspicions", static_cast<double>(history.suspicions));
    add("returns", static_cast<double>(history.returns));
    add("virtual_seconds", seconds(cluster_.elapsed()));
    add("events", static_cast<double>(history.events));
    close();
}

}  // namespace memberd::sim
