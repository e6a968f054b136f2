// `memberctl members`: who is in the cluster, the sick first.
#pragma once

#include <string>

#include "cli/ctl/document.hpp"
#include "cli/ctl/options.hpp"
#include "cli/ctl/table.hpp"

namespace memberd::ctl {

class Session;

// Whether the Member document is asked for by --state, --tag and --zone.
bool is_asked_for(const Document& member, const Options& options);

// Those of the array that are asked for, in the array's order. O(members).
Document asked_for(const Document& members, const Options& options);

// The table and the line of totals. `members` are all, the options choose. Suspects come first,
// then the dead, the unhealthy, the draining, the ready, those who left; by name within each.
std::string members_text(const Document& members,
                         const Options& options,
                         WallTime now,
                         const Look& look);

// How a state is coloured, and an address with what else places a member: "10.0.0.1:7747, zone a".
Style style_of(const std::string& state);
std::string place_of(const Document& member);

// Runs the command; the exit code.
int run_members(Session& session);

}  // namespace memberd::ctl
