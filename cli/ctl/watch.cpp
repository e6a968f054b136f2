// The commands that follow: `events` and `members --watch`.
#include <string>

#include "cli/ctl/events.hpp"
#include "cli/ctl/follower.hpp"
#include "cli/ctl/members.hpp"
#include "cli/ctl/session.hpp"
#include "membership/member_info.hpp"

namespace memberd::ctl {
namespace {

using std::chrono::milliseconds;

// Measurements and "FOR" grow old without any event.
constexpr milliseconds kRedraw{1000};

// The exit code that belongs to the end of following.
int ended(Turn turn, const Follower& follower, Session& session) {
    return turn == Turn::Silent ? session.fail(follower.silence()) : kExitDone;
}

class EventPrinter {
  public:
    explicit EventPrinter(Session& session) : session_(session) {}

    void print(const Batch& batch, const View& view) {
        const Progress progress = reader_.take(batch, view);
        const bool wants_present = progress.first && session_.options().snapshot;
        if (progress.gap) {
            print(gap_event(progress, view.seq(), wall_now()));
        }
        if (progress.gap || wants_present) {
            for (const auto& [name, member] : view.members()) {
                print(snapshot_event(to_document(member), view.seq()));
            }
            return;  // the batch's events are in the view already
        }
        for (const Event& event : batch.events) {
            print(to_document(event));
        }
    }

  private:
    void print(const Document& event) {
        if (is_asked_for_event(event, session_.options())) {
            session_.console().print(session_.is_json()
                                         ? json_line(event)
                                         : event_text(event, session_.console().look()) + '\n');
        }
    }

    Session& session_;
    Reader reader_;
};

Result<Document> ask_members(Session& session) {
    return session.ask_quietly("members", Document::value_t::array);
}

// The lines of a watch that nobody looks at on a terminal.
void print_changes(const Batch& batch, Session& session) {
    Options any_state = session.options();
    any_state.states.clear();  // a member that leaves the wanted state is news, too
    for (const Event& event : batch.events) {
        const Document document = to_document(event);
        if (event.member && is_asked_for(at(document, "member"), any_state)) {
            session.console().print(event_text(document, session.console().look()) + '\n');
        }
    }
}

// One turn's output; nothing to print is no error.
Status show(const Batch& batch, const Progress& progress, Session& session) {
    Console& console = session.console();
    const bool redraws = console.is_terminal() && !session.is_json();
    const bool lines = !redraws && !session.is_json() && !progress.first && !progress.gap;
    if (lines) {
        print_changes(batch, session);
        return Status();
    }
    const Result<Document> members = ask_members(session);
    if (!members) {
        return members.error();
    }
    if (session.is_json()) {
        console.print(json_line(asked_for(*members, session.options())));
        return Status();
    }
    const std::string text = members_text(*members, session.options(), wall_now(), console.look());
    if (redraws) {
        console.redraw(text);
    } else {
        console.print(text);
    }
    return Status();
}

}  // namespace

int run_events(Session& session) {
    Follower follower(session);
    if (const Status begun = follower.begin(); !begun) {
        return session.fail(begun.error());
    }
    EventPrinter printer(session);
    while (true) {
        Batch batch;
        const Turn turn = follower.next(kRedraw, batch);
        if (turn == Turn::Changed) {
            printer.print(batch, follower.view());
        } else if (turn != Turn::Quiet) {
            return ended(turn, follower, session);
        }
    }
}

int run_watch(Session& session) {
    Follower follower(session);
    if (const Status begun = follower.begin(); !begun) {
        return session.fail(begun.error());
    }
    const bool redraws = session.console().is_terminal() && !session.is_json();
    if (redraws) {
        session.console().print("\x1b[2J");
    }
    Reader reader;
    while (true) {
        Batch batch;
        const Turn turn = follower.next(kRedraw, batch);
        if (turn == Turn::Changed || (turn == Turn::Quiet && redraws)) {
            const Progress progress = reader.take(batch, follower.view());
            if (const Status shown = show(batch, progress, session); !shown) {
                return session.fail(shown.error());
            }
        } else if (turn != Turn::Quiet) {
            return ended(turn, follower, session);
        }
    }
}

}  // namespace memberd::ctl
