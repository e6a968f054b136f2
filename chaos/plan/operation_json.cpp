#include "chaos/plan/operation_json.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "chaos/plan/json_fields.hpp"
#include "chaos/plan/plan.hpp"
#include "chaos/plan/words.hpp"

namespace memberd::sim {
namespace {

using Json = nlohmann::ordered_json;

std::string_view key_of(Field field) {
    switch (field) {
        case Field::Who:
            return "member";
        case Field::Other:
            return "other";
        case Field::Groups:
            return "groups";
        case Field::For:
            return "for_ms";
        case Field::Way:
            return "direction";
        case Field::State:
            return "state";
        case Field::Place:
            return "address";
        case Field::Loss:
            return "loss";
        case Field::DelayTime:
            return "delay_ms";
        case Field::JitterTime:
            return "jitter_ms";
        case Field::OnTime:
            return "on_ms";
        case Field::OffTime:
            return "off_ms";
        case Field::GoodMean:
            return "good_ms";
        case Field::BadMean:
            return "bad_ms";
        case Field::MessageTime:
            return "message_ms";
        case Field::TimerTime:
            return "timer_ms";
        case Field::RunTime:
            return "run_ms";
        case Field::EveryTime:
            return "every_ms";
        case Field::Seconds:
            return "seconds";
        case Field::Duplicate:
            return "duplicate";
        case Field::Reorder:
            return "reorder";
        case Field::Corrupt:
            return "corrupt";
        case Field::Key:
            return "key";
        case Field::Value:
            return "value";
    }
    return {};
}

template <typename T>
using FieldPlace = std::pair<Field, T Operation::*>;

constexpr std::array kDurations{
    FieldPlace<Duration>{Field::DelayTime, &Operation::delay},
    FieldPlace<Duration>{Field::JitterTime, &Operation::jitter},
    FieldPlace<Duration>{Field::OnTime, &Operation::on},
    FieldPlace<Duration>{Field::OffTime, &Operation::off},
    FieldPlace<Duration>{Field::GoodMean, &Operation::good_mean},
    FieldPlace<Duration>{Field::BadMean, &Operation::bad_mean},
    FieldPlace<Duration>{Field::MessageTime, &Operation::per_message},
    FieldPlace<Duration>{Field::TimerTime, &Operation::per_timer},
    FieldPlace<Duration>{Field::RunTime, &Operation::run},
    FieldPlace<Duration>{Field::EveryTime, &Operation::every},
};

constexpr std::array kNumbers{
    FieldPlace<double>{Field::Loss, &Operation::loss},
    FieldPlace<double>{Field::Duplicate, &Operation::duplicate},
    FieldPlace<double>{Field::Reorder, &Operation::reorder},
    FieldPlace<double>{Field::Corrupt, &Operation::corrupt},
    FieldPlace<double>{Field::Seconds, &Operation::jump_seconds},
};

// Where the operation keeps a field of that type; null if it is of another.
template <typename T, std::size_t count>
T* place_of(const std::array<FieldPlace<T>, count>& places, Operation& of, Field field) {
    for (const auto& [known, place] : places) {
        if (known == field) {
            return &(of.*place);
        }
    }
    return nullptr;
}

Duration* duration_of(Operation& of, Field field) {
    return place_of(kDurations, of, field);
}

double* number_of(Operation& of, Field field) {
    return place_of(kNumbers, of, field);
}

std::string* text_of(Operation& of, Field field) {
    return field == Field::Key ? &of.key : field == Field::Value ? &of.value : nullptr;
}

Member* member_of(Operation& of, Field field) {
    return field == Field::Who ? &of.member : field == Field::Other ? &of.other : nullptr;
}

template <typename T, typename U>
void take(T* into, const std::optional<U>& value) {
    if (value) {
        *into = static_cast<T>(*value);
    }
}

void read_groups(JsonFields& fields, std::string_view key, Operation& of) {
    const nlohmann::json* const list = fields.any(key);
    if (list == nullptr) {
        return;
    }
    for (const nlohmann::json& group : *list) {
        std::vector<Member> members;
        for (const nlohmann::json& member : group) {
            if (!member.is_number_unsigned() || member.get<std::uint64_t>() > kPlanMembersMax) {
                fields.fail(key, "has somebody who is no member");
                return;
            }
            members.push_back(member.get<Member>());
        }
        if (!group.is_array()) {
            break;
        }
        of.groups.push_back(std::move(members));
    }
    if (!list->is_array() || of.groups.size() != list->size()) {
        fields.fail(key, "is not a list of lists of members");
    }
}

void read_field(JsonFields& fields, Field field, Operation& of) {
    const std::string_view key = key_of(field);
    if (Duration* const duration = duration_of(of, field)) {
        take(duration, fields.duration(key));
    } else if (double* const number = number_of(of, field)) {
        take(number, fields.number(key));
    } else if (std::string* const text = text_of(of, field)) {
        take(text, fields.text(key));
    } else if (Member* const member = member_of(of, field)) {
        take(member, fields.count(key, kPlanMembersMax));
    } else if (field == Field::For) {
        of.length = fields.duration(key);
    } else if (field == Field::Groups) {
        read_groups(fields, key, of);
    } else if (field == Field::Way) {
        read_word(fields, key, of.direction);
    } else if (field == Field::State) {
        read_word(fields, key, of.state);
    } else if (field == Field::Place) {
        read_word(fields, key, of.address);
    }
}

// Writes nothing where an optional field has its default.
void write_field(Json& json, Field field, Need need, Operation& of) {
    Operation defaults;
    const std::string key(key_of(field));
    const bool is_needed = need == Need::Required;
    if (const Duration* const duration = duration_of(of, field)) {
        if (is_needed || *duration != Duration::zero()) {
            json[key] = to_json_milliseconds(*duration);
        }
    } else if (const double* const number = number_of(of, field)) {
        if (is_needed || *number != *number_of(defaults, field)) {
            json[key] = *number;
        }
    } else if (const std::string* const text = text_of(of, field)) {
        json[key] = *text;
    } else if (const Member* const member = member_of(of, field)) {
        json[key] = *member;
    } else if (field == Field::For && of.length) {
        json[key] = to_json_milliseconds(*of.length);
    } else if (field == Field::Groups) {
        json[key] = of.groups;
    } else if (field == Field::Way && of.direction != defaults.direction) {
        json[key] = to_word(of.direction);
    } else if (field == Field::State && of.state != defaults.state) {
        json[key] = to_word(of.state);
    } else if (field == Field::Place && of.address != defaults.address) {
        json[key] = to_word(of.address);
    }
}

}  // namespace

Result<Operation> read_operation(const nlohmann::json& json, const std::string& where) {
    JsonFields fields(json, where);
    fields.require("at_ms");
    fields.require("do");
    Operation of;
    of.at = fields.duration("at_ms").value_or(Duration::zero());
    const std::string name = fields.text("do").value_or("");
    const std::span<const OperationShape> shapes = operation_shapes();
    const auto shape = std::find_if(shapes.begin(), shapes.end(),
                                    [&](const OperationShape& each) { return each.name == name; });
    if (shape == shapes.end()) {
        fields.fail("do", "is no operation");
    } else {
        of.kind = shape->kind;
        for (const FieldUse& use : shape->fields) {
            if (use.need == Need::Required) {
                fields.require(key_of(use.field));
            }
            read_field(fields, use.field, of);
        }
    }
    const Status status = fields.finish();
    if (!status) {
        return status.error();
    }
    return of;
}

std::string operation_line(const Operation& operation) {
    Operation of = operation;
    Json json;
    json["at_ms"] = to_json_milliseconds(of.at);
    json["do"] = to_string(of.kind);
    for (const FieldUse& use : shape_of(of.kind).fields) {
        write_field(json, use.field, use.need, of);
    }
    return json.dump();
}

}  // namespace memberd::sim
