#include "cli/ctl/why.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/ctl/evidence.hpp"
#include "cli/ctl/format.hpp"
#include "cli/ctl/members.hpp"
#include "cli/ctl/session.hpp"
#include "cli/ctl/text.hpp"

namespace memberd::ctl {
namespace {

using namespace std::chrono_literals;

// What the agent waits for other members, and a little.
constexpr Duration kOthersTake = 1500ms;
// More names than this are counted.
constexpr std::size_t kNamesShown = 12;

// Names in the order in which they first occurred.
class Names {
  public:
    void add(const std::string& name) {
        if (!name.empty() && !has(name)) {
            names_.push_back(name);
        }
    }

    [[nodiscard]] bool has(const std::string& name) const {
        return std::find(names_.begin(), names_.end(), name) != names_.end();
    }

    [[nodiscard]] bool empty() const { return names_.empty(); }

    [[nodiscard]] std::size_t size() const { return names_.size(); }

    [[nodiscard]] std::string text() const {
        std::vector<std::string> shown = names_;
        if (shown.size() > kNamesShown + 1) {
            shown.resize(kNamesShown);
            shown.push_back(count_text(names_.size() - kNamesShown, "other"));
        }
        return enumeration(shown);
    }

    // "a was", "a and b were".
    [[nodiscard]] std::string with(std::string_view one, std::string_view several) const {
        return text() + ' ' + std::string(size() == 1 ? one : several);
    }

