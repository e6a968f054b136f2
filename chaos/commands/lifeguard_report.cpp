#include "chaos/commands/lifeguard_report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include <fmt/core.h>

#include "chaos/experiments/estimates.hpp"

namespace memberd::sim {
namespace {

constexpr std::array kShares{0.5, 0.99, 0.999};

// A row of the paper's table of latencies, alpha 5 and beta 6, in seconds at kShares, and how far
// from it ours may be.
struct PaperRow {
    Mode mode;
    std::array<double, 3> first;
    std::array<double, 3> full;
    std::array<double, 3> tolerance;
};

constexpr std::array kPaper{
    PaperRow{Mode::Swim, {12.44, 16.96, 19.40}, {12.90, 16.93, 20.17}, {0.10, 0.10, 0.10}},
    PaperRow{Mode::Lifeguard, {12.45, 17.90, 21.20}, {12.91, 18.05, 21.68}, {0.05, 0.15, 0.15}},
};

// Shares of SWIM's false positives that Lifeguard may have.
constexpr double kFalsePositivesShare = 0.05;
constexpr double kFalsePositivesAtHealthyShare = 0.08;

// What memberd promises for first detection at kShares, in seconds, by profile: lan and local on
// the default links, wan on 50 ms +- 10 ms.
struct Promise {
    TimingProfile profile;
    std::array<double, 3> first;
};

constexpr std::array kPromises{
    Promise{TimingProfile::Lan, {4.0, 4.6, 5.2}},
    Promise{TimingProfile::Local, {1.6, 2.0, 2.4}},
    Promise{TimingProfile::Wan, {6.5, 7.0, 7.5}},
};
constexpr double kPromisedSpread = 0.2;  // s, from the first to all that are not blocked
// Of SWIM's in the same run.
constexpr double kPromisedFalsePositivesShare = 0.0005;
constexpr double kPromisedBytesShare = 0.6;
constexpr std::uint64_t kPromisedFalsePositivesAtHealthy = 5;

// Everything of one mode.
struct Samples {
    std::vector<double> first;
    std::vector<double> first_at_healthy;
    std::vector<double> full;
    std::size_t blocked = 0;
    FailureEvents events;
    std::size_t runs = 0;
    std::size_t failed_runs = 0;
    double messages = 0.0;
    double bytes = 0.0;
};

void add(Samples& samples, const GridRun& run) {
    for (const Detection& detection : run.run.detections) {
        samples.first.push_back(seconds(detection.first));
        if (detection.first_at_healthy) {
            samples.first_at_healthy.push_back(seconds(*detection.first_at_healthy));
        }
        if (detection.full) {
            samples.full.push_back(seconds(*detection.full));
        }
    }
    samples.blocked += run.cell.blocked;
    samples.events.false_positives += run.run.failures.false_positives;
    samples.events.false_positives_at_healthy += run.run.failures.false_positives_at_healthy;
    samples.events.declarations += run.run.failures.declarations;
    ++samples.runs;
    samples.failed_runs += run.run.failure.empty() ? 0U : 1U;
    samples.messages += run.run.messages_per_member_second;
    samples.bytes += run.run.bytes_per_member_second;
}

// Of one mode; of one D only, if one is given.
Samples samples_of(const std::vector<GridRun>& runs,
                   Mode mode,
                   std::optional<std::uint32_t> block_ms = std::nullopt) {
    Samples samples;
    for (const GridRun& run : runs) {
        const bool is_of_block =
            !block_ms || run.cell.block == std::chrono::milliseconds(*block_ms);
        if (run.mode == mode && is_of_block) {
            add(samples, run);
        }
    }
    for (auto* const values : {&samples.first, &samples.first_at_healthy, &samples.full}) {
        std::sort(values->begin(), values->end());
    }
    return samples;
}

std::string shares_text(const std::vector<double>& sorted) {
    if (sorted.empty()) {
        return fmt::format("{:>7} {:>7} {:>7}", "-", "-", "-");
    }
    return fmt::format("{:7.2f} {:7.2f} {:7.2f}", quantile(sorted, kShares[0]),
                       quantile(sorted, kShares[1]), quantile(sorted, kShares[2]));
}

std::string paper_text(const std::array<double, 3>& values) {
    return fmt::format("{:7.2f} {:7.2f} {:7.2f}", values[0], values[1], values[2]);
}

bool all_ran(const std::vector<GridRun>& runs) {
    bool all_did = true;
    for (const GridRun& run : runs) {
        if (!run.run.failure.empty()) {
            fmt::print("failure: mode {}, C {}, D {:.0f} ms, I {:.0f} ms, seed {}: {}\n",
                       to_string(run.mode), run.cell.blocked, milliseconds(run.cell.block),
                       milliseconds(run.cell.run), run.seed, run.run.failure);
            all_did = false;
        }
    }
    return all_did;
}

bool has_paper_settings(const LifeguardGrid& grid) {
    const BaselineTiming& timing = grid.cluster.timing.baseline;
    return grid.cluster.n == 128 && std::abs(timing.alpha - 5.0) < 1e-9 &&
           std::abs(timing.beta - 6.0) < 1e-9 && grid.cluster.carrying == Carrying::Datagram &&
           grid.fault == LifeguardFault::Block && grid.profile == TimingProfile::Lan &&
           grid.cluster.network.delay == ClusterOptions().network.delay &&
           grid.cluster.network.jitter == ClusterOptions().network.jitter;
}

bool has_mode(const LifeguardGrid& grid, Mode mode) {
    return std::find(grid.modes.begin(), grid.modes.end(), mode) != grid.modes.end();
}

// True if it holds.
bool hold_against(const PaperRow& paper,
                  std::string_view what,
                  const std::array<double, 3>& wanted,
                  const std::vector<double>& sorted) {
    bool all_hold = true;
    for (std::size_t i = 0; i < kShares.size(); ++i) {
        const Estimate estimate = estimate_quantile(sorted, kShares[i]);
        const double off = estimate.value / wanted[i] - 1.0;
        const bool holds = std::abs(off) <= paper.tolerance[i];
        all_hold = all_hold && holds;
        fmt::print(
            "  {:<9} {:<5} {:>4.1f} %: {:5.2f} s, paper {:5.2f} s: {:+5.1f} % of at most "
            "{:.0f} %: {}\n",
            to_string(paper.mode), what, kShares[i] * 100, estimate.value, wanted[i], off * 100,
            paper.tolerance[i] * 100, holds ? "holds" : "FAILS");
    }
    return all_hold;
}

bool hold_latencies(const LifeguardGrid& grid, const std::vector<GridRun>& runs) {
    if (!has_paper_settings(grid)) {
        return true;
    }
    fmt::print("against the paper (alpha 5, beta 6)\n");
    bool all_hold = true;
    for (const PaperRow& paper : kPaper) {
        const Samples samples = samples_of(runs, paper.mode);
        if (!has_mode(grid, paper.mode)) {
            continue;
        }
        if (samples.full.empty()) {
            fmt::print("  {} saw nothing\n", to_string(paper.mode));
            all_hold = false;
            continue;
        }
        all_hold = hold_against(paper, "first", paper.first, samples.first) && all_hold;
        all_hold = hold_against(paper, "full", paper.full, samples.full) && all_hold;
    }
    return all_hold;
}

// One line; true if it holds.
bool hold_at_most(std::string_view what, double value, double most, std::string_view unit) {
    const bool holds = value <= most;
    fmt::print("  memberd {}: {:.4g}{}, at most {:g}{}: {}\n", what, value, unit, most, unit,
               holds ? "holds" : "FAILS");
    return holds;
}

bool keeps_promises(const LifeguardGrid& grid) {
    return has_mode(grid, Mode::Memberd) && grid.cluster.n == 128 && grid.is_whole_rule;
}

bool hold_promised_latencies(const LifeguardGrid& grid, const std::vector<GridRun>& runs) {
    if (!keeps_promises(grid)) {
        return true;
    }
    fmt::print("what memberd promises, profile {}\n", to_string(grid.profile));
    const Samples samples = samples_of(runs, Mode::Memberd);
    bool all_hold = samples.full.size() == samples.blocked;
    fmt::print("  memberd seen by all: {} of {}: {}\n", samples.full.size(), samples.blocked,
               all_hold ? "holds" : "FAILS");
    for (const Promise& promise : kPromises) {
        if (promise.profile != grid.profile || samples.full.empty()) {
            continue;
        }
        for (std::size_t i = 0; i < kShares.size(); ++i) {
            const double first = estimate_quantile(samples.first, kShares[i]).value;
            const double full = estimate_quantile(samples.full, kShares[i]).value;
            const std::string share = fmt::format("{:g} %", kShares[i] * 100);
            all_hold = hold_at_most("first, " + share, first, promise.first[i], " s") && all_hold;
            all_hold = hold_at_most("all after the first, " + share, full - first, kPromisedSpread,
                                    " s") &&
                       all_hold;
        }
    }
    return all_hold;
}

bool hold_promised_accuracy(const LifeguardGrid& grid, const std::vector<GridRun>& runs) {
    if (!keeps_promises(grid) || !has_mode(grid, Mode::Swim)) {
        return true;
    }
    const Samples swim = samples_of(runs, Mode::Swim);
    const Samples memberd = samples_of(runs, Mode::Memberd);
    fmt::print("what memberd promises, profile {}\n", to_string(grid.profile));
    bool all_hold = hold_at_most(
        "FP", static_cast<double>(memberd.events.false_positives),
        kPromisedFalsePositivesShare * static_cast<double>(swim.events.false_positives), "");
    all_hold = hold_at_most("FP-", static_cast<double>(memberd.events.false_positives_at_healthy),
                            static_cast<double>(kPromisedFalsePositivesAtHealthy), "") &&
               all_hold;
    return hold_at_most("bytes by swim's", memberd.bytes / swim.bytes, kPromisedBytesShare, "") &&
           all_hold;
}

// One count of SWIM's and Lifeguard's; true if it holds or there is nothing to compare with.
bool hold_share(std::string_view what, std::uint64_t lifeguard, std::uint64_t swim, double most) {
    if (swim == 0) {
        fmt::print("  {}: none in mode swim, so there is nothing to compare with\n", what);
        return true;
    }
    const double share = static_cast<double>(lifeguard) / static_cast<double>(swim);
    const bool holds = share <= most;
    fmt::print("  {} of lifeguard: {:.2f} % of swim's, at most {:.0f} %: {}\n", what, share * 100,
               most * 100, holds ? "holds" : "FAILS");
    return holds;
}

}  // namespace

bool print_threshold(const LifeguardGrid& grid, const std::vector<GridRun>& runs) {
    fmt::print("{:<16} {:>13}   {:^23}   {:^23}   {:^23}\n", "seconds, at", "seen/blocked",
               "first at another", "first at one not blocked", "full");
    fmt::print("{:<16} {:>13}   {:>7} {:>7} {:>7}   {:>7} {:>7} {:>7}   {:>7} {:>7} {:>7}\n", "",
               "", "50 %", "99 %", "99.9 %", "50 %", "99 %", "99.9 %", "50 %", "99 %", "99.9 %");
    for (const Mode mode : grid.modes) {
        const Samples samples = samples_of(runs, mode);
        fmt::print("{:<16} {:>13}   {}   {}   {}\n", to_string(mode),
                   fmt::format("{}/{}", samples.first.size(), samples.blocked),
                   shares_text(samples.first), shares_text(samples.first_at_healthy),
                   shares_text(samples.full));
    }
    for (const PaperRow& paper : kPaper) {
        fmt::print("{:<16} {:>13}   {}   {:23}   {}\n",
                   fmt::format("paper {}", to_string(paper.mode)), "", paper_text(paper.first), "",
                   paper_text(paper.full));
    }
    fmt::print("{:<10} {:>6} {:>15} {:>15} {:>10} {:>10}\n", "by D", "ms", "seen/blocked",
               "seen by all", "FP", "FP-");
    for (const Mode mode : grid.modes) {
        for (const std::uint32_t block : grid.block_ms) {
            const Samples samples = samples_of(runs, mode, block);
            fmt::print("{:<10} {:>6} {:>15} {:>15} {:>10} {:>10}\n", to_string(mode), block,
                       fmt::format("{}/{}", samples.first.size(), samples.blocked),
                       samples.full.size(), samples.events.false_positives,
                       samples.events.false_positives_at_healthy);
        }
    }
    const bool have_run = all_ran(runs);
    const bool is_like_paper = hold_latencies(grid, runs);
    return hold_promised_latencies(grid, runs) && is_like_paper && have_run;
}

bool print_interval(const LifeguardGrid& grid, const std::vector<GridRun>& runs) {
    const auto line = [](std::string_view mode, std::string_view block, const Samples& samples) {
        const auto count = static_cast<double>(std::max<std::size_t>(samples.runs, 1));
        fmt::print("{:<10} {:>7} {:>6} {:>10} {:>10} {:>14} {:>12.2f} {:>12.0f}\n", mode, block,
                   samples.runs, samples.events.false_positives,
                   samples.events.false_positives_at_healthy, samples.events.declarations,
                   samples.messages / count, samples.bytes / count);
    };
    fmt::print("{:<10} {:>7} {:>6} {:>10} {:>10} {:>14} {:>12} {:>12}\n", "mode", "D, ms", "runs",
               "FP", "FP-", "declarations", "messages/s", "bytes/s");
    for (const Mode mode : grid.modes) {
        for (const std::uint32_t block : grid.block_ms) {
            line(to_string(mode), std::to_string(block), samples_of(runs, mode, block));
        }
    }
    for (const Mode mode : grid.modes) {
        line(to_string(mode), "all", samples_of(runs, mode));
    }
    fmt::print("paper, in 4,320 runs: swim FP 339002, FP- 1326; lifeguard FP 5193, FP- 25\n");
    bool holds = all_ran(runs);
    if (has_paper_settings(grid) && has_mode(grid, Mode::Swim) && has_mode(grid, Mode::Lifeguard)) {
        const FailureEvents swim = samples_of(runs, Mode::Swim).events;
        const FailureEvents lifeguard = samples_of(runs, Mode::Lifeguard).events;
        holds = hold_share("FP", lifeguard.false_positives, swim.false_positives,
                           kFalsePositivesShare) &&
                holds;
        holds = hold_share("FP-", lifeguard.false_positives_at_healthy,
                           swim.false_positives_at_healthy, kFalsePositivesAtHealthyShare) &&
                holds;
    }
    return hold_promised_accuracy(grid, runs) && holds;
}

}  // namespace memberd::sim
