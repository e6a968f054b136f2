// memberd: the agent. Flags, file and chance come together here; the rest is membership/agent.hpp.
#include <cstdint>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "cli/memberd_flags.hpp"
#include "membership/agent.hpp"
#include "membership/config.hpp"
#include "membership/local_protocol.hpp"
#include "membership/log.hpp"
#include "membership/options.hpp"

namespace memberd {
namespace {

int end_with(ExitCode code, const std::string& sentence) {
    fmt::print(stderr, "memberd: {}\n", sentence);
    return static_cast<int>(code);
}

Result<AgentConfig> read_config(const Flags& flags) {
    if (!flags.config_file) {
        return make_config(flags.options, surroundings());
    }
    const Result<Options> file = load_options(*flags.config_file);
    if (!file) {
        return file.error();
    }
    return make_config(merge(*file, flags.options), surroundings());
}

std::uint64_t draw(std::random_device& chance) {
    return std::uint64_t{chance()} << 32 | chance();
}

Entropy draw_entropy() {
    std::random_device chance;
    Entropy entropy;
    entropy.instance = draw(chance) | 1;
    entropy.engine_seed = draw(chance);
    entropy.epoch = (draw(chance) & local::kEpochMax) | 1;
    return entropy;
}

int run(int count, char** arguments) {
    const Flags flags = parse_flags(count, arguments);
    if (flags.message && flags.exit_code == 0) {
        fmt::print("{}", *flags.message);
        return 0;
    }
    if (flags.message) {
        return end_with(ExitCode::Usage, *flags.message + "; see memberd --help");
    }
    const Result<AgentConfig> config = read_config(flags);
    if (!config) {
        return end_with(ExitCode::Usage, config.error().text);
    }
    if (flags.only_check) {
        fmt::print("the configuration is valid\n");
        return 0;
    }
    auto log = make_logger(config->log_level, config->log_format);
    auto agent = Agent::create(
        *config, draw_entropy(), [&flags] { return read_config(flags); }, std::move(log));
    if (!agent) {
        return end_with(exit_code_of(agent.error()), agent.error().text);
    }
    return static_cast<int>((*agent)->run());
}

}  // namespace
}  // namespace memberd

// What is thrown here is thrown by libraries when memory or threads run out.
int main(int count, char** arguments) {
    try {
        return memberd::run(count, arguments);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "memberd: %s\n", error.what());
        return 1;
    }
}
