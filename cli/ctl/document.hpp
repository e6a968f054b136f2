// Reading the agent's documents without trusting their shape: what is missing or of another type is
// nothing, never an error and never a crash.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/ctl/format.hpp"
#include "membership/local_protocol.hpp"

namespace memberd::ctl {

// The value at `key`, or a null value that lives for ever.
const Document& at(const Document& document, std::string_view key);

// A string at `key`, else an empty text.
std::string text_at(const Document& document, std::string_view key);
std::optional<double> number_at(const Document& document, std::string_view key);
// Counts and sequence numbers; negative ones and fractions are nothing.
std::optional<std::uint64_t> count_at(const Document& document, std::string_view key);
bool true_at(const Document& document, std::string_view key);
std::optional<WallTime> time_at(const Document& document, std::string_view key);
// The elements of the array at `key`; empty if there is none.
const Document& array_at(const Document& document, std::string_view key);

// The strings of an array; other elements are left out.
std::vector<std::string> texts_of(const Document& array);
// "a, b and c".
std::string enumeration(const std::vector<std::string>& words);
// "k=v k2=v2".
std::string tags_text(const Document& tags);

// JSON as it is printed: a document on several lines, or a line. Ended by a newline. What is not
// UTF-8 is replaced, so it never fails.
std::string pretty_json(const Document& document);
std::string json_line(const Document& document);

}  // namespace memberd::ctl
