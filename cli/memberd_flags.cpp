#include "cli/memberd_flags.hpp"

#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "membership/documents.hpp"

namespace memberd {
namespace {

constexpr int kUsage = 2;

constexpr const char* kFooter =
    "Examples:\n"
    "  memberd --name a --runtime-dir /tmp/a\n"
    "  memberd --name b --bind 127.0.0.1:7748 --join 127.0.0.1:7747 --runtime-dir /tmp/b\n"
    "  memberd --config /etc/memberd/memberd.toml --check-config\n"
    "The TOML file has the same names, with - or _; leave_on_term and restart_grace (seconds) are\n"
    "in it only. SIGTERM and SIGINT leave the cluster, SIGHUP reloads.\n"
    "Exit codes: 0 left cleanly, 1 failed while running, 2 usage or configuration error.";

void add(CLI::App& app, const char* flag, const char* what, std::optional<std::string>& value) {
    app.add_option(flag, value, what);
}

// "KEY=VALUE", split at the first "=".
std::optional<std::string> read_tags(const std::vector<std::string>& texts, Options& options) {
    for (const std::string& text : texts) {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos || equals == 0) {
            return fmt::format("--tag must be KEY=VALUE, not \"{}\"", text);
        }
        options.tags.insert_or_assign(text.substr(0, equals), text.substr(equals + 1));
    }
    return std::nullopt;
}

}  // namespace

Flags parse_flags(int count, char** arguments) {
    Flags flags;
    Options& options = flags.options;
    bool is_insecure = false;
    std::vector<std::string> tags;

    CLI::App app{"memberd: the cluster membership agent, one per node", "memberd"};
    app.footer(kFooter);
    app.set_help_flag("--help", "Print this");
    app.set_version_flag("--version", fmt::format("memberd {}", kProgramVersion));
    add(app, "--config", "TOML file; flags win over it", flags.config_file);
    add(app, "--name", "Unique in the cluster; default: the host's name", options.name);
    add(app, "--cluster", "Agents of different clusters refuse each other; default: default",
        options.cluster);
    add(app, "--bind", "HOST:PORT to listen at; default: 127.0.0.1:7747", options.bind);
    add(app, "--advertise", "HOST:PORT that others use; default: what is bound", options.advertise);
    app.add_option("--join", options.join, "HOST:PORT of a member; may be given many times")
        ->allow_extra_args(false);
    add(app, "--zone", "Replicas of a key prefer distinct zones", options.zone);
    add(app, "--weight", "Share of the ring, 0 to 100; default: 1", options.weight);
    app.add_option("--tag", tags, "KEY=VALUE; may be given many times")->allow_extra_args(false);
    add(app, "--profile", "lan, wan or local: how patient the detection is; default: lan",
        options.profile);
    add(app, "--detection", "memberd, swim or lifeguard; the last two are for comparison",
        options.detection);
    add(app, "--runtime-dir", "Directory of the local sockets, one per agent", options.runtime_dir);
    add(app, "--data-dir", "What survives a restart; default: nothing is written",
        options.data_dir);
    add(app, "--keys", "Cluster keys; not built yet: refused", options.keys);
    app.add_flag("--insecure", is_insecure, "Allow binding beyond loopback without encryption");
    add(app, "--http", "HOST:PORT for metrics; not built yet: refused", options.http);
    add(app, "--log-level", "trace, debug, info, warning or error; default: info",
        options.log_level);
    add(app, "--log-format", "text or json; default: text", options.log_format);
    app.add_flag("--check-config", flags.only_check, "Judge the configuration and end");
    try {
        app.parse(count, arguments);
    } catch (const CLI::CallForHelp&) {
        flags.message = app.help();
        return flags;
    } catch (const CLI::CallForVersion&) {
        flags.message = fmt::format("memberd {}\n", kProgramVersion);
        return flags;
    } catch (const CLI::ParseError& error) {
        flags.message = error.what();
        flags.exit_code = kUsage;
        return flags;
    }
    if (is_insecure) {
        options.insecure = true;
    }
    if (auto wrong = read_tags(tags, options)) {
        flags.message = std::move(wrong);
        flags.exit_code = kUsage;
    }
    return flags;
}

}  // namespace memberd
