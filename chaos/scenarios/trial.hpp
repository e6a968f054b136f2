// One cluster of a scenario, with its bookkeeping: what is promised and by whom, whether the fault
// took hold, the machine's time, and the figures that every run has.
//
// Thread rule: one thread. The options and the report must outlive the trial.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

#include "chaos/scenarios/scenario.hpp"

namespace memberd::sim {

// How long everything is left in peace before something is broken: histories of round trips fill.
inline constexpr Duration kSettle = std::chrono::seconds(15);

// Whether the loss of somebody healthy ends a run of mode memberd (I14): not where a scenario goes
// beyond what is promised, to count such losses.
enum class Accuracy : std::uint8_t {
    Judged,
    Counted,
};

class Trial {
  public:
    Trial(const ScenarioOptions& options, Report& report);
    // Another cluster than the options say.
    Trial(const ScenarioOptions& options,
          Report& report,
          ClusterOptions cluster,
          Accuracy accuracy = Accuracy::Judged);

    // --- Faults and time ---

    // What breaks something. Left out in a control run.
    void fault(const std::function<void()>& action) const;
    void run_for(Duration length);
    // As Cluster::run_until.
    bool run_until(const std::function<bool()>& condition,
                   Duration limit,
                   Duration step = std::chrono::milliseconds(10));
    // Until everybody sees exactly those that run; how long that took, or nothing at the limit.
    // While somebody holds itself back (held_for) the time does not count; the figure `held_s` says
    // how long that was.
    std::optional<Duration> run_until_whole(Duration limit);

    // --- Verdicts ---

    // Fails the run in every mode.
    void expect(bool holds, std::string_view what) { report_.expect(holds, what); }

    // Fails runs of mode memberd.
    void promise(bool holds, std::string_view what);
    // Fails the run: what it found says nothing.
    void took_hold(bool holds, std::string_view what);
    // No healthy member was declared dead by one that could reach it.
    void promise_accuracy();

    // --- Figures ---

    void add(std::string_view name, double value) { report_.add(name, value); }

    void add(std::string_view name, double value, std::string_view target) {
        report_.add(name, value, target);
    }

    // Since the last call, or since the beginning: messages and bytes a second and member.
    void add_traffic(std::string_view prefix = "");
    void forget_traffic();

    // Invariants, trace hash and the machine's time. Every trial ends with it; the figures of
    // deaths come with finish(), which closes too.
    void close();
    void finish();

    // --- The cluster ---

    Cluster& operator*() { return cluster_; }

    Cluster* operator->() { return &cluster_; }

    [[nodiscard]] bool is_memberd() const { return cluster_.options().mode == Mode::Memberd; }

    [[nodiscard]] const ScenarioOptions& options() const { return options_; }

  private:
    [[nodiscard]] bool is_anybody_held() const;

    using Clock = std::chrono::steady_clock;

    const ScenarioOptions& options_;
    Report& report_;
    Clock::time_point began_ = Clock::now();
    Cluster cluster_;
    Clock::time_point built_ = Clock::now();
    Traffic traffic_;
    double member_seconds_ = 0.0;  // since traffic_
    Instant counted_until_ = kBeginning;
};

}  // namespace memberd::sim
