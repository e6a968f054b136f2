// One line on stderr that says how far a long command is, rewritten in place; nothing at all where
// stderr is no terminal.
#pragma once

#include <chrono>
#include <string>

namespace memberd::sim {

class Progress {
  public:
    Progress();
    ~Progress();  // takes the line away
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    // Cheap enough for every virtual second: shown a few times a second.
    void show(const std::string& text);

  private:
    bool is_terminal_;
    bool is_shown_ = false;
    std::chrono::steady_clock::time_point next_;
};

}  // namespace memberd::sim
