// The help texts: what a command answers, its options, examples, what its columns mean.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace memberd::ctl {

// The overview: usage, commands, options, exit codes.
std::string overview();

// The text of one command, by its words ("members", "ring lookup"); nothing for a word that is no
// command.
std::optional<std::string> help_of(std::string_view command);

// What `keys` says as long as keys are not built.
std::string_view keys_sentence();

}  // namespace memberd::ctl
