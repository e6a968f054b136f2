#include "cli/ctl/document.hpp"

#include <cmath>

namespace memberd::ctl {

const Document& at(const Document& document, std::string_view key) {
    static const Document nothing;
    if (!document.is_object()) {
        return nothing;
    }
    const auto found = document.find(std::string(key));
    return found == document.end() ? nothing : *found;
}

std::string text_at(const Document& document, std::string_view key) {
    const Document& value = at(document, key);
    return value.is_string() ? value.get<std::string>() : std::string();
}

std::optional<double> number_at(const Document& document, std::string_view key) {
    const Document& value = at(document, key);
    if (!value.is_number() || !std::isfinite(value.get<double>())) {
        return std::nullopt;
    }
    return value.get<double>();
}

std::optional<std::uint64_t> count_at(const Document& document, std::string_view key) {
    const Document& value = at(document, key);
    if (value.is_number_unsigned() ||
        (value.is_number_integer() && value.get<std::int64_t>() >= 0)) {
        return value.get<std::uint64_t>();
    }
    return std::nullopt;
}

bool true_at(const Document& document, std::string_view key) {
    const Document& value = at(document, key);
    return value.is_boolean() && value.get<bool>();
}

std::optional<WallTime> time_at(const Document& document, std::string_view key) {
    return parse_time(text_at(document, key));
}

const Document& array_at(const Document& document, std::string_view key) {
    static const Document nothing = Document::array();
    const Document& value = at(document, key);
    return value.is_array() ? value : nothing;
}

std::vector<std::string> texts_of(const Document& array) {
    std::vector<std::string> result;
    if (array.is_array()) {
        for (const Document& element : array) {
            if (element.is_string()) {
                result.push_back(element.get<std::string>());
            }
        }
    }
    return result;
}

std::string enumeration(const std::vector<std::string>& words) {
    std::string result;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) {
            result += i + 1 == words.size() ? " and " : ", ";
        }
        result += words[i];
    }
    return result;
}

std::string tags_text(const Document& tags) {
    std::string result;
    if (tags.is_object()) {
        for (const auto& [key, value] : tags.items()) {
            if (!result.empty()) {
                result += ' ';
            }
            result += key + '=' + (value.is_string() ? value.get<std::string>() : "?");
        }
    }
    return result;
}

std::string pretty_json(const Document& document) {
    return document.dump(2, ' ', false, Document::error_handler_t::replace) + '\n';
}

std::string json_line(const Document& document) {
    return document.dump(-1, ' ', false, Document::error_handler_t::replace) + '\n';
}

}  // namespace memberd::ctl
