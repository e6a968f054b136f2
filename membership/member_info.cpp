#include "membership/member_info.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace memberd {
namespace {

Error bad_member(std::string_view key) {
    return Error{ErrorCode::BadInput,
                 "a member document has no valid \"" + std::string(key) + "\""};
}

bool read(const Document& document, const char* key, std::string& text) {
    const Document* value = value_of(document, key);
    if (value == nullptr || !value->is_string()) {
        return false;
    }
    text = value->get<std::string>();
    return true;
}

bool read(const Document& document, const char* key, std::uint64_t& number) {
    const Document* value = value_of(document, key);
    if (value == nullptr || !value->is_number_unsigned()) {
        return false;
    }
    number = value->get<std::uint64_t>();
    return true;
}

bool read(const Document& document, const char* key, std::optional<double>& number) {
    const Document* value = value_of(document, key);
    number.reset();
    if (value != nullptr && value->is_number()) {
        number = value->get<double>();
    }
    return value == nullptr || value->is_null() || value->is_number();
}

template <typename Enum, std::size_t kCount>
bool read_name(const Document& document,
               const char* key,
               const std::array<Enum, kCount>& all,
               Enum& value) {
    std::string text;
    if (!read(document, key, text)) {
        return false;
    }
    for (const Enum candidate : all) {
        if (to_string(candidate) == text) {
            value = candidate;
            return true;
        }
    }
    return false;
}

bool read_tags(const Document& document, std::map<std::string, std::string>& tags) {
    const Document* value = value_of(document, "tags");
    if (value == nullptr || !value->is_object()) {
        return false;
    }
    for (const auto& [key, tag] : value->items()) {
        if (!tag.is_string()) {
            return false;
        }
        tags.emplace(key, tag.get<std::string>());
    }
    return true;
}

bool read_weight(const Document& document, std::uint32_t& weight_milli) {
    const Document* value = value_of(document, "weight");
    if (value == nullptr || !value->is_number()) {
        return false;
    }
    const double milli = std::round(value->get<double>() * kRingWeightMilliOne);
    if (!(milli >= 0.0 && milli <= kRingWeightMilliMax)) {
        return false;
    }
    weight_milli = static_cast<std::uint32_t>(milli);
    return true;
}

constexpr std::array kStates{MemberState::Alive, MemberState::Suspect, MemberState::Dead,
                             MemberState::Left};
constexpr std::array kHealths{Health::Ready, Health::Draining, Health::Unhealthy};

Document number_or_nil(const std::optional<double>& number) {
    return number ? Document(*number) : Document();
}

}  // namespace

Document to_document(const MemberInfo& member) {
    Document tags = Document::object();
    for (const auto& [key, value] : member.tags) {
        tags[key] = value;
    }
    return Document{{"name", member.name},
                    {"id", member.id},
                    {"address", member.address},
                    {"state", to_string(member.state)},
                    {"generation", member.generation},
                    {"incarnation", member.incarnation},
                    {"zone", member.zone},
                    {"weight", static_cast<double>(member.weight_milli) / kRingWeightMilliOne},
                    {"tags", std::move(tags)},
                    {"health", to_string(member.health)},
                    {"phi", number_or_nil(member.phi)},
                    {"rtt_ms", number_or_nil(member.rtt_ms)},
                    {"since", member.since}};
}

Result<MemberInfo> member_from_document(const Document& document) {
    MemberInfo member;
    if (!document.is_object() || !read(document, "name", member.name)) {
        return bad_member("name");
    }
    if (!read(document, "id", member.id)) {
        return bad_member("id");
    }
    if (!read(document, "address", member.address)) {
        return bad_member("address");
    }
    if (!read_name(document, "state", kStates, member.state)) {
        return bad_member("state");
    }
    std::uint64_t incarnation = 0;
    if (!read(document, "generation", member.generation) ||
        !read(document, "incarnation", incarnation) || incarnation > kIncarnationMax) {
        return bad_member("incarnation");
    }
    member.incarnation = static_cast<std::uint32_t>(incarnation);
    if (!read(document, "zone", member.zone) || !read_weight(document, member.weight_milli)) {
        return bad_member("weight");
    }
    if (!read_tags(document, member.tags)) {
        return bad_member("tags");
    }
    if (!read_name(document, "health", kHealths, member.health)) {
        return bad_member("health");
    }
    if (!read(document, "phi", member.phi) || !read(document, "rtt_ms", member.rtt_ms) ||
        !read(document, "since", member.since)) {
        return bad_member("since");
    }
    return member;
}

RingMember ring_member(const MemberInfo& member) {
    return RingMember{member.name, member.address, member.weight_milli, member.zone};
}

bool same_membership(const MemberInfo& a, const MemberInfo& b) {
    MemberInfo other = b;
    other.phi = a.phi;
    other.rtt_ms = a.rtt_ms;
    return a == other;
}

std::string hex16(std::uint64_t number) {
    std::string text(16, '0');
    for (std::size_t i = 16; i-- > 0; number >>= 4) {
        text[i] = "0123456789abcdef"[number & 15];
    }
    return text;
}

std::optional<std::uint64_t> parse_hex16(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
    if (text.size() != 16 || error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return number;
}

}  // namespace memberd
