// One operation of a plan as JSON, both ways.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "chaos/plan/operation.hpp"
#include "detector/result.hpp"

namespace memberd::sim {

// `where` names it in the sentence of a BadInput.
Result<Operation> read_operation(const nlohmann::json& json, const std::string& where);

// On one line; what has its default value is left out.
std::string operation_line(const Operation& operation);

}  // namespace memberd::sim
