// `memberctl events`, and what `members --watch` shares with it: following the agent's changes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/ctl/document.hpp"
#include "cli/ctl/options.hpp"
#include "cli/ctl/table.hpp"
#include "membership/client.hpp"

namespace memberd::ctl {

class Session;

// What a batch of the client means to somebody who has printed everything up to `printed_seq`.
struct Progress {
    bool first = false;       // the first view: nothing was printed before
    bool gap = false;         // changes were missed: all that is known is the view
    bool restarted = false;   // the gap is a new run of the agent
    std::uint64_t after = 0;  // the last change printed before the gap
};

// Remembers how far a reader has come. Thread rule: one thread.
class Reader {
  public:
    // `view` is the client's after the batch. A snapshot that turns out to continue where the
    // reader is (it was only asked for to be sure) is no gap.
    Progress take(const Batch& batch, const View& view);

  private:
    bool started_ = false;
    std::uint64_t epoch_ = 0;
    std::uint64_t seq_ = 0;
};

// The line of an event, without its end: the JSON object, or a text of at most look.columns.
std::string event_text(const Document& event, const Look& look);

// A present member as an event: `seq` is that of the view, `time` when it entered its state.
Document snapshot_event(const Document& member, std::uint64_t seq);
Document gap_event(const Progress& progress, std::uint64_t seq, WallTime now);

// Whether --type asks for it. A gap is told whatever was asked for.
bool is_asked_for_event(const Document& event, const Options& options);

// The share of all keys that a ring event moves, by its ranges; nothing if it does not list them.
std::optional<double> moved_share(const Document& event);

int run_events(Session& session);
// `members --watch`.
int run_watch(Session& session);

}  // namespace memberd::ctl
