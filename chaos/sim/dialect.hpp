// Members of other protocol versions: a real engine, whose messages are rewritten where they leave
// and enter its process (PROTOCOL.md, Versions).
//
// A later minor appends elements of every kind to all arrays that may grow, as far as the limits of
// a message allow, and now and then says something of an unknown type. What it hears it reads as we
// do. The next version understands its own kind only: behind element 0 nothing of its messages is
// known, but for its refusals.
//
// Thread rule: one thread. Complexity: O(bytes) a message. Bytes that are returned live until the
// next call.
#pragma once

#include <cstdint>
#include <vector>

#include "detector/random.hpp"
#include "gossip/transport.hpp"

namespace memberd::sim {

enum class Dialect : std::uint8_t {
    Ours,
    LaterMinor,
    NextVersion,
};

class Speech {
  public:
    Speech(Dialect dialect, std::uint64_t seed) : dialect_(dialect), random_(seed) {}

    // What leaves the process for a message of its engine. Requires a valid one.
    Bytes say(Bytes message);
    // What is said beside it, mostly nothing.
    Bytes add();
    // What the engine hears of what has come in. Empty: nothing that it could read.
    Bytes hear(Bytes message);

    [[nodiscard]] std::uint64_t appended() const { return appended_; }

    [[nodiscard]] std::uint64_t added() const { return added_; }

  private:
    Dialect dialect_;
    Random random_;
    std::uint64_t appended_ = 0;  // messages with elements that we don't know
    std::uint64_t added_ = 0;     // messages of an unknown type
    std::vector<std::uint8_t> said_;
    std::vector<std::uint8_t> heard_;
    std::vector<std::uint8_t> extra_;
};

}  // namespace memberd::sim
