#include "chaos/plan/plan_json.hpp"

#include <fstream>
#include <iterator>
#include <set>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "chaos/plan/json_fields.hpp"
#include "chaos/plan/operation_json.hpp"
#include "chaos/plan/words.hpp"

namespace memberd::sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kJsonDepthMax = 8;

void read_network(const nlohmann::json& json, PlanNetwork& network, Status& status) {
    JsonFields fields(json, "cluster.network");
    network.delay = fields.duration("delay_ms").value_or(network.delay);
    network.jitter = fields.duration("jitter_ms").value_or(network.jitter);
    network.bytes_per_second =
        fields.count("bytes_per_second", std::uint64_t{1} << 40U).value_or(0);
    status = fields.finish();
}

void read_zone_links(const nlohmann::json& json, Plan& plan, Status& status) {
    if (!json.is_array()) {
        status = Error{ErrorCode::BadInput, "cluster.zone_links is not a list"};
        return;
    }
    for (const nlohmann::json& each : json) {
        JsonFields fields(each, "cluster.zone_links");
        ZoneLink link;
        fields.require("from");
        fields.require("to");
        fields.require("delay_ms");
        link.from = static_cast<std::uint32_t>(fields.count("from", kPlanMembersMax).value_or(0));
        link.to = static_cast<std::uint32_t>(fields.count("to", kPlanMembersMax).value_or(0));
        link.delay = fields.duration("delay_ms").value_or(Duration::zero());
        status = fields.finish();
        if (!status) {
            return;
        }
        plan.zone_links.push_back(link);
    }
}

void read_timing(const nlohmann::json& json, Plan& plan, Status& status) {
    JsonFields fields(json, "cluster.timing");
    for (const std::string_view key : timing_keys()) {
        const std::optional<double> value = fields.number(key);
        if (value) {
            plan.timing[std::string(key)] = *value;
        }
    }
    status = fields.finish();
}

void read_drifts(const nlohmann::json& json, Plan& plan, Status& status) {
    if (!json.is_array()) {
        status = Error{ErrorCode::BadInput, "cluster.drifts is not a list"};
        return;
    }
    for (const nlohmann::json& each : json) {
        JsonFields fields(each, "cluster.drifts");
        fields.require("member");
        fields.require("ppm");
        const std::uint64_t member = fields.count("member", kPlanMembersMax).value_or(0);
        const double ppm = fields.number("ppm").value_or(0.0);
        if (!(ppm >= -1e6 && ppm <= 1e6)) {
            fields.fail("ppm", "is out of bounds");
        }
        status = fields.finish();
        if (!status) {
            return;
        }
        plan.drifts[static_cast<Member>(member)] = static_cast<std::int32_t>(ppm);
    }
}

void read_members(JsonFields& fields, Plan& plan) {
    fields.require("n");
    fields.require("seed");
    plan.n = fields.count("n", kPlanMembersMax).value_or(plan.n);
    plan.seed = fields.count("seed", UINT64_MAX).value_or(plan.seed);
    plan.without = fields.counts("without", kPlanMembersMax).value_or(plan.without);
    plan.seed_count = fields.count("seeds", kPlanMembersMax).value_or(plan.seed_count);
    plan.zone_count = static_cast<std::uint32_t>(
        fields.count("zones", kPlanMembersMax).value_or(plan.zone_count));
}

Status read_cluster(const nlohmann::json& json, Plan& plan) {
    JsonFields fields(json, "cluster");
    read_members(fields, plan);
    read_word(fields, "mode", plan.mode);
    read_word(fields, "profile", plan.profile);
    read_word(fields, "transport", plan.carrying);
    read_word(fields, "start", plan.start);
    Status inner;
    const auto read_part = [&](std::string_view key, const auto& read) {
        const nlohmann::json* const part = fields.any(key);
        if (part != nullptr && inner) {
            read(*part);
        }
    };
    read_part("network", [&](const auto& part) { read_network(part, plan.network, inner); });
    read_part("zone_links", [&](const auto& part) { read_zone_links(part, plan, inner); });
    read_part("timing", [&](const auto& part) { read_timing(part, plan, inner); });
    read_part("drifts", [&](const auto& part) { read_drifts(part, plan, inner); });
    const Status status = fields.finish();
    return status ? inner : status;
}

Status read_operations(const nlohmann::json& json, Plan& plan) {
    if (!json.is_array()) {
        return Error{ErrorCode::BadInput, "operations is not a list"};
    }
    for (std::size_t i = 0; i < json.size(); ++i) {
        const Result<Operation> operation =
            read_operation(json[i], fmt::format("operations[{}]", i));
        if (!operation) {
            return operation.error();
        }
        plan.operations.push_back(*operation);
    }
    return {};
}

Status read_expect(const nlohmann::json& json, Plan& plan) {
    JsonFields fields(json, "expect");
    plan.expect.no_false_deaths = fields.truth("no_false_deaths").value_or(false);
    plan.expect.becomes_whole = fields.truth("becomes_whole").value_or(true);
    return fields.finish();
}

Status read_found(const nlohmann::json& json, Plan& plan) {
    JsonFields fields(json, "found");
    plan.found.commit = fields.text("commit").value_or("");
    plan.found.invariant = fields.text("invariant").value_or("");
    plan.found.text = fields.text("text").value_or("");
    return fields.finish();
}

