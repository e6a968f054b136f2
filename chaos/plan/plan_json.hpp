// Plans as JSON text, both ways. The format is described in chaos/plan/README.md.
//
// Reading is strict: a key that is not known, is missing or comes twice, or a value of the wrong
// kind or out of bounds, is BadInput with one sentence that names the place. What is written is
// read back equal; keys come in a fixed order, and what has its default value is left out.
#pragma once

#include <string>
#include <string_view>

#include "chaos/plan/plan.hpp"
#include "detector/result.hpp"

namespace memberd::sim {

inline constexpr std::string_view kPlanFormat = "memberd-plan-1";

Result<Plan> parse_plan(std::string_view text);
std::string to_json(const Plan& plan);

// System with the reason, or as parse_plan(); the sentence begins with the file's name.
Result<Plan> read_plan(const std::string& file);
Status write_plan(const std::string& file, const Plan& plan);

}  // namespace memberd::sim
