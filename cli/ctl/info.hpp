// `memberctl info` and `memberctl version`.
#pragma once

#include <string>

#include "cli/ctl/document.hpp"
#include "cli/ctl/table.hpp"

namespace memberd::ctl {

class Session;

// One screen: a line a fact, the doubtful ones coloured.
std::string info_text(const Document& info, const Look& look);

// `agent` is the document of op `version`, or nil where no agent answered.
std::string version_text(const Document& agent);
Document version_document(const Document& agent);

int run_info(Session& session);
int run_version(Session& session);

}  // namespace memberd::ctl
