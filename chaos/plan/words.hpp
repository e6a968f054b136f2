// The words that stand for values in plans.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "chaos/plan/json_fields.hpp"
#include "chaos/plan/plan.hpp"

namespace memberd::sim {

template <typename T>
struct Words;

template <>
struct Words<Mode> {
    static constexpr std::array kAll{std::pair{std::string_view("memberd"), Mode::Memberd},
                                     std::pair{std::string_view("lifeguard"), Mode::Lifeguard},
                                     std::pair{std::string_view("swim"), Mode::Swim}};
};

template <>
struct Words<TimingProfile> {
    static constexpr std::array kAll{std::pair{std::string_view("lan"), TimingProfile::Lan},
                                     std::pair{std::string_view("local"), TimingProfile::Local},
                                     std::pair{std::string_view("wan"), TimingProfile::Wan}};
};

template <>
struct Words<Carrying> {
    static constexpr std::array kAll{std::pair{std::string_view("stream"), Carrying::Stream},
                                     std::pair{std::string_view("datagram"), Carrying::Datagram}};
};

template <>
struct Words<StartMode> {
    static constexpr std::array kAll{
        std::pair{std::string_view("restored"), StartMode::Restored},
        std::pair{std::string_view("one_by_one"), StartMode::OneByOne},
        std::pair{std::string_view("all_at_once"), StartMode::AllAtOnce}};
};

template <>
struct Words<DataDirectory> {
    static constexpr std::array kAll{std::pair{std::string_view("kept"), DataDirectory::Kept},
                                     std::pair{std::string_view("lost"), DataDirectory::Lost},
                                     std::pair{std::string_view("stale"), DataDirectory::Stale}};
};

template <>
struct Words<Address> {
    static constexpr std::array kAll{std::pair{std::string_view("same"), Address::Same},
                                     std::pair{std::string_view("new"), Address::New}};
};

template <>
struct Words<Direction> {
    static constexpr std::array kAll{std::pair{std::string_view("both"), Direction::Both},
                                     std::pair{std::string_view("ingress"), Direction::Ingress},
                                     std::pair{std::string_view("egress"), Direction::Egress}};
};

template <typename T>
std::string_view to_word(T value) {
    for (const auto& [word, meaning] : Words<T>::kAll) {
        if (meaning == value) {
            return word;
        }
    }
    return {};
}

// Leaves `value` as it is where the key is absent.
template <typename T>
void read_word(JsonFields& fields, std::string_view key, T& value) {
    const std::optional<std::string> text = fields.text(key);
    if (!text) {
        return;
    }
    std::string known;
    for (const auto& [word, meaning] : Words<T>::kAll) {
        if (word == *text) {
            value = meaning;
            return;
        }
        known += (known.empty() ? "" : ", ") + std::string(word);
    }
    fields.fail(key, "is none of " + known);
}

}  // namespace memberd::sim
