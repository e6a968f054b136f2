// One run of a command: what was asked for, where to print, and the agent to ask.
//
// Thread rule: one thread. Errors of the agent and of the way to it become one sentence and an exit
// code here, and nowhere else.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/ctl/console.hpp"
#include "cli/ctl/document.hpp"
#include "cli/ctl/options.hpp"
#include "detector/result.hpp"
#include "membership/client.hpp"

namespace memberd::ctl {

class Session {
  public:
    // Both must outlive the session.
    Session(const Options& options, Console& console);

    [[nodiscard]] const Options& options() const { return options_; }

    [[nodiscard]] Console& console() { return console_; }

    [[nodiscard]] bool is_json() const { return options_.format == Format::Json; }

    // The agent's document. `kind` is what its outermost value must be: an answer of another shape
    // is refused, so that callers may rely on it. Waits for --timeout and `longer`, which is what
    // the op itself takes in the cluster.
    //
    // Errors: Unavailable, the agent can't be reached in time; BadInput, it calls the request
    // wrong; NotFound, Conflict and others, its answer is no.
    Result<Document> ask(std::string_view op,
                         Document::value_t kind,
                         const Document& arguments = Document::object(),
                         Duration longer = Duration::zero());

    // The same without a line of progress.
    Result<Document> ask_quietly(std::string_view op,
                                 Document::value_t kind,
                                 const Document& arguments = Document::object(),
                                 Duration longer = Duration::zero());

    // The client, connected if that is possible, for commands that follow. Unavailable as above.
    Result<Client*> client();

    // What the time limit is, in words: "5 s".
    [[nodiscard]] std::string patience(Duration longer = Duration::zero()) const;

    // Prints the document as JSON, or the text. Returns kExitDone.
    int print(const Document& document, const std::string& text);
    // Prints the sentence on stderr; returns the exit code that belongs to the error.
    int fail(const Error& error);
    // The answer is no, for this reason.
    int refuse(std::string_view sentence);

  private:
    const Options& options_;
    Console& console_;
    std::string directory_;
    std::optional<Client> client_;
};

// Now, of the wall clock.
WallTime wall_now();

}  // namespace memberd::ctl
