#include "cli/ctl/members.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "cli/ctl/format.hpp"
#include "cli/ctl/session.hpp"

namespace memberd::ctl {
namespace {

// The smaller, the more it needs a look.
int rank_of(const Document& member) {
    const std::string state = text_at(member, "state");
    const std::string health = text_at(member, "health");
    if (state == "suspect") {
        return 0;
    }
    if (state == "dead") {
        return 1;
    }
    if (state == "left") {
        return 5;
    }
    return health == "unhealthy" ? 2 : health == "draining" ? 3 : 4;
}

Style style_of_health(const std::string& health) {
    return health == "unhealthy"  ? Style::Bad
           : health == "draining" ? Style::Warning
                                  : Style::Plain;
}

std::string text_or_dash(const std::optional<double>& value, std::string (*text)(double)) {
    return value ? text(*value) : "-";
}

Table empty_table() {
    return Table({{"NAME", Align::Left, 1, 12},
                  {"STATE"},
                  {"FOR", Align::Right},
                  {"ADDRESS", Align::Left, 1, 15},
                  {"ZONE", Align::Left, 2, 6, ""},
                  {"WEIGHT", Align::Right, 0, 4, "1"},
                  {"HEALTH", Align::Left, 0, 4, "ready"},
                  {"PHI", Align::Right},
                  {"RTT", Align::Right},
                  {"TAGS", Align::Left, 3, 6, ""}});
}

std::string totals(const std::vector<const Document*>& shown, std::size_t all) {
    constexpr std::array<std::string_view, 4> kStates{"alive", "suspect", "dead", "left"};
    std::string parts;
    for (const std::string_view state : kStates) {
        const auto count = std::count_if(
            shown.begin(), shown.end(),
            [state](const Document* member) { return text_at(*member, "state") == state; });
        if (count > 0) {
            parts += fmt::format("{}{} {}", parts.empty() ? ": " : ", ", count, state);
        }
    }
    const std::string of = shown.size() == all ? "" : fmt::format("{} of ", shown.size());
    return fmt::format("{}{}{}\n", of, count_text(all, "member"), parts);
}

}  // namespace

Style style_of(const std::string& state) {
    return state == "dead"      ? Style::Bad
           : state == "suspect" ? Style::Warning
           : state == "alive"   ? Style::Good
           : state == "left"    ? Style::Faint
                                : Style::Plain;
}

std::string place_of(const Document& member) {
    const std::string zone = text_at(member, "zone");
    return text_at(member, "address") + (zone.empty() ? "" : ", zone " + zone);
}

bool is_asked_for(const Document& member, const Options& options) {
    const auto& states = options.states;
    if (!states.empty() &&
        std::find(states.begin(), states.end(), text_at(member, "state")) == states.end()) {
        return false;
    }
    if (options.zone && text_at(member, "zone") != *options.zone) {
        return false;
    }
    const Document& tags = at(member, "tags");
    return std::all_of(options.tags.begin(), options.tags.end(), [&tags](const Tag& tag) {
        const Document& value = at(tags, tag.first);
        return value.is_string() && value.get<std::string>() == tag.second;
    });
}

Document asked_for(const Document& members, const Options& options) {
    Document result = Document::array();
    for (const Document& member : members) {
        if (is_asked_for(member, options)) {
            result.push_back(member);
        }
    }
    return result;
}

std::string members_text(const Document& members,
                         const Options& options,
                         WallTime now,
                         const Look& look) {
    std::vector<const Document*> shown;
    for (const Document& member : members) {
        if (is_asked_for(member, options)) {
            shown.push_back(&member);
        }
    }
    std::stable_sort(shown.begin(), shown.end(), [](const Document* a, const Document* b) {
        return std::make_tuple(rank_of(*a), text_at(*a, "name")) <
               std::make_tuple(rank_of(*b), text_at(*b, "name"));
    });
    Table table = empty_table();
    for (const Document* const member : shown) {
        const std::string state = text_at(*member, "state");
        const std::string health = text_at(*member, "health");
        const auto since = time_at(*member, "since");
        table.add({{text_at(*member, "name")},
                   {state, style_of(state)},
                   {since ? duration_text(now - *since) : "-"},
                   {text_at(*member, "address")},
                   {text_at(*member, "zone")},
                   {text_or_dash(number_at(*member, "weight"), weight_text)},
                   {health, style_of_health(health)},
                   {text_or_dash(number_at(*member, "phi"), phi_text)},
                   {text_or_dash(number_at(*member, "rtt_ms"), round_trip_text)},
                   {tags_text(at(*member, "tags"))}});
    }
    return (table.empty() ? std::string() : table.render(look)) + totals(shown, members.size());
}

int run_members(Session& session) {
    const Result<Document> members = session.ask("members", Document::value_t::array);
    if (!members) {
        return session.fail(members.error());
    }
    const Options& options = session.options();
    return session.print(asked_for(*members, options),
                         members_text(*members, options, wall_now(), session.console().look()));
}

}  // namespace memberd::ctl
