#include "chaos/experiments/forecast.hpp"

#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "detector/check.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

// Apart from every stream of the cluster, so that who dies depends on nothing but the seed.
constexpr std::uint64_t kForecastStream = 0x666f726563617374;

// Member 0 is everybody's seed and lives; when somebody dies has nothing to do with any period.
Discovery let_die(Cluster& cluster, DeathKind kind, Random& random) {
    cluster.run_for(2s + random.between(0s, 10s));
    const auto victim = static_cast<Member>(1 + random.below(cluster.size() - 1));
    const Instant died = cluster.now();
    if (kind == DeathKind::SilentMachine) {
        cluster.power_off(victim);
    } else {
        cluster.kill(victim);
    }
    Discovery discovery{kind, std::nullopt, std::nullopt};
    const bool is_known = cluster.expect_everywhere(victim, MemberState::Dead, kForecastLimit);
    if (const auto first = cluster.first_death(victim, died)) {
        discovery.first_s = seconds(*first - died);
        if (is_known) {
            discovery.everywhere_s = seconds(*cluster.last_death(victim) - died);
        }
    }
    cluster.restart(victim);
    cluster.run_until([&] { return cluster.all_see_all(); }, kForecastLimit, 100ms);
    return discovery;
}

void watch_idle(Cluster& cluster, Duration soak, Forecast& forecast) {
    const Traffic before = cluster.history().sent;
    cluster.run_for(soak);
    const Traffic& after = cluster.history().sent;
    const double member_seconds = static_cast<double>(cluster.size()) * seconds(soak);
    forecast.messages_per_member_second =
        static_cast<double>(after.message_count() - before.message_count()) / member_seconds;
    forecast.bytes_per_member_second =
        static_cast<double>(after.byte_count() - before.byte_count()) / member_seconds;
    forecast.member_hours = member_seconds / 3600.0;
    forecast.false_alarms = count_false_alarms(cluster.deaths());
}

nlohmann::json number_or_null(const std::optional<double>& number) {
    return number ? nlohmann::json(*number) : nlohmann::json(nullptr);
}

std::optional<double> number_or_nothing(const nlohmann::json& value) {
    return value.is_null() ? std::nullopt : std::optional(value.get<double>());
}

}  // namespace

std::size_t count_false_alarms(std::span<const Death> deaths) {
    std::map<Member, Instant> last;
    std::size_t alarms = 0;
    for (const Death& death : deaths) {
        if (!death.is_false) {
            continue;
        }
        const auto known = last.find(death.victim);
        alarms += known == last.end() || death.at - known->second > kAlarmGap ? 1U : 0U;
        last[death.victim] = death.at;
    }
    return alarms;
}

Forecast forecast(const ForecastOptions& options) {
    MEMBERD_CHECK(options.cluster.n >= 2, "one member alone has nobody to watch");
    Cluster cluster(options.cluster);
    Random random(mix64(options.cluster.seed) ^ kForecastStream);
    Forecast forecast;
    cluster.run_for(kForecastSettle);
    watch_idle(cluster, options.soak, forecast);
    const std::size_t deaths_before = cluster.deaths().size();
    for (std::size_t i = 0; i < 2 * options.kills && cluster.violations().empty(); ++i) {
        forecast.discoveries.push_back(let_die(
            cluster, i % 2 == 0 ? DeathKind::SilentMachine : DeathKind::KilledProcess, random));
    }
    forecast.false_alarms_while_dying =
        count_false_alarms(std::span(cluster.deaths()).subspan(deaths_before));
    forecast.false_views = cluster.history().false_deaths();
    forecast.trace_hash = cluster.trace_hash();
    if (!cluster.violations().empty()) {
        forecast.failure = cluster.explain();
    }
    return forecast;
}

std::string to_text(const Forecast& forecast) {
    nlohmann::json discoveries = nlohmann::json::array();
    for (const Discovery& d : forecast.discoveries) {
        discoveries.push_back(
            {static_cast<int>(d.kind), number_or_null(d.first_s), number_or_null(d.everywhere_s)});
    }
    return nlohmann::json{{"discoveries", discoveries},
                          {"alarms", forecast.false_alarms},
                          {"alarms_while_dying", forecast.false_alarms_while_dying},
                          {"views", forecast.false_views},
                          {"member_hours", forecast.member_hours},
                          {"messages", forecast.messages_per_member_second},
                          {"bytes", forecast.bytes_per_member_second},
                          {"failure", forecast.failure},
                          {"trace", forecast.trace_hash}}
        .dump();
}

Forecast forecast_from_text(const std::string& text) {
    const nlohmann::json all = nlohmann::json::parse(text);
    Forecast forecast;
    for (const nlohmann::json& d : all.at("discoveries")) {
        forecast.discoveries.push_back({static_cast<DeathKind>(d.at(0).get<int>()),
                                        number_or_nothing(d.at(1)), number_or_nothing(d.at(2))});
    }
    forecast.false_alarms = all.at("alarms");
    forecast.false_alarms_while_dying = all.at("alarms_while_dying");
    forecast.false_views = all.at("views");
    forecast.member_hours = all.at("member_hours");
    forecast.messages_per_member_second = all.at("messages");
    forecast.bytes_per_member_second = all.at("bytes");
    forecast.failure = all.at("failure");
    forecast.trace_hash = all.at("trace");
    return forecast;
}

}  // namespace memberd::sim
