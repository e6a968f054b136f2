// `memberctl why`: the evidence of the latest suspicion of a member, as a timeline.
#pragma once

#include <string>

#include "cli/ctl/document.hpp"
#include "cli/ctl/table.hpp"

namespace memberd::ctl {

class Session;

// The latest case alone, oldest line first, ending with what decided it. A case begins with the
// first evidence after the end of the one before.
std::string why_text(const Document& why, const Look& look);

int run_why(Session& session);

}  // namespace memberd::ctl
