#include "chaos/plan/outcome_json.hpp"

#include <nlohmann/json.hpp>

namespace memberd::sim {

std::string outcome_line(const Outcome& outcome) {
    nlohmann::json json;
    json["failures"] = nlohmann::json::array();
    for (const Failure& failure : outcome.failures) {
        json["failures"].push_back({failure.invariant, failure.text, failure.at.count()});
    }
    json["trace_hash"] = outcome.trace_hash;
    json["events"] = outcome.events;
    json["length"] = outcome.length.count();
    json["took_hold"] = outcome.took_hold;
    return json.dump();
}

std::optional<Outcome> parse_outcome(std::string_view line) {
    const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
    if (json.is_discarded()) {
        return std::nullopt;
    }
    Outcome outcome;
    for (const nlohmann::json& failure : json.at("failures")) {
        outcome.failures.push_back({failure.at(0).get<std::string>(),
                                    failure.at(1).get<std::string>(),
                                    Duration(failure.at(2).get<std::int64_t>())});
    }
    outcome.trace_hash = json.at("trace_hash").get<std::uint64_t>();
    outcome.events = json.at("events").get<std::uint64_t>();
    outcome.length = Duration(json.at("length").get<std::int64_t>());
    outcome.took_hold = json.at("took_hold").get<std::map<std::string, std::uint64_t>>();
    return outcome;
}

}  // namespace memberd::sim
