// Text as a terminal shows it: how many columns it takes, and how to cut it without splitting a
// character.
//
// Names, zones and tags come from other machines, so nothing here trusts them: bytes that are not
// UTF-8, control characters (an escape sequence in a tag could repaint the operator's terminal) and
// characters that turn the direction of writing become U+FFFD.
//
// Pure; O(length) each.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace memberd::ctl {

// Valid UTF-8 on one line, without anything that a terminal would obey.
std::string printable(std::string_view text);

// Columns that printable text takes: two for the wide characters of East Asia and for pictographs,
// none for what combines with the character before it, one for all others.
std::size_t width(std::string_view text);

// The text itself if it takes at most `columns`, else its beginning with an ellipsis at the end.
// Requires printable text. Never longer than `columns`, and never half a character.
std::string shortened(std::string_view text, std::size_t columns);

// The text broken at spaces so that it fills the columns from `begin` up to `end`: the first line
// is to be put behind `begin` columns of something else, the others are indented by as much. A word
// that is longer than that is cut as `shortened` does.
std::string wrapped(std::string_view text, std::size_t begin, std::size_t end);

}  // namespace memberd::ctl
