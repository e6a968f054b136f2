// The flags of memberd, as options that nobody has judged yet. Thread rule: call once, at start.
#pragma once

#include <optional>
#include <string>

#include "membership/options.hpp"

namespace memberd {

struct Flags {
    Options options;
    std::optional<std::string> config_file;
    bool only_check = false;
    // Set: print this text and end with this code. Help and version go to stdout.
    std::optional<std::string> message;
    int exit_code = 0;
};

Flags parse_flags(int count, char** arguments);

}  // namespace memberd
