// Where memberctl prints: its two outputs, what they are, and whether somebody still reads.
//
// Output goes to the descriptors at once, so that every line is flushed when it is printed. A
// reader that has gone (`memberctl events | head -1`) is no error: printing then does nothing and
// the command ends. Thread rule: one thread.
#pragma once

#include <string>
#include <string_view>

#include "cli/ctl/table.hpp"

namespace memberd::ctl {

class Console {
  public:
    // The descriptors must outlive the console, which does not close them. Looks at the terminal,
    // and at `no_color` as the environment has it (null: not set).
    Console(int out, int err, const char* no_color);

    void print(std::string_view text);
    // One line on stderr.
    void complain(std::string_view sentence);
    // Replaces the line of progress on stderr; nothing if that is no terminal. Any other output
    // takes it away first; so does an empty text.
    void progress(std::string_view text);
    // Takes what the terminal shows away and prints `screen` in its place, cut to the terminal's
    // height. Requires is_terminal().
    void redraw(std::string_view screen);

    // Nobody reads stdout any more, or it can't be written. Looks at the descriptor.
    [[nodiscard]] bool is_closed();

    // Why stdout could not be written, e.g. a full disk; empty if it could, or if only the reader
    // has gone.
    [[nodiscard]] const std::string& write_error() const { return write_error_; }

    [[nodiscard]] bool is_terminal() const { return out_is_terminal_; }

    [[nodiscard]] const Look& look() const { return look_; }

  private:
    void write(int descriptor, std::string_view text);

    int out_;
    int err_;
    bool out_is_terminal_;
    bool err_is_terminal_;
    bool shows_progress_ = false;
    bool closed_ = false;
    std::string write_error_;
    Look look_;
};

}  // namespace memberd::ctl
