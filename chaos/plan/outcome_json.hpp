// Outcomes as one line of JSON, both ways: what an isolated run tells its parent.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "chaos/plan/execution.hpp"

namespace memberd::sim {

std::string outcome_line(const Outcome& outcome);
// Nothing if it is no such line: the run has ended in the middle of it.
std::optional<Outcome> parse_outcome(std::string_view line);

}  // namespace memberd::sim
