// What memberctl was asked to do: the command line, understood and checked.
//
// Options before COMMAND are accepted after it too. The values of options are checked here, so that
// a mistake is one sentence and exit code 2 before any agent is asked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "detector/time.hpp"

namespace memberd::ctl {

// The promise of interface: scripts depend on these.
inline constexpr int kExitDone = 0;
inline constexpr int kExitNo = 1;           // the answer is no
inline constexpr int kExitUsage = 2;        // the command line is wrong
inline constexpr int kExitUnreachable = 3;  // the agent can't be reached in time

enum class Command : std::uint8_t {
    Members,
    Info,
    Events,
    Ring,
    RingLookup,
    RingPlan,
    Why,
    Ping,
    Join,
    Leave,
    Forget,
    TagsSet,
    TagsUnset,
    Version,
};

enum class Format : std::uint8_t {
    Table,
    Json,
};

// A member that `ring plan` puts on the ring.
struct PlannedMember {
    std::string name;
    std::optional<double> weight;
    std::optional<std::string> zone;
};

using Tag = std::pair<std::string, std::string>;

struct Options {
    std::string runtime_dir;  // empty: the default
    Duration timeout = std::chrono::seconds{5};

    std::vector<std::string> states;  // members; empty: every state
    std::vector<Tag> tags;            // members: all of them must be there; tags set: the new ones
    std::optional<std::string> zone;  // members
    std::vector<std::string> types;   // events; empty: every type
    std::vector<std::string> keys;    // ring lookup, tags unset
    std::vector<PlannedMember> add;   // ring plan
    std::vector<std::string> remove;  // ring plan
    std::string name;                 // why, ping, forget
    std::vector<std::string> addresses;  // join
    std::uint32_t replicas = 3;          // ring lookup
    Command command = Command::Members;
    Format format = Format::Table;
    bool watch = false;     // members
    bool snapshot = false;  // events
};

// Either options, or what to print instead of doing anything.
struct CommandLine {
    std::optional<Options> options;
    int exit_code = kExitDone;
    std::string text;   // for stdout: help
    std::string error;  // for stderr: one sentence
};

// `arguments` are those behind the program's name. Does not read the environment.
CommandLine parse_command_line(const std::vector<std::string>& arguments);

}  // namespace memberd::ctl
