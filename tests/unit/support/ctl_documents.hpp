// Documents as an agent answers them, for the tests of what memberctl prints.
#pragma once

#include <string>

#include "cli/ctl/document.hpp"

namespace memberd::ctl {

// A Member document of LOCAL_API.md; measured values are nil.
Document member_document(const std::string& name, const std::string& state);

// "2026-01-02T03:00:00Z", the moment at which the tests look at documents.
WallTime test_now();

// Columns of the widest line, and whether every line ends where its text does.
std::size_t widest_line(const std::string& text);
bool has_trailing_blanks(const std::string& text);

}  // namespace memberd::ctl
