// What a cluster of a given size and settings does, measured on one simulated cluster: for people
// who plan one. Nothing here is a formula; `memsim plan` repeats it over many seeds.
//
// First it is left alone under the given network, which shows its load and its false alarms. Then
// members die one after the other, alternately with their machine (silence) and alone (kill -9: the
// machine refuses connections). Each comes back once everybody knows, so the size stays.
//
// False alarm: a healthy member that could be reached is shown as dead by somebody. However many
// show it so, it is one alarm until kAlarmGap has passed without another event about that member.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "chaos/sim/cluster.hpp"

namespace memberd::sim {

inline constexpr Duration kForecastSettle = std::chrono::seconds(15);
inline constexpr Duration kAlarmGap = std::chrono::minutes(1);
// Whoever is not known to be dead by everybody within it is reported as such.
inline constexpr Duration kForecastLimit = std::chrono::minutes(3);

struct ForecastOptions {
    ClusterOptions cluster;
    Duration soak = std::chrono::minutes(5);
    std::size_t kills = 5;  // of either kind
};

enum class DeathKind : std::uint8_t {
    SilentMachine,
    KilledProcess,
};

struct Discovery {
    DeathKind kind = DeathKind::SilentMachine;
    std::optional<double> first_s;       // nothing: not at all within the limit
    std::optional<double> everywhere_s;  // likewise
};

struct Forecast {
    std::vector<Discovery> discoveries;
    std::size_t false_alarms = 0;              // while it was left alone
    std::size_t false_alarms_while_dying = 0;  // of others, in the second part
    std::size_t false_views = 0;               // all events of both: a member that shows one
    double member_hours = 0.0;                 // of the first part
    double messages_per_member_second = 0.0;
    double bytes_per_member_second = 0.0;
    std::string failure;  // a broken invariant; empty: none
    std::uint64_t trace_hash = 0;
};

// Requires at least two members.
Forecast forecast(const ForecastOptions& options);

// Of deaths in the order in which they happened.
std::size_t count_false_alarms(std::span<const Death> deaths);

// Exact, for worker processes.
std::string to_text(const Forecast& forecast);
Forecast forecast_from_text(const std::string& text);

}  // namespace memberd::sim
