#include "cli/ctl/why.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "cli/ctl/format.hpp"
#include "cli/ctl/members.hpp"
#include "cli/ctl/session.hpp"
#include "cli/ctl/text.hpp"

namespace memberd::ctl {
namespace {

// The letters of a kind alone, small: "declared_dead" and "DeclaredDead" are one.
std::string plain(const std::string& kind) {
    std::string result;
    for (const char c : kind) {
        if (c >= 'A' && c <= 'Z') {
            result += static_cast<char>(c - 'A' + 'a');
        } else if (c >= 'a' && c <= 'z') {
            result += c;
        }
    }
    return result;
}

// What a piece of evidence decides, in words; empty for evidence that decides nothing.
std::string_view decision_of(const std::string& kind) {
    const std::string name = plain(kind);
    return name == "declareddead" ? "declared dead by this agent"
           : name == "hearddead"  ? "dead, as other members told this agent"
           : name == "withdrawn"  ? "the suspicion was withdrawn"
           : name == "answered"   ? "it answered after all"
           : name == "returned"   ? "alive again"
                                  : "";
}

bool is_death(const std::string& kind) {
    const std::string name = plain(kind);
    return name == "declareddead" || name == "hearddead";
}

bool is_suspicion(const std::string& kind) {
    const std::string name = plain(kind);
    return name == "suspected" || name == "suspectedby" || is_death(kind);
}

// After this the member is well again: what follows belongs to another case. (What still comes in
// after a death belongs to the death.)
bool closes(const std::string& kind) {
    return !decision_of(kind).empty() && !is_death(kind);
}

struct Case {
    std::size_t first = 0;  // of the evidence
    std::size_t end = 0;    // behind the last
    bool has_suspicion = false;
};

std::vector<Case> cases_of(const Document& evidence) {
    std::vector<Case> cases;
    bool closed = true;
    for (std::size_t i = 0; i < evidence.size(); ++i) {
        const std::string kind = text_at(evidence[i], "kind");
        if (cases.empty() || (closed && !closes(kind))) {
            cases.push_back({i, i, false});
        }
        cases.back().end = i + 1;
        cases.back().has_suspicion = cases.back().has_suspicion || is_suspicion(kind);
        closed = closes(kind);
    }
    return cases;
}

// The latest case in which somebody suspected the member, else the latest at all: a single ping
// that was answered late is no suspicion, but better than nothing. Requires a case.
std::size_t latest_of(const std::vector<Case>& cases) {
    for (std::size_t i = cases.size(); i > 0; --i) {
        if (cases[i - 1].has_suspicion) {
            return i - 1;
        }
    }
    return cases.size() - 1;
}

std::string decisions_of(const Document& evidence, const Case& latest) {
    std::string result;
    std::string_view before;
    for (std::size_t i = latest.first; i < latest.end; ++i) {
        const std::string_view decision = decision_of(text_at(evidence[i], "kind"));
        if (!decision.empty() && decision != before) {
            result += (result.empty() ? "" : ", then ") + std::string(decision);
            before = decision;
        }
    }
    return result.empty() ? "nothing yet, the case is open" : result;
}

// What is said of one piece of evidence: the agent's own words, else what its numbers say.
std::string words_of(const Document& entry) {
    std::string text = text_at(entry, "text");
    if (text.empty()) {
        text = text_at(entry, "kind");
        std::replace(text.begin(), text.end(), '_', ' ');
        std::replace(text.begin(), text.end(), '-', ' ');
        const std::string other = text_at(entry, "other");
        text += other.empty() ? "" : ": " + other;
        const auto age = number_at(entry, "age_ms");
        text += age && *age > 0 ? ", " + round_trip_text(*age) : "";
    }
    return printable(text);
}

// One line of the timeline, which stands for all evidence of the case that says the same.
struct Line {
    const Document* first = nullptr;
    std::string words;
    std::size_t count = 1;
    std::optional<WallTime> last;  // of the last of several
};

std::vector<Line> lines_of(const Document& evidence, const Case& latest) {
    std::vector<Line> lines;
    for (std::size_t i = latest.first; i < latest.end; ++i) {
        std::string words = words_of(evidence[i]);
        const auto same = std::find_if(lines.begin(), lines.end(),
                                       [&words](const Line& line) { return line.words == words; });
        if (same == lines.end() || !decision_of(text_at(evidence[i], "kind")).empty()) {
            lines.push_back({&evidence[i], std::move(words), 1, std::nullopt});
        } else {
            ++same->count;
            same->last = time_at(evidence[i], "time");
        }
    }
    return lines;
}

std::string offset_text(std::optional<WallTime> time, std::optional<WallTime> begin) {
    return time && begin ? fmt::format("+{:.3f}s", seconds(*time - *begin)) : "";
}

std::string text_of(const Line& line, std::optional<WallTime> begin, const Look& look) {
    constexpr std::size_t kIndent = 24;
    const auto time = time_at(*line.first, "time");
    const std::string kind = text_at(*line.first, "kind");
    const Style style = is_death(kind)       ? Style::Bad
                        : closes(kind)       ? Style::Good
                        : is_suspicion(kind) ? Style::Warning
                                             : Style::Plain;
    std::string words = line.words;
    if (line.count > 1) {
        words += fmt::format(" ({} times, last at {})", line.count, offset_text(line.last, begin));
    }
    return fmt::format("{}  {:>8}  {}\n", time ? clock_text(*time) : std::string(12, '-'),
                       offset_text(time, begin),
                       styled(wrapped(words, kIndent, look.columns), style, look));
}

}  // namespace

std::string why_text(const Document& why, const Look& look) {
    const std::string name = printable(text_at(why, "name"));
    const std::string state = shortened(printable(text_at(why, "state")), 16);
    std::string text = shortened(name, look.columns / 2) + " is " +
                       (state.empty() ? "no longer listed" : styled(state, style_of(state), look)) +
                       ".\n";
    const Document& evidence = array_at(why, "evidence");
    if (evidence.empty()) {
        return text + "This agent holds no evidence of a suspicion of it.\n";
    }
    const std::vector<Case> cases = cases_of(evidence);
    const std::size_t which = latest_of(cases);
    const Case& latest = cases[which];
    const auto begin = time_at(evidence[latest.first], "time");
    text += begin ? "The latest case began on " + date_text(*begin) + ".\n\n" : "\n";
    for (const Line& line : lines_of(evidence, latest)) {
        text += text_of(line, begin, look);
    }
    text +=
        "\n" + wrapped("Decided: " + decisions_of(evidence, latest) + ".", 0, look.columns) + '\n';
    if (which > 0) {
        text += fmt::format("{} before it: --format json has all the evidence.\n",
                            count_text(which, "case"));
    }
    return text;
}

int run_why(Session& session) {
    const Result<Document> why =
        session.ask("why", Document::value_t::object, {{"name", session.options().name}});
    if (!why) {
        return session.fail(why.error());
    }
    return session.print(*why, why_text(*why, session.console().look()));
}

}  // namespace memberd::ctl
