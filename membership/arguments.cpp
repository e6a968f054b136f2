#include "membership/arguments.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "gossip/messages.hpp"
#include "membership/config.hpp"

namespace memberd {

const Document* Arguments::find(const char* key, Need need) {
    read_.insert(key);
    const auto found = document_.find(key);
    if (found == document_.end()) {
        if (need == Need::Required) {
            fail(fmt::format("the argument \"{}\" is missing", key));
        }
        return nullptr;
    }
    return &*found;
}

std::string Arguments::text(const char* key) {
    const Document* value = find(key, Need::Required);
    if (value == nullptr || !value->is_string() ||
        value->get_ref<const std::string&>().size() > kTextBytesMax) {
        fail(fmt::format("the argument \"{}\" must be a string of at most {} bytes", key,
                         kTextBytesMax));
        return {};
    }
    return value->get<std::string>();
}

std::vector<std::string> Arguments::texts(const char* key, Need need) {
    std::vector<std::string> texts;
    const Document* value = find(key, need);
    if (value == nullptr) {
        return texts;
    }
    const bool valid =
        value->is_array() && std::all_of(value->begin(), value->end(), [](const Document& entry) {
            return entry.is_string() && entry.get_ref<const std::string&>().size() <= kTextBytesMax;
        });
    if (!valid) {
        fail(fmt::format("the argument \"{}\" must be an array of strings of at most {} bytes", key,
                         kTextBytesMax));
        return texts;
    }
    for (const Document& entry : *value) {
        texts.push_back(entry.get<std::string>());
    }
    return texts;
}

std::map<std::string, std::string> Arguments::text_map(const char* key) {
    std::map<std::string, std::string> texts;
    const Document* value = find(key, Need::Required);
    if (value == nullptr) {
        return texts;
    }
    const bool valid =
        value->is_object() && std::all_of(value->begin(), value->end(),
                                          [](const Document& entry) { return entry.is_string(); });
    if (!valid) {
        fail(fmt::format("the argument \"{}\" must be a map of strings", key));
        return texts;
    }
    for (const auto& [name, entry] : value->items()) {
        texts.emplace(name, entry.get<std::string>());
    }
    return texts;
}

std::uint64_t Arguments::number(const char* key,
                                std::uint64_t min,
                                std::uint64_t max,
                                std::uint64_t otherwise) {
    const Document* value = find(key, Need::Optional);
    if (value == nullptr) {
        return otherwise;
    }
    if (value->is_number_unsigned()) {
        const auto number = value->get<std::uint64_t>();
        if (number >= min && number <= max) {
            return number;
        }
    }
    fail(fmt::format("the argument \"{}\" must be an integer from {} to {}", key, min, max));
    return otherwise;
}

std::vector<RingMember> Arguments::ring_members(const char* key) {
    std::vector<RingMember> members;
    const Document* value = find(key, Need::Optional);
    if (value == nullptr) {
        return members;
    }
    if (!value->is_array()) {
        fail(fmt::format("the argument \"{}\" must be an array", key));
        return members;
    }
    for (const Document& entry : *value) {
        members.push_back(ring_member(entry));
    }
    // Each may have thousands of points.
    constexpr std::size_t kMembersMax = 256;
    if (members.size() > kMembersMax) {
        fail(fmt::format("the argument \"{}\" may have {} entries", key, kMembersMax));
    }
    return members;
}

RingMember Arguments::ring_member(const Document& entry) {
    RingMember member;
    if (!entry.is_object()) {
        fail("a member to add is a map {name, weight, zone}");
        return member;
    }
    for (const auto& [key, value] : entry.items()) {
        if (key == "name" && value.is_string()) {
            member.name = value.get<std::string>();
        } else if (key == "zone" && value.is_string()) {
            member.zone = value.get<std::string>();
        } else if (key == "weight" && value.is_number()) {
            const double milli = std::round(value.get<double>() * kRingWeightMilliOne);
            if (!(milli >= 0.0 && milli <= kRingWeightMilliMax)) {
                fail("the weight of a member to add is a number from 0 to 100");
                return member;
            }
            member.weight_milli = static_cast<std::uint32_t>(milli);
        } else {
            fail(fmt::format("a member to add has no \"{}\", or not of this type", shortened(key)));
            return member;
        }
    }
    if (member.name.empty()) {
        fail("a member to add needs a name");
    } else if (const Status name = check_text("the name", member.name, kNameBytesMax); !name) {
        fail(name.error().text);
    } else if (const Status zone = check_text("the zone", member.zone, kZoneBytesMax); !zone) {
        fail(zone.error().text);
    }
    return member;
}

bool Arguments::all_known() {
    for (const auto& [key, value] : document_.items()) {
        if (!read_.contains(key)) {
            fail(fmt::format("there is no argument \"{}\"", shortened(key)));
        }
    }
    return is_ok();
}

void Arguments::fail(std::string sentence) {
    if (error_.empty()) {
        error_ = std::move(sentence);
    }
}

std::string shortened(std::string_view text) {
    constexpr std::size_t kShownMax = 64;
    if (text.size() <= kShownMax) {
        return std::string(text);
    }
    std::size_t end = kShownMax;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) {
        --end;  // Not in the middle of a character.
    }
    return std::string(text.substr(0, end)) + "...";
}

}  // namespace memberd
