#include "cli/ctl/help.hpp"

#include <array>

namespace memberd::ctl {
namespace {

constexpr std::string_view kOverview =
    R"(Usage: memberctl [--runtime-dir DIR] [--format table|json] [--timeout SECONDS] COMMAND

Asks the memberd agent of this machine what it sees of the cluster, and tells it what to do.

Look
  members                    who is in the cluster, as this agent sees it: the sick first
  info                       this agent: its names, addresses, counts, health, agreement, versions
  events                     every change from now on, one line each
  why NAME                   who accused a member and on what evidence, who confirmed, what decided
  ping NAME                  round-trip times to a member, through the agent's transport
Ring
  ring                       its digest, who agrees on it, and what each member owns
  ring lookup KEY...         the owner and the preference list of keys
  ring plan                  what would move if members came or went; changes nothing
Act
  join HOST:PORT...          tells the agent to contact these members too
  leave                      makes the agent leave the cluster and end
  forget NAME                removes a dead member from every view
  tags set K=V...            sets tags of this member
  tags unset K...            takes tags of this member away
Other
  version                    of this program and of the agent
  help [COMMAND]             this text, or that of one command, with examples

Options, before and after COMMAND
  --runtime-dir DIR          the agent's runtime directory; default /run/memberd for root, else
                             $XDG_RUNTIME_DIR/memberd, else /tmp/memberd-UID
  --format table|json        for people (the default), or documents for programs
  --timeout SECONDS          how long to wait for the agent; default 5. why, ping, join and leave
                             wait longer by what they take in the cluster (1.5, 3, 6 and 10 s)

Exit codes: 0 done, 1 the answer is no (unknown member, nothing owned, refused), 2 usage,
3 the agent can't be reached in time. Errors are one sentence on stderr.
NO_COLOR turns colours off; without a terminal there are none.
)";

constexpr std::string_view kMembers =
    R"(Usage: memberctl members [--state S]... [--tag K=V]... [--zone Z] [--watch]

Who is in the cluster, as this agent sees it. Suspects come first, then the dead, the unhealthy, the
draining, the ready, and last those who left; by name within each. The last line counts.

  --state S    alive, suspect, dead or left; several are alternatives
  --tag K=V    members with this tag; several must all be there
  --zone Z     members of this zone
  --watch      keeps the table up to date on a terminal; elsewhere prints the table once and then a
               line a change, with --format json the whole array on a line at each change. Ends with
               Ctrl-C, exit code 0

Columns: FOR since when this agent sees the state; PHI the suspicion level and RTT the round trip,
only where this agent observes the member ("-" elsewhere). What does not fit ends in an ellipsis;
--format json has all of it, and also id, generation and incarnation.

Examples
  memberctl members
  memberctl members --state suspect --state dead
  memberctl members --zone berlin --tag role=store --format json
  memberctl members --watch
)";

constexpr std::string_view kInfo =
    R"(Usage: memberctl info

This agent on one screen: name, id, addresses, cluster, uptime, members by state, local health (0 is
well; more means that the agent doubts itself), ring digest and agreement (the share of the live
members heard from lately whose ring is the same), seeds, and versions.

Examples
  memberctl info
  memberctl info --format json | jq .agreement
)";

constexpr std::string_view kEvents =
    R"(Usage: memberctl events [--type T]... [--snapshot]

Every change from now on, one line each, flushed at once, until interrupted (exit code 0). Ends with
exit code 3 when nothing is heard of the agent for 5 s and the time of --timeout more.

  --type T     alive, suspect, dead, left, updated, forgotten, ring or link; several are
               alternatives. A link is broken while the member does not answer this agent,
               though others reach it, and mended when it answers again
  --snapshot   the present members come first, as lines with "snapshot": true

With --format json each line is an object with seq (no holes without --type), time, type, and
member, or digest and moved; a link has state, "broken" or "mended". If this program was too slow
to hear every change, or the agent was started again, a line of type "gap" says so, whatever --type
says: {"seq", "time", "type", "after", "restarted"}. The changes behind number `after` up to `seq`
were not heard. All present members follow it, as with --snapshot, so a reader who replaces what it
knew by them is right again.

Examples
  memberctl events
  memberctl events --type dead --type suspect
  memberctl events --snapshot --format json
)";

constexpr std::string_view kRing =
    R"(Usage: memberctl ring
       memberctl ring lookup KEY... [--replicas R]
       memberctl ring plan [--add NAME[,weight=W][,zone=Z]]... [--remove NAME]...

The ring's digest, its agreement (the share of the live members heard from lately whose ring is the
same), its balance (the largest share relative to what its weight is due; 1 is perfect), and of each
member the vnodes, weight and share, the largest share first. Exit code 1 if nobody owns anything.

