#include "chaos/calibration/tables.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <utility>

#include "chaos/calibration/ping_rig.hpp"
#include "detector/check.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

constexpr double kPercent = 100.0;

// libzmq 4.3.4, DEALER and ROUTER, between two network namespaces of one machine with Linux 6.18;
// one run of 25 s each. At 50 % nothing was answered, so there is no worst round trip.
struct MeasuredLoss {
    double loss = 0.0;
    std::array<double, 3> within{};  // percent, within 0.5, 1 and 2 s
    std::optional<double> worst_s;
    double udp = 0.0;  // percent of datagrams answered
};

constexpr std::array<MeasuredLoss, 6> kMeasuredLoss{{
    {0.05, {100, 100, 100}, 0.27, 88.6},
    {0.10, {98.2, 100, 100}, 0.9, 83},
    {0.20, {70, 74, 82}, 5.4, 65},
    {0.30, {66, 81, 89}, 3.6, 47},
    {0.40, {6, 12, 26}, 9.1, 35},
    {0.50, {0, 0, 0}, std::nullopt, 24},
}};

struct MeasuredBlackout {
    std::string_view name;
    StreamRules (*rules)();
    Duration length{};
    // The first answer after the heal (s), stale pings, age of the oldest (s).
    std::array<std::optional<double>, 3> figures;
};

// On one Ethernet segment a full cut stops ARP too, and a connection to a neighbour that doesn't
// answer three requests a second apart fails.
StreamRules zmq_with_heartbeats_on_one_segment() {
    StreamRules rules = zmq_with_heartbeats();
    rules.connect_timeout = 3s;
    return rules;
}

StreamRules own() {
    return memberd_stream(32);
}

std::vector<MeasuredBlackout> measured_blackouts() {
    return {
        {"20 s, libzmq's defaults", zmq_defaults, 20s, {6.8, 100, 26.8}},
        {"60 s, libzmq's defaults", zmq_defaults, 60s, {47.2, 299, 107}},
        {"20 s, heartbeats", zmq_with_heartbeats, 20s, {1.1, 89, 18.9}},
        {"60 s, heartbeats", zmq_with_heartbeats, 60s, {2.0, 289, 59.8}},
        {"20 s, heartbeats, ARP cut", zmq_with_heartbeats_on_one_segment, 20s, {1.1, 89, 18.9}},
        {"60 s, heartbeats, ARP cut", zmq_with_heartbeats_on_one_segment, 60s, {2.0, 289, 59.8}},
        {"20 s, memberd's transport", own, 20s, {}},
        {"60 s, memberd's transport", own, 60s, {}},
    };
}

template <typename Outcome>
std::vector<Outcome> repeat(const CalibrationOptions& options,
                            const std::function<Outcome(std::uint64_t)>& run) {
    std::vector<Outcome> outcomes;
    outcomes.reserve(options.runs);
    for (std::uint32_t i = 0; i < options.runs; ++i) {
        outcomes.push_back(run(options.seed + i));
    }
    return outcomes;
}

template <typename Outcome>
TableCell cell_of(std::string name,
                  std::optional<double> measured,
                  double resolution,
                  const std::vector<Outcome>& outcomes,
                  double Outcome::*figure,
                  double scale = 1.0) {
    std::vector<double> values;
    values.reserve(outcomes.size());
    for (const Outcome& outcome : outcomes) {
        values.push_back(outcome.*figure * scale);
    }
    return TableCell{std::move(name), measured, resolution, spread_of(std::move(values))};
}

std::string percent(double share) {
    return std::to_string(std::lround(share * kPercent)) + " %";
}

