#include "chaos/plan/execution.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "chaos/plan/name_watch.hpp"
#include "chaos/plan/network_faults.hpp"
#include "chaos/plan/process_faults.hpp"
#include "chaos/sim/call_log.hpp"
#include "chaos/sim/cluster.hpp"
#include "chaos/sim/liveness.hpp"

namespace memberd::sim {
namespace {

// How often is looked for processes that have ended themselves.
constexpr Duration kLook = std::chrono::seconds(1);

// An operation begins or ends.
struct Step {
    Duration at{};
    std::size_t operation = 0;
    bool begins = true;
};

// The steps of one operation; a flip-flop is on and off in turn.
void add_steps(const Plan& plan, std::size_t operation, std::vector<Step>& steps) {
    const Operation& of = plan.operations[operation];
    const auto end_of = [&](Duration begin, Duration length) {
        return std::min(begin + length, plan.faults_end);
    };
    if (of.kind != OperationKind::FlipFlop) {
        steps.push_back({of.at, operation, true});
        if (of.length) {
            steps.push_back({end_of(of.at, *of.length), operation, false});
        }
        return;
    }
    const Duration end = end_of(of.at, of.length.value_or(plan.faults_end));
    for (Duration at = of.at; at < end; at += of.on + of.off) {
        steps.push_back({at, operation, true});
        steps.push_back({std::min(at + of.on, end), operation, false});
    }
}

std::vector<Step> steps_of(const Plan& plan) {
    std::vector<Step> steps;
    for (std::size_t i = 0; i < plan.operations.size(); ++i) {
        add_steps(plan, i, steps);
    }
    std::stable_sort(steps.begin(), steps.end(),
                     [](const Step& a, const Step& b) { return a.at < b.at; });
    return steps;
}

class Execution {
  public:
    Execution(const Plan& plan, const CallLogChoice* log)
        : plan_(plan),
          cluster_(cluster_options(plan)),
          network_(plan, cluster_),
          processes_(plan, cluster_),
          names_(cluster_) {
        if (log != nullptr) {
            cluster_.world().log_calls(*log);
        }
        for (const ZoneLink& link : plan.zone_links) {
            Override layer;
            layer.delay = link.delay;
            cluster_.world().topology().set_zone_pair(link.from, link.to, layer);
        }
        processes_.reserve_members();
    }

    Outcome run() {
        for (const Step& step : steps_of(plan_)) {
            run_to(step.at);
            carry_out(step);
        }
        run_to(plan_.faults_end);
        calm();
        if (plan_.expect.becomes_whole && failures_.empty()) {
            expect_whole();
        }
        return outcome();
    }

  private:
    void run_to(Duration at) {
        while (cluster_.elapsed() < at && failures_.empty()) {
            cluster_.run_for(std::min(kLook, at - cluster_.elapsed()));
            look();
        }
    }

    void expect_whole() {
        const std::vector<Member> core = processes_.core();
        const LivenessBudget budget =
            liveness_budget(cluster_.options(), Duration::zero(), core.size());
        for (const Violation& violation : check_liveness(cluster_, core, budget)) {
            failures_.push_back({violation.invariant, violation.text + "; " + cluster_.explain(),
                                 violation.at - kBeginning});
        }
        look();
    }

    // At everything that can go wrong without being noticed by the checker of every event.
    void look() {
        for (const Violation& violation : cluster_.violations()) {
            failures_.push_back({violation.invariant, violation.text, violation.at - kBeginning});
        }
        const std::string lost = names_.look();
        if (!lost.empty()) {
            failures_.push_back({"lost-name", lost, cluster_.elapsed()});
        }
        if (plan_.expect.no_false_deaths) {
            look_at_deaths();
        }
    }

    void look_at_deaths() {
        for (; deaths_seen_ < cluster_.deaths().size(); ++deaths_seen_) {
            const Death& death = cluster_.deaths()[deaths_seen_];
            if (death.is_false || processes_.is_promised_to_live(death)) {
                failures_.push_back(
                    {"false-death",
                     fmt::format("{} says {} is dead, which runs", cluster_.name(death.observer),
                                 cluster_.name(death.victim)),
                     death.at - kBeginning});
            }
        }
    }

    void carry_out(const Step& step) {
        const Operation& of = plan_.operations[step.operation];
        if (!failures_.empty()) {
            return;
        }
        bool took_hold = false;
        if (of.kind == OperationKind::Heal) {
            took_hold = network_.end_all();
        } else if (!is_of_network(of.kind)) {
            took_hold =
                step.begins ? processes_.begin(step.operation) : processes_.end(step.operation);
        } else if (step.begins) {
            network_.begin(step.operation);
            took_hold = true;
        } else {
            network_.end(step.operation);
        }
        if (step.begins && took_hold) {
            ++took_hold_[std::string(to_string(of.kind))];
        }
    }

    void calm() {
        network_.end_all();
        processes_.end_all();
        // Whoever is about to leave has left by then.
        run_to(plan_.faults_end + cluster_.options().timing.membership.leave_timeout + kLook);
        processes_.restart_announced();
        processes_.start_seeds();
    }

    Outcome outcome() {
        Outcome result;
        result.failures = std::move(failures_);
        result.trace_hash = cluster_.trace_hash();
        result.events = cluster_.history().events;
        result.length = cluster_.elapsed();
        result.took_hold = std::move(took_hold_);
        if (result.failures.empty()) {
            cluster_.world().close();
            for (const Violation& violation : cluster_.violations()) {
                result.failures.push_back(
                    {violation.invariant, violation.text, violation.at - kBeginning});
            }
        }
        return result;
    }

    const Plan& plan_;
    Cluster cluster_;
    NetworkFaults network_;
    ProcessFaults processes_;
    NameWatch names_;
    std::vector<Failure> failures_;
    std::map<std::string, std::uint64_t> took_hold_;
    std::size_t deaths_seen_ = 0;
};

}  // namespace

Outcome run_plan(const Plan& plan, const CallLogChoice* log) {
    return Execution(plan, log).run();
}

}  // namespace memberd::sim