Examples
  memberctl ring
  memberctl ring lookup user:4711
  memberctl help ring plan
)";

constexpr std::string_view kLookup =
    R"(Usage: memberctl ring lookup KEY... [--replicas R]

The owner of each key, and the members in the order in which replicas of it are placed. The key "-"
reads keys from stdin, one a line. Exit code 1 if nobody owns anything.

  --replicas R   how many members to name, 1 to 64; default 3

Examples
  memberctl ring lookup user:4711 user:4712
  memberctl ring lookup --replicas 2 --format json - < keys.txt
)";

constexpr std::string_view kPlan =
    R"(Usage: memberctl ring plan [--add NAME[,weight=W][,zone=Z]]... [--remove NAME]...

What share of the keys would move, from whom to whom, and the balance before and after. Changes
nothing. A member that is there already may be added with another weight.

Examples
  memberctl ring plan --remove store-17
  memberctl ring plan --add store-18,weight=2,zone=berlin --add store-19
)";

constexpr std::string_view kWhy =
    R"(Usage: memberctl why NAME

The evidence of the latest suspicion of a member: who accused it, who confirmed and who contradicted
that, what decided and when, then what each one saw: its pings, phi, helpers and verdict. The agent
asks the accusers, the member's observers and the member itself for theirs, and waits for them for
at most a second; who said nothing is named. So any agent can be asked, also one that saw nothing.

Times are local, those of other members are late by what their answer took; the second column counts
seconds from the first line. What several saw alike is one line, where it was seen first. --format
json has every single piece with its source, and the evidence of earlier cases too.

Examples
  memberctl why store-17
  memberctl why store-17 --format json
)";

constexpr std::string_view kPing =
    R"(Usage: memberctl ping NAME

Sends five pings to a member through the agent's transport, one after the other, and prints each
round trip, then the smallest, the median and the largest. Exit code 1 if no ping was answered.

Examples
  memberctl ping store-17
  memberctl ping store-17 --format json
)";

constexpr std::string_view kJoin =
    R"(Usage: memberctl join HOST:PORT...

Tells the agent to contact these addresses now, and for ever. Exit code 1 if none of them let it in
within 6 s; the agent keeps trying.

Examples
  memberctl join 10.0.0.7:7747
  memberctl join seed.example:7747 10.0.0.8:7747
)";

constexpr std::string_view kLeave =
    R"(Usage: memberctl leave

Makes the agent leave the cluster and end. Returns when other members have acknowledged it, and says
how many. Exit code 1 if there were others and none acknowledged: they will notice by themselves.

Examples
  memberctl leave
  memberctl leave --runtime-dir /run/memberd
)";

constexpr std::string_view kForget =
    R"(Usage: memberctl forget NAME

Removes a dead member from every view, so that nobody tries to reach it any more. Refused, exit code
1, unless the member is dead.

Examples
  memberctl forget store-17
)";

constexpr std::string_view kTags =
    R"(Usage: memberctl tags set K=V...
       memberctl tags unset K...

Changes the tags of this member; every view follows. Prints all its tags as they are then. Taking a
tag away that is not set is no error.

Examples
  memberctl tags set role=store version=7
  memberctl tags unset role
)";

constexpr std::string_view kVersion =
    R"(Usage: memberctl version

The version of this program, and of the agent if there is one.

Examples
  memberctl version
  memberctl version --format json
)";

constexpr std::string_view kHelp =
    R"(Usage: memberctl help [COMMAND]

The overview, or the text of one command with its options and examples.

Examples
  memberctl help members
  memberctl help ring plan
)";

struct Topic {
    std::string_view command;
    std::string_view text;
};

constexpr std::array kTopics{
    Topic{"members", kMembers}, Topic{"info", kInfo},          Topic{"events", kEvents},
    Topic{"ring", kRing},       Topic{"ring lookup", kLookup}, Topic{"ring plan", kPlan},
    Topic{"why", kWhy},         Topic{"ping", kPing},          Topic{"join", kJoin},
    Topic{"leave", kLeave},     Topic{"forget", kForget},      Topic{"tags", kTags},
    Topic{"tags set", kTags},   Topic{"tags unset", kTags},    Topic{"version", kVersion},
    Topic{"help", kHelp},
};

}  // namespace

std::string overview() {
    return std::string(kOverview);
}

std::optional<std::string> help_of(std::string_view command) {
    for (const Topic& topic : kTopics) {
        if (topic.command == command) {
            return std::string(topic.text);
        }
    }
    return std::nullopt;
}

std::string_view keys_sentence() {
    return "memberctl: keys are not built yet: this version of memberd runs without encryption.";
}

}  // namespace memberd::ctl
