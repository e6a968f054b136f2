// An invariant that was broken, and the list of those that a run has broken.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "detector/time.hpp"

namespace memberd::sim {

// The invariant that was broken, where and when.
struct Violation {
    std::string invariant;
    std::string text;
    Instant at;
};

// The first is what counts: the run ends at its event, and what that event broke besides may follow
// from it.
class Violations {
  public:
    void add(Instant at, std::string_view invariant, std::string text) {
        if (list_.size() < kKept) {
            list_.push_back({std::string(invariant), std::move(text), at});
        }
    }

    [[nodiscard]] const std::vector<Violation>& list() const { return list_; }

  private:
    static constexpr std::size_t kKept = 16;

    std::vector<Violation> list_;
};

}  // namespace memberd::sim
