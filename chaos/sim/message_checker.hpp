// The bytes that are sent: invariant I9.
//
// Every message decodes, keeps the limit of its type, and encodes to the same bytes again.
//
// Thread rule: one thread. Complexity: O(bytes) a message; a copy of the message before costs a
// comparison.
#pragma once

#include <cstdint>
#include <vector>

#include "chaos/sim/engine_call.hpp"
#include "chaos/sim/violation.hpp"

namespace memberd::sim {

class MessageChecker {
  public:
    // Decodes what the call sends, in its order, for all checkers; what can't be decoded is left
    // out and reported.
    void read(const Ghost& ghost,
              Instant now,
              const Output& out,
              std::vector<SentMessage>& sent,
              Violations& violations);

  private:
    void judge(const Ghost& ghost, Instant now, const SentMessage& sent, Violations& violations);
    [[nodiscard]] bool encodes_back(const SentMessage& sent);

    std::vector<std::uint8_t> encoded_;
};

}  // namespace memberd::sim
