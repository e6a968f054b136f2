#include "cli/ctl/run.hpp"

#include "cli/ctl/act.hpp"
#include "cli/ctl/events.hpp"
#include "cli/ctl/info.hpp"
#include "cli/ctl/members.hpp"
#include "cli/ctl/options.hpp"
#include "cli/ctl/ring.hpp"
#include "cli/ctl/session.hpp"
#include "cli/ctl/why.hpp"

namespace memberd::ctl {
namespace {

int run_command(Session& session) {
    switch (session.options().command) {
        case Command::Members:
            return session.options().watch ? run_watch(session) : run_members(session);
        case Command::Info:
            return run_info(session);
        case Command::Events:
            return run_events(session);
        case Command::Ring:
            return run_ring(session);
        case Command::RingLookup:
            return run_ring_lookup(session);
        case Command::RingPlan:
            return run_ring_plan(session);
        case Command::Why:
            return run_why(session);
        case Command::Ping:
            return run_ping(session);
        case Command::Join:
            return run_join(session);
        case Command::Leave:
            return run_leave(session);
        case Command::Forget:
            return run_forget(session);
        case Command::TagsSet:
            return run_tags_set(session);
        case Command::TagsUnset:
            return run_tags_unset(session);
        case Command::Version:
            return run_version(session);
    }
    return kExitUsage;
}

}  // namespace

int run(const std::vector<std::string>& arguments, Console& console) {
    const CommandLine line = parse_command_line(arguments);
    int exit_code = line.exit_code;
    if (!line.error.empty()) {
        console.complain(line.error);
    } else if (!line.options) {
        console.print(line.text);
    } else {
        Session session(*line.options, console);
        exit_code = run_command(session);
    }
    if (!console.write_error().empty()) {
        console.complain("memberctl: stdout can't be written: " + console.write_error() + ".");
        return kExitNo;
    }
    return exit_code;
}

}  // namespace memberd::ctl
