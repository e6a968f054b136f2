// Loss on all links: where false deaths begin, and whether they end.
#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "chaos/scenarios/measures.hpp"
#include "chaos/scenarios/trial.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

// Up to this loss nobody may be declared dead in mode memberd. The more members, the more
// suspicions a second compete for the same dissemination, so the cliff comes sooner.
double harmless_loss(std::size_t n) {
    return n <= 100 ? 0.25 : n <= 300 ? 0.20 : n <= 1000 ? 0.15 : 0.10;
}

// What one cell of the table found.
struct Cell {
    std::uint64_t deaths_on = 0;     // while messages were lost
    std::uint64_t deaths_after = 0;  // later than a minute after that
    std::optional<Duration> whole_again;
};

Cell run_cell(Trial& trial, double loss, Duration on, Duration off) {
    const double before = trial->world().topology().defaults().loss;
    trial.run_for(kSettle);
    trial.forget_traffic();
    trial.fault([&] { trial->lose(loss); });
    trial.run_for(on);
    Cell cell;
    cell.deaths_on = trial->history().false_deaths();
    trial->lose(before);
    const Instant ended = trial->now();
    cell.whole_again = trial.run_until_whole(off);
    trial.run_for(ended + off - trial->now());
    cell.deaths_after = count_deaths(
        *trial, [&](const Death& death) { return death.is_false && death.at > ended + 60s; });
    return cell;
}

constexpr std::array kPhaseSettings{
    Setting{"phase_loss", 0.2, 1, "of every message, each way"},
    Setting{"on_s", 60, 1e6, "how long messages are lost"},
    Setting{"off_s", 120, 1e6, "how long it is watched afterwards"},
};

void loss_phase(const ScenarioOptions& options, Report& report) {
    Trial trial(options, report);
    const double loss = options.number("phase_loss");
    const Cell cell = run_cell(trial, loss, options.duration("on_s"), options.duration("off_s"));
    trial.took_hold(not_carried(*trial) > 0, "everything was carried");
    trial.add_traffic();
    trial.add("false_deaths_on", static_cast<double>(cell.deaths_on));
    trial.add("false_deaths_after_60_s", static_cast<double>(cell.deaths_after));
    if (cell.whole_again) {
        trial.add("whole_again_s", seconds(*cell.whole_again));
    }
    trial.promise(loss > harmless_loss(options.cluster.n) || cell.deaths_on == 0,
                  "a loss that harms nobody did");
    trial.promise(cell.deaths_after == 0, "healthy members die a minute after the loss has ended");
    trial.promise(cell.whole_again.has_value(), "not one cluster again after the loss");
    trial.finish();
}

constexpr std::array kLossSizes{50, 100, 300, 1000, 2000};
constexpr std::array kLosses{0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5};

// Where more is lost, a sweep is there to count who is declared dead.
constexpr double kJudgedLoss = 0.3;

constexpr std::array kSweepSettings{
    Setting{"n_max", 300, 2000, "sizes above it are left out"},
    Setting{"on_s", 60, 1e6, "how long messages are lost"},
    Setting{"off_s", 120, 1e6, "how long each is watched afterwards"},
};

// The least loss of a size and mode that killed a healthy member; above 1 if none did.
void sweep_losses(const ScenarioOptions& options, Report& report, ClusterOptions cluster) {
    double cliff = 2.0;
    for (const double loss : kLosses) {
        Report one;
        Trial trial(options, one, cluster,
                    loss > kJudgedLoss ? Accuracy::Counted : Accuracy::Judged);
        const Cell cell =
            run_cell(trial, loss, options.duration("on_s"), options.duration("off_s"));
        trial.close();
        cliff = cell.deaths_on > 0 ? std::min(cliff, loss) : cliff;
        report.rows.push_back(
            {{"n", static_cast<double>(cluster.n)},
             {"mode", std::string(to_string(cluster.mode))},
             {"loss", loss},
             {"false_deaths", static_cast<double>(cell.deaths_on)},
             {"false_deaths_after_60_s", static_cast<double>(cell.deaths_after)},
             {"whole_again_s", cell.whole_again ? seconds(*cell.whole_again) : -1.0}});
        one.figures.clear();
        report.absorb(one);
        if (cluster.mode == Mode::Memberd) {
            report.expect(loss > harmless_loss(cluster.n) || cell.deaths_on == 0,
                          "a loss that harms nobody did");
            report.expect(cell.whole_again.has_value() && cell.deaths_after == 0,
                          "not one cluster again after the loss");
        }
    }
    report.add(fmt::format("least_harmful_loss_{}_n{}", to_string(cluster.mode), cluster.n), cliff);
}

void loss_sweep(const ScenarioOptions& options, Report& report) {
    for (const Mode mode : {Mode::Swim, Mode::Lifeguard, Mode::Memberd}) {
        for (const int n : kLossSizes) {
            if (n <= options.number("n_max")) {
                ClusterOptions cluster = options.cluster;
                cluster.mode = mode;
                cluster.n = static_cast<std::size_t>(n);
                sweep_losses(options, report, cluster);
            }
        }
    }
}

constexpr std::array kLossScenarios{
    Scenario{"loss-phase", "messages are lost everywhere for a minute: false deaths, and their end",
             100, kPhaseSettings, loss_phase, true, kDecidesLoss},
    Scenario{"loss-sweep", "the same for sizes, losses and modes: rows for chaos/plot", 50,
             kSweepSettings, loss_sweep, false, kDecidesLoss | kDecidesSize | kDecidesMode},
};

}  // namespace

std::span<const Scenario> loss_scenarios() {
    return kLossScenarios;
}

}  // namespace memberd::sim