void add_loss_rows(const CalibrationOptions& options, const MeasuredLoss& measured, Table& table) {
    struct Setting {
        std::string_view name;
        Onset onset = Onset::WhileConnected;
        Congestion congestion = Congestion::Bbr;
    };

    const Setting settings[] = {
        {", from the first segment", Onset::BeforeConnecting, Congestion::Bbr},
        {", when connected", Onset::WhileConnected, Congestion::Bbr},
        {", when connected, cubic", Onset::WhileConnected, Congestion::Cubic},
    };
    for (const auto& [name, onset, congestion] : settings) {
        const Onset when = onset;
        StreamRules rules = zmq_defaults();
        rules.congestion = congestion;
        const auto outcomes = repeat<LossOutcome>(options, [&](std::uint64_t seed) {
            return ping_under_loss(seed, Carrying::Stream, rules, measured.loss, when);
        });
        TableRow row{percent(measured.loss) + std::string(name), {}};
        row.cells = {
            cell_of("<= 0.5 s, %", measured.within[0], 0.5, outcomes,
                    &LossOutcome::within_half_second, kPercent),
            cell_of("<= 1 s, %", measured.within[1], 0.5, outcomes, &LossOutcome::within_second,
                    kPercent),
            cell_of("<= 2 s, %", measured.within[2], 0.5, outcomes,
                    &LossOutcome::within_two_seconds, kPercent),
            cell_of("worst, s", measured.worst_s, 0.05, outcomes, &LossOutcome::worst_s),
        };
        table.rows.push_back(std::move(row));
    }
    const auto datagrams = repeat<LossOutcome>(options, [&](std::uint64_t seed) {
        return ping_under_loss(seed, Carrying::Datagram, own(), measured.loss,
                               Onset::WhileConnected);
    });
    table.rows.push_back(
        {percent(measured.loss) + ", datagrams",
         {cell_of("answered, %", measured.udp, 0.5, datagrams, &LossOutcome::answered, kPercent)}});
}

}  // namespace

Spread spread_of(std::vector<double> values) {
    MEMBERD_CHECK(!values.empty(), "no runs");
    std::sort(values.begin(), values.end());
    const auto at = [&](std::size_t share) {
        return values[((values.size() - 1) * share + 50) / 100];
    };
    return {at(5), at(50), at(95)};
}

bool TableCell::is_inside() const {
    return !measured ||
           (*measured >= simulated.low - resolution && *measured <= simulated.high + resolution);
}

Table loss_table(const CalibrationOptions& options) {
    Table table{"20 pings a second for 25 s, loss each way", {}};
    for (const MeasuredLoss& measured : kMeasuredLoss) {
        add_loss_rows(options, measured, table);
    }
    return table;
}

Table blackout_table(const CalibrationOptions& options) {
    Table table{"5 pings a second, a blackout, and what comes after it", {}};
    for (const MeasuredBlackout& measured : measured_blackouts()) {
        const auto outcomes = repeat<BlackoutOutcome>(options, [&](std::uint64_t seed) {
            return ping_through_blackout(seed, Carrying::Stream, measured.rules(), measured.length);
        });
        table.rows.push_back(
            {std::string(measured.name),
             {cell_of("first answer, s", measured.figures[0], 0.05, outcomes,
                      &BlackoutOutcome::first_answer_s),
              cell_of("stale", measured.figures[1], 1.0, outcomes, &BlackoutOutcome::stale),
              cell_of("oldest, s", measured.figures[2], 0.5, outcomes,
                      &BlackoutOutcome::oldest_s)}});
    }
    return table;
}

Table stopped_table() {
    StreamRules small = memberd_stream(32);
    small.queue_max = 16;
    StreamRules smaller = small;
    smaller.send_buffer_bytes = 64 * 1024;
    smaller.receive_buffer_bytes = 64 * 1024;
    const std::pair<std::string_view, std::pair<StreamRules, double>> cases[] = {
        {"buffers of 64 KiB, queue of 16", {small, 1087}},
        {"buffers of 32 KiB, queue of 16", {smaller, 511}},
    };
    Table table{"250 byte messages that a stopped peer takes", {}};
    for (const auto& [name, parameters] : cases) {
        const double taken = taken_by_stopped_peer(parameters.first);
        table.rows.push_back(
            {std::string(name),
             {TableCell{"messages", parameters.second, 0.0, {taken, taken, taken}}}});
    }
    return table;
}

}  // namespace memberd::sim