  private:
    std::vector<std::string> names_;
};

// --- The summary ---

std::string offset_text(std::optional<WallTime> time, std::optional<WallTime> begin) {
    return time && begin ? fmt::format("+{:.3f}s", seconds(*time - *begin)) : "";
}

struct Decision {
    std::string_view what;
    bool is_death = false;
    Names by;
    std::optional<WallTime> at;
};

// In their order; what several decided alike, one after the other, is one decision. That others
// were told of a death adds nothing where it is known who declared it.
std::vector<Decision> decisions_of(const std::vector<Piece>& pieces, const Case& shown) {
    const auto first = pieces.begin() + static_cast<std::ptrdiff_t>(shown.first);
    const auto end = pieces.begin() + static_cast<std::ptrdiff_t>(shown.end);
    const bool is_declared =
        std::any_of(first, end, [](const Piece& p) { return p.kind == "declareddead"; });
    std::vector<Decision> decisions;
    for (auto piece = first; piece != end; ++piece) {
        const std::string_view what = decision_of(*piece);
        if (what.empty() || (is_declared && piece->kind == "hearddead")) {
            continue;
        }
        if (decisions.empty() || decisions.back().what != what) {
            decisions.push_back({what, is_death(*piece), {}, piece->time});
        }
        decisions.back().by.add(piece->source);
    }
    return decisions;
}

std::string decision_text(const std::vector<Piece>& pieces,
                          const Case& shown,
                          std::optional<WallTime> begin) {
    std::string text;
    for (const Decision& decision : decisions_of(pieces, shown)) {
        text += (text.empty() ? "" : ", then ") + std::string(decision.what);
        text += decision.is_death ? ' ' + decision.by.text() : "";
        const std::string offset = offset_text(decision.at, begin);
        text += offset.empty() ? "" : " at " + offset;
    }
    return "Decided: " + (text.empty() ? "nothing yet, the case is open" : text) + '.';
}

// Who accused, who confirmed, who contradicted, what decided.
std::string summary_of(const std::vector<Piece>& pieces, const Case& shown, const Look& look) {
    Names accusers;
    Names confirmers;
    Names contradictors;
    std::optional<WallTime> accused;
    for (std::size_t i = shown.first; i < shown.end; ++i) {
        if (const std::string accuser = accuser_of(pieces[i]); !accuser.empty()) {
            accusers.add(accuser);
            accused = accused ? accused : pieces[i].time;
        }
    }
    for (std::size_t i = shown.first; i < shown.end; ++i) {
        const Piece& piece = pieces[i];
        if (piece.kind == "helpernack" && !accusers.has(piece.other)) {
            confirmers.add(piece.other);
        } else if (piece.kind == "helperalive") {
            contradictors.add(piece.other);
        } else if (piece.kind == "answered" || piece.kind == "deathnotbelieved") {
            contradictors.add(piece.source);
        }
    }
    const auto begin = pieces[shown.first].time;
    std::vector<std::string> lines;
    if (!accusers.empty()) {
        const std::string offset = offset_text(accused, begin);
        lines.push_back("Accused by " + accusers.text() +
                        (offset.empty() ? "" : ", first at " + offset) + '.');
    }
    if (!confirmers.empty()) {
        lines.push_back("Confirmed by " + confirmers.text() + ", with no answer either.");
    }
    lines.push_back("Contradicted by " + (contradictors.empty() ? "nobody" : contradictors.text()) +
                    '.');
    lines.push_back(decision_text(pieces, shown, begin));
    std::string text;
    for (const std::string& line : lines) {
        text += wrapped(line, 0, look.columns) + '\n';
    }
    return text;
}

// --- The timeline ---

// One line, which stands for all evidence of the case that says the same of it.
struct Line {
    const Piece* first = nullptr;
    std::string key;
    Names sources;
    Names others;
    std::size_t count = 0;
    bool is_one_sentence = true;  // all of it in the same words
    std::optional<WallTime> last;
};

// Pieces of one key share a line. What each member saw itself stands alone: its ping, its
// suspicion, its verdict.
std::string key_of(const Piece& piece) {
    const std::string& kind = piece.kind;
    if (kind == "pingunanswered" || kind == "suspected" || kind == "declareddead" ||
        (kind == "answerstoolittle" && piece.other.empty())) {
        return kind + ' ' + piece.source;
    }
    if (kind == "helperalive") {
        return kind + ' ' + piece.other;
    }
    const bool is_shared = kind == "suspectedby" || kind == "answerstoolittle" ||
                           kind == "helperasked" || kind == "helpernack" || kind == "linklost" ||
                           kind == "hearddead" || kind == "accusernamed" ||
                           kind == "deathnotbelieved" || kind == "withdrawn" ||
                           kind == "answered" || kind == "returned" || kind == "linkmended";
    return is_shared ? kind : kind + ' ' + piece.words;
}

// What others were told by an accuser that tells it itself.
bool is_told_at_source(const Piece& piece, const Names& own_words) {
    return (piece.kind == "suspectedby" || piece.kind == "answerstoolittle") &&
           !piece.other.empty() && own_words.has(piece.other);
}

std::vector<Line> lines_of(const std::vector<Piece>& pieces, const Case& shown) {
    Names own_words;
    for (std::size_t i = shown.first; i < shown.end; ++i) {
        const Piece& piece = pieces[i];
        if (piece.kind == "suspected" ||
            (piece.kind == "answerstoolittle" && piece.other.empty())) {
            own_words.add(piece.source);
        }
    }
    std::vector<Line> lines;
    for (std::size_t i = shown.first; i < shown.end; ++i) {
        const Piece& piece = pieces[i];
        if (is_told_at_source(piece, own_words)) {
            continue;
        }
        const std::string key = key_of(piece);
        auto line = std::find_if(lines.rbegin(), lines.rend(),
                                 [&key](const Line& each) { return each.key == key; });
        // Whoever decides again decides something new.
        const bool is_again =
            line != lines.rend() && ends_case(piece) && line->sources.has(piece.source);
        if (line == lines.rend() || is_again) {
            lines.push_back({&piece, key, {}, {}, 0, true, std::nullopt});
            line = lines.rbegin();
        }
        line->sources.add(piece.source);
        line->others.add(piece.other);
        ++line->count;
        line->is_one_sentence = line->is_one_sentence && piece.words == line->first->words;
        line->last = piece.time;
    }
    return lines;
}

// A sentence for pieces of one key whose own sentences differ. The subject is "it".
std::string shared_words(const Line& line) {
    const std::string& kind = line.first->kind;
    const Names& sources = line.sources;
    const std::string others = line.others.empty() ? "another's table" : line.others.text();
    return kind == "helperasked"  ? sources.text() + " asked " + others + " to ping it"
           : kind == "helpernack" ? others + " had no answer from it either, as " +
                                        sources.with("was told", "were told")
           : kind == "linklost"  ? "the connections of " + sources.text() + " to it ended"
           : kind == "hearddead" ? sources.text() + " heard from " + others + " that it is dead"
           : kind == "accusernamed"
               ? others + " accused it, says the death that " + sources.text() + " heard of"
           : kind == "deathnotbelieved"
               ? sources.text() + " did not believe " + others + " that it is dead"
           : kind == "withdrawn" ? (sources.size() == 1 ? "the case of " : "the cases of ") +
                                       sources.text() + " ended without a death"
           : kind == "answered"   ? "it answered " + sources.text() + " after all"
           : kind == "returned"   ? sources.with("sees", "see") + " that it is alive again"
           : kind == "linkmended" ? "it answers " + sources.text() + " again"
           : kind == "suspectedby" || kind == "answerstoolittle"
               ? line.others.with("suspects", "suspect") +
                     (kind == "suspectedby" ? " it, as " : " it for too few answers, as ") +
                     sources.with("was told", "were told")
           : kind == "declareddead"
               ? sources.text() + " declared it dead; " + line.others.text() + " accused it"
           : kind == "helperalive" ? others + " told " + sources.text() + " that it lives"
                                   : line.first->words;
}

std::string words_of(const Line& line, std::optional<WallTime> begin) {
    const std::string last = offset_text(line.last, begin);
    if (line.count == 1) {
        return line.first->words;
    }
    if (line.is_one_sentence) {
        return line.first->words + fmt::format(" ({} times, last at {})", line.count, last);
    }
    const bool takes_time =
        line.last && line.first->time && *line.last - *line.first->time >= 100ms;
    return shared_words(line) + (takes_time ? ", until " + last : "");
}

std::string text_of(const Line& line, std::optional<WallTime> begin, const Look& look) {
    constexpr std::size_t kIndent = 24;
    const auto time = line.first->time;
    const Style style = is_death(*line.first)       ? Style::Bad
                        : ends_case(*line.first)    ? Style::Good
                        : is_suspicion(*line.first) ? Style::Warning
                                                    : Style::Plain;
    return fmt::format("{}  {:>8}  {}\n", time ? clock_text(*time) : std::string(12, '-'),
                       offset_text(time, begin),
                       styled(wrapped(words_of(line, begin), kIndent, look.columns), style, look));
}

// --- Around it ---

// Who was asked, and who said nothing.
std::string asked_text(const Document& why, const Look& look) {
    const std::vector<std::string> asked = texts_of(array_at(why, "asked"));
    if (asked.empty()) {
        return "";
    }
    const std::vector<std::string> answered = texts_of(array_at(why, "answered"));
    Names silent;
    for (const std::string& name : asked) {
        if (std::find(answered.begin(), answered.end(), name) == answered.end()) {
            silent.add(shortened(printable(name), look.columns / 2));
        }
    }
    return wrapped(count_text(asked.size(), "other member") + " asked for evidence: " +
                       (silent.empty() ? "all answered." : "no answer from " + silent.text() + '.'),
                   0, look.columns) +
           '\n';
}

}  // namespace

std::string why_text(const Document& why, const Look& look) {
    const std::string name = printable(text_at(why, "name"));
    const std::string state = shortened(printable(text_at(why, "state")), 16);
    std::string text = shortened(name, look.columns / 2) + " is " +
                       (state.empty() ? "no longer listed" : styled(state, style_of(state), look)) +
                       ".\n";
    const std::vector<Piece> pieces = pieces_of(why);
    if (pieces.empty()) {
        return text + "This agent holds no evidence of a suspicion of it.\n" +
               asked_text(why, look);
    }
    const std::vector<Case> cases = cases_of(pieces);
    const std::size_t which = latest_of(cases);
    const Case& latest = cases[which];
    const auto begin = pieces[latest.first].time;
    text += begin ? "The latest case began on " + date_text(*begin) + ".\n" : "";
    text += summary_of(pieces, latest, look) + '\n';
    for (const Line& line : lines_of(pieces, latest)) {
        text += text_of(line, begin, look);
    }
    const std::string asked = asked_text(why, look);
    text += asked.empty() && which == 0 ? "" : "\n" + asked;
    if (which > 0) {
        text += fmt::format("{} before it: --format json has all the evidence.\n",
                            count_text(which, "case"));
    }
    return text;
}

int run_why(Session& session) {
    const Result<Document> why = session.ask("why", Document::value_t::object,
                                             {{"name", session.options().name}}, kOthersTake);
    if (!why) {
        return session.fail(why.error());
    }
    return session.print(*why, why_text(*why, session.console().look()));
}

}  // namespace memberd::ctl
