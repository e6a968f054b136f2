// memberctl: asks the agent of this machine what it sees, and tells it what to do.
#include <csignal>
#include <cstdlib>
#include <string>
#include <unistd.h>
#include <vector>

#include "cli/ctl/console.hpp"
#include "cli/ctl/run.hpp"

int main(int argc, char** argv) {
    // A reader that has gone is noticed where one writes (memberctl events | head -1).
    std::signal(SIGPIPE, SIG_IGN);
    // Nothing else runs yet, so reading the environment is safe.
    const char* const no_color = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe)
    memberd::ctl::Console console(STDOUT_FILENO, STDERR_FILENO, no_color);
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    return memberd::ctl::run(arguments, console);
}