Status read_document(const nlohmann::json& json, Plan& plan) {
    JsonFields fields(json, "plan");
    fields.require("format");
    fields.require("cluster");
    fields.require("operations");
    fields.require("faults_end_ms");
    if (fields.text("format").value_or("") != kPlanFormat) {
        fields.fail("format", fmt::format("is not {}", kPlanFormat));
    }
    plan.comment = fields.text("comment").value_or("");
    plan.faults_end = fields.duration("faults_end_ms").value_or(Duration::zero());
    Status inner;
    const auto read_part = [&](std::string_view key, const auto& read) {
        const nlohmann::json* const part = fields.any(key);
        if (part != nullptr && inner) {
            inner = read(*part, plan);
        }
    };
    read_part("cluster", read_cluster);
    read_part("operations", read_operations);
    read_part("expect", read_expect);
    read_part("found", read_found);
    const Status status = fields.finish();
    return status ? inner : status;
}

Json cluster_json(const Plan& plan) {
    const Plan defaults;
    Json json;
    json["n"] = plan.n;
    json["seed"] = plan.seed;
    json["mode"] = to_word(plan.mode);
    json["profile"] = to_word(plan.profile);
    json["transport"] = to_word(plan.carrying);
    json["start"] = to_word(plan.start);
    json["seeds"] = plan.seed_count;
    if (!plan.without.empty()) {
        json["without"] = plan.without;
    }
    if (plan.zone_count != defaults.zone_count) {
        json["zones"] = plan.zone_count;
    }
    if (!(plan.network == defaults.network)) {
        json["network"]["delay_ms"] = to_json_milliseconds(plan.network.delay);
        json["network"]["jitter_ms"] = to_json_milliseconds(plan.network.jitter);
        json["network"]["bytes_per_second"] = plan.network.bytes_per_second;
    }
    for (const ZoneLink& link : plan.zone_links) {
        json["zone_links"].push_back(
            {{"from", link.from}, {"to", link.to}, {"delay_ms", to_json_milliseconds(link.delay)}});
    }
    for (const auto& [key, value] : plan.timing) {
        json["timing"][key] = value;
    }
    for (const auto& [member, ppm] : plan.drifts) {
        json["drifts"].push_back({{"member", member}, {"ppm", ppm}});
    }
    return json;
}

Json found_json(const Finding& found) {
    Json json;
    json["commit"] = found.commit;
    json["invariant"] = found.invariant;
    json["text"] = found.text;
    return json;
}

}  // namespace

Result<Plan> parse_plan(std::string_view text) {
    // The parser would follow any nesting, and keep the last of two equal keys.
    std::string wrong;
    std::vector<std::set<std::string>> keys;
    const auto watch = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& value) {
        if (event == nlohmann::json::parse_event_t::object_start) {
            keys.emplace_back();
        } else if (event == nlohmann::json::parse_event_t::object_end) {
            keys.pop_back();
        } else if (event == nlohmann::json::parse_event_t::key &&
                   !keys.back().insert(value.get<std::string>()).second) {
            wrong = value.get<std::string>() + " comes twice in one object";
        }
        if (depth > kJsonDepthMax) {
            wrong = "it is nested too deeply";
        }
        return true;
    };
    const nlohmann::json json = nlohmann::json::parse(text, watch, false);
    if (json.is_discarded() || !wrong.empty()) {
        return Error{ErrorCode::BadInput, wrong.empty() ? "it is no JSON text" : wrong};
    }
    Plan plan;
    Status status = read_document(json, plan);
    if (status) {
        status = check(plan);
    }
    if (!status) {
        return status.error();
    }
    return plan;
}

std::string to_json(const Plan& plan) {
    Json json;
    json["format"] = kPlanFormat;
    if (!plan.comment.empty()) {
        json["comment"] = plan.comment;
    }
    if (!(plan.found == Finding())) {
        json["found"] = found_json(plan.found);
    }
    json["cluster"] = cluster_json(plan);
    json["faults_end_ms"] = to_json_milliseconds(plan.faults_end);
    json["expect"]["no_false_deaths"] = plan.expect.no_false_deaths;
    json["expect"]["becomes_whole"] = plan.expect.becomes_whole;
    // An operation a line: plans are read by people.
    std::string text = json.dump(2);
    text.resize(text.size() - 2);  // the closing brace and the line's end before it
    text += ",\n  \"operations\": [";
    for (std::size_t i = 0; i < plan.operations.size(); ++i) {
        text += (i == 0 ? "\n    " : ",\n    ") + operation_line(plan.operations[i]);
    }
    return text + (plan.operations.empty() ? "]\n}\n" : "\n  ]\n}\n");
}

Result<Plan> read_plan(const std::string& file) {
    std::ifstream stream(file);
    if (!stream) {
        return Error{ErrorCode::System, file + " can't be read"};
    }
    const std::string text(std::istreambuf_iterator<char>(stream), {});
    Result<Plan> plan = parse_plan(text);
    if (!plan) {
        return Error{plan.error().code, file + ": " + plan.error().text};
    }
    return plan;
}

Status write_plan(const std::string& file, const Plan& plan) {
    std::ofstream stream(file);
    stream << to_json(plan);
    stream.close();
    return stream.good() ? Status() : Error{ErrorCode::System, file + " can't be written"};
}

}  // namespace memberd::sim
