// How encoded messages travel: the seam between the protocol core and the world.
//
// Messages behave like datagrams: they arrive whole, once or not at all, in any order; a full queue
// drops them. Nothing here blocks. A request opens a connection when there is none; an answer goes
// back on the connection that its request came on, so a member behind a one-way filter can't look
// alive by opening a connection of its own.
//
// Thread rule: one thread calls everything.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "gossip/endpoint.hpp"

namespace memberd {

using Bytes = std::span<const std::uint8_t>;

// Names the connection that a request came on, for the answer. Zero: the message was itself an
// answer, there is nothing to answer on. Tokens of closed connections are safe to use and lead
// nowhere.
using ReplyToken = std::uint64_t;

// What the transport learned about a connection that it opened itself.
enum class LinkState : std::uint8_t {
    Up,       // the first message came back on it
    Closed,   // it was established and has ended without our doing
    Refused,  // nobody listens there
};

struct LinkEvent {
    Endpoint peer;
    LinkState state = LinkState::Up;
};

// One message, valid until the next call of receive().
struct Received {
    ReplyToken reply_token = 0;
    Bytes bytes;
};

class Transport {
  public:
    Transport() = default;
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;
    virtual ~Transport() = default;

    // Sends to the member that listens at `to`. With `fresh` the present connection, and all that
    // still queues in it, is given up first and a new one is opened.
    virtual void request(const Endpoint& to, Bytes bytes, bool fresh) = 0;

    // Answers on the connection that a request came on.
    virtual void reply(ReplyToken to, Bytes bytes) = 0;

    // Gives up the connection to `peer`, with all that queues in it.
    virtual void forget(const Endpoint& peer) = 0;

    // The next message, or nothing where none waits.
    virtual std::optional<Received> receive() = 0;

    // The next thing learned about a connection, or nothing.
    virtual std::optional<LinkEvent> link_event() = 0;
};

}  // namespace memberd
