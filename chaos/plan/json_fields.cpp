#include "chaos/plan/json_fields.hpp"

#include <fmt/core.h>

namespace memberd::sim {
namespace {

constexpr double kNanosecondsPerMillisecond = 1e6;
constexpr double kMillisecondsMax = 1e12;

}  // namespace

double to_json_milliseconds(Duration value) {
    return static_cast<double>(value.count()) / kNanosecondsPerMillisecond;
}

JsonFields::JsonFields(const nlohmann::json& object, std::string where)
    : object_(object),
      where_(std::move(where)) {
    if (!object_.is_object()) {
        status_ = Error{ErrorCode::BadInput, where_ + " is not an object"};
    }
}

void JsonFields::fail(std::string_view key, std::string_view what) {
    if (status_) {
        status_ = Error{ErrorCode::BadInput, fmt::format("{}: {} {}", where_, key, what)};
    }
}

const nlohmann::json* JsonFields::any(std::string_view key) {
    asked_.emplace(key);
    if (!status_) {
        return nullptr;
    }
    const auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
}

void JsonFields::require(std::string_view key) {
    if (status_ && !object_.contains(key)) {
        fail(key, "is missing");
    }
}

std::optional<std::string> JsonFields::text(std::string_view key) {
    const nlohmann::json* const value = any(key);
    if (value == nullptr) {
        return std::nullopt;
    }
    if (!value->is_string()) {
        fail(key, "is not a text");
        return std::nullopt;
    }
    return value->get<std::string>();
}

std::optional<double> JsonFields::number(std::string_view key) {
    const nlohmann::json* const value = any(key);
    if (value == nullptr) {
        return std::nullopt;
    }
    if (!value->is_number()) {
        fail(key, "is not a number");
        return std::nullopt;
    }
    return value->get<double>();
}

std::optional<bool> JsonFields::truth(std::string_view key) {
    const nlohmann::json* const value = any(key);
    if (value == nullptr) {
        return std::nullopt;
    }
    if (!value->is_boolean()) {
        fail(key, "is neither true nor false");
        return std::nullopt;
    }
    return value->get<bool>();
}

std::optional<std::uint64_t> JsonFields::count(std::string_view key, std::uint64_t max) {
    const nlohmann::json* const value = any(key);
    if (value == nullptr) {
        return std::nullopt;
    }
    if (!value->is_number_unsigned() || value->get<std::uint64_t>() > max) {
        fail(key, fmt::format("is not a whole number from 0 to {}", max));
        return std::nullopt;
    }
    return value->get<std::uint64_t>();
}

std::optional<Duration> JsonFields::duration(std::string_view key) {
    const std::optional<double> value = number(key);
    if (!value) {
        return std::nullopt;
    }
    if (!(*value >= 0.0 && *value <= kMillisecondsMax)) {
        fail(key, "is no length of time");
        return std::nullopt;
    }
    return Duration(std::llround(*value * kNanosecondsPerMillisecond));
}

std::optional<std::vector<std::uint32_t>> JsonFields::counts(std::string_view key,
                                                             std::uint32_t max) {
    const nlohmann::json* const list = any(key);
    if (list == nullptr) {
        return std::nullopt;
    }
    std::vector<std::uint32_t> result;
    for (const nlohmann::json& value : *list) {
        if (!value.is_number_unsigned() || value.get<std::uint64_t>() > max) {
            break;
        }
        result.push_back(value.get<std::uint32_t>());
    }
    if (!list->is_array() || result.size() != list->size()) {
        fail(key, fmt::format("is not a list of whole numbers from 0 to {}", max));
        return std::nullopt;
    }
    return result;
}

Status JsonFields::finish() {
    if (!status_) {
        return status_;
    }
    for (const auto& [key, value] : object_.items()) {
        if (asked_.find(key) == asked_.end()) {
            return Error{ErrorCode::BadInput, fmt::format("{}: {} is not known", where_, key)};
        }
    }
    return {};
}

}  // namespace memberd::sim
