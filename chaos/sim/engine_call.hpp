// One call into an engine as the checkers see it: what went in, what came out, and the truth about
// who it was.
#pragma once

#include <cstdint>
#include <vector>

#include "chaos/sim/ghosts.hpp"
#include "chaos/sim/network.hpp"
#include "gossip/codec.hpp"
#include "gossip/output.hpp"

namespace memberd::sim {

struct SentMessage {
    const Send* send = nullptr;
    Bytes bytes;
    Message message;  // borrows from `bytes`
};

// Everything is as after the call. What is borrowed lives until the checker returns.
struct EngineCall {
    Instant now;    // of the world
    Instant local;  // on the process's own clock
    const Ghost& ghost;
    const Engine& engine;
    const Output& out;
    const Message* heard = nullptr;  // the message that was delivered, if any and if well-formed
    const std::vector<SentMessage>& sent;
    const ProfilePool& pool;
    const Network& network;
    std::uint64_t deaths_declared = 0;  // by this call, the engine's own count
    const LinkEvent* link = nullptr;    // what the transport said of a connection, if that was it

    [[nodiscard]] std::string who() const { return ghost.name; }
};

// Somebody who lived is dead now; not a tombstone that now says so of another run.
inline bool is_death(const Change& change) {
    return change.kind == ChangeKind::State && change.claim.state == MemberState::Dead &&
           !is_gone(change.previous);
}

}  // namespace memberd::sim
