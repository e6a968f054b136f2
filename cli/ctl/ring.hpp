// `memberctl ring`, `ring lookup`, `ring plan`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/ctl/document.hpp"
#include "cli/ctl/table.hpp"

namespace memberd::ctl {

class Session;

std::string ring_text(const Document& ring, const Look& look);
std::string lookup_text(const Document& lookup, const Look& look);
std::string plan_text(const Document& plan, const Look& look);

// A line a key, without the line's end; empty lines are no keys.
std::vector<std::string> keys_of_lines(std::string_view text);

int run_ring(Session& session);
int run_ring_lookup(Session& session);
int run_ring_plan(Session& session);

}  // namespace memberd::ctl
