// All of memberctl behind its main.
#pragma once

#include <string>
#include <vector>

#include "cli/ctl/console.hpp"

namespace memberd::ctl {

// Does what the arguments (without the program's name) ask for; the exit code.
int run(const std::vector<std::string>& arguments, Console& console);

}  // namespace memberd::ctl
