// `memberctl why`: the evidence of the latest suspicion of a member, of all whom the agent asked:
// who accused, confirmed and contradicted it, what decided, and a timeline of what each one saw.
#pragma once

#include <string>

#include "cli/ctl/document.hpp"
#include "cli/ctl/table.hpp"

namespace memberd::ctl {

class Session;

// The latest case alone, oldest line first. A case begins with the first evidence after the end of
// the one before. What several saw alike is one line; each member's own ping, suspicion and verdict
// has one of its own.
std::string why_text(const Document& why, const Look& look);

int run_why(Session& session);

}  // namespace memberd::ctl
