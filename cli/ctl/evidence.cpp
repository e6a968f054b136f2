#include "cli/ctl/evidence.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "cli/ctl/text.hpp"

namespace memberd::ctl {
namespace {

constexpr std::size_t kNameColumnsMax = 32;
constexpr std::chrono::minutes kQuietMax{2};

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

// What is said of one piece of evidence: the agent's own words, else what its numbers say.
std::string words_in(const Document& entry) {
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

// The member has a case with the source from here on.
bool begins_case(const Piece& piece) {
    return piece.kind == "pingunanswered" || piece.kind == "suspected" || is_death(piece);
}

}  // namespace

std::vector<Piece> pieces_of(const Document& why) {
    const std::string agent = text_at(why, "agent");
    const auto shown = [&agent](const std::string& name) {
        return name == agent ? "this agent" : shortened(printable(name), kNameColumnsMax);
    };
    std::vector<Piece> pieces;
    for (const Document& entry : array_at(why, "evidence")) {
        const std::string source = text_at(entry, "source");
        const std::string other = text_at(entry, "other");
        pieces.push_back(
            {plain(text_at(entry, "kind")), source.empty() ? "this agent" : shown(source),
             other.empty() ? "" : shown(other), words_in(entry), time_at(entry, "time")});
    }
    return pieces;
}

std::string_view decision_of(const Piece& piece) {
    return piece.kind == "declareddead" ? "declared dead by"
           : piece.kind == "hearddead"  ? "dead, as other members told"
           : piece.kind == "withdrawn"  ? "the suspicion was withdrawn"
           : piece.kind == "answered"   ? "it answered after all"
           : piece.kind == "returned"   ? "alive again"
                                        : "";
}

bool is_death(const Piece& piece) {
    return piece.kind == "declareddead" || piece.kind == "hearddead";
}

bool is_suspicion(const Piece& piece) {
    return piece.kind == "suspected" || is_death(piece) || !accuser_of(piece).empty();
}

bool ends_case(const Piece& piece) {
    return !decision_of(piece).empty() && !is_death(piece);
}

std::string accuser_of(const Piece& piece) {
    if (piece.kind == "suspected") {
        return piece.source;
    }
    if (piece.kind == "answerstoolittle") {
        return piece.other.empty() ? piece.source : piece.other;
    }
    const bool names_one =
        piece.kind == "suspectedby" || piece.kind == "declareddead" || piece.kind == "accusernamed";
    return names_one ? piece.other : "";
}

std::vector<Case> cases_of(const std::vector<Piece>& pieces) {
    std::vector<Case> cases;
    std::set<std::string> open;  // sources for which it has begun and not ended
    bool is_over = true;
    std::optional<WallTime> before;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        const Piece& piece = pieces[i];
        const bool is_quiet = before && piece.time && *piece.time - *before > kQuietMax;
        if (cases.empty() || ((is_over || is_quiet) && !ends_case(piece))) {
            cases.push_back({i, i, false});
            open.clear();
        }
        if (begins_case(piece)) {
            open.insert(piece.source);
        } else if (ends_case(piece)) {
            open.erase(piece.source);
        }
        is_over = ends_case(piece) && open.empty();
        cases.back().end = i + 1;
        cases.back().has_suspicion = cases.back().has_suspicion || is_suspicion(piece);
        before = piece.time ? piece.time : before;
    }
    return cases;
}

std::size_t latest_of(const std::vector<Case>& cases) {
    for (std::size_t i = cases.size(); i > 0; --i) {
        if (cases[i - 1].has_suspicion) {
            return i - 1;
        }
    }
    return cases.size() - 1;
}

}  // namespace memberd::ctl
