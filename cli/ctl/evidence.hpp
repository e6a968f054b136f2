// The evidence of `memberctl why` as pieces that can be compared, and the cases that they belong
// to. What a piece means is told by its kind, which is read without trust: a kind that is not known
// here is a piece like any other, and decides nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/ctl/document.hpp"

namespace memberd::ctl {

struct Piece {
    std::string kind;    // its letters alone, small: "declared_dead" and "DeclaredDead" are one
    std::string source;  // whose flight recorder holds it, as it is shown
    std::string other;   // as it is shown, or empty
    std::string words;
    std::optional<WallTime> time;
};

// In the order of the document. The agent that was asked is "this agent", as a source that is not
// named is too.
std::vector<Piece> pieces_of(const Document& why);

// What a piece decides, in words, for a death to be followed by whose word it is; empty for one
// that decides nothing.
std::string_view decision_of(const Piece& piece);
bool is_death(const Piece& piece);
bool is_suspicion(const Piece& piece);
// With it the member is well again for the source.
bool ends_case(const Piece& piece);
// The member that the piece says accuses, or nothing.
std::string accuser_of(const Piece& piece);

struct Case {
    std::size_t first = 0;  // of the pieces
    std::size_t end = 0;    // behind the last
    bool has_suspicion = false;
};

// A case ends when it has ended for everybody for whom it had begun, or when nothing is seen of it
// for two minutes. What still comes in after a death belongs to the death.
std::vector<Case> cases_of(const std::vector<Piece>& pieces);

// The latest case in which somebody suspected the member, else the latest at all: a single ping
// that was answered late is no suspicion, but better than nothing. Requires a case.
std::size_t latest_of(const std::vector<Case>& cases);

}  // namespace memberd::ctl
