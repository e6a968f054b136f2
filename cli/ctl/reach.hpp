// Why an agent can't be reached, found out before waiting for it: ZeroMQ connects in the background
// and would only ever say that nobody answered.
#pragma once

#include <string>

#include "detector/result.hpp"

namespace memberd::ctl {

// The runtime directory to use: the one given, else the default, whose owner is checked where it
// lies in /tmp (anybody could have made it). Reads the environment and the file system.
Result<std::string> runtime_dir(const std::string& given);

// Whether somebody listens at the directory's control socket now. The Error is Unavailable and says
// what is missing and what to do: no directory, no socket, no permission, nobody there.
Status check_reachable(const std::string& directory);

}  // namespace memberd::ctl
