// The transport over ZeroMQ: two ROUTER sockets, connections that we own, nothing that waits.
//
// * IN is bound and never connects. It takes requests; a reply goes back on the connection that its
//   request came on.
// * OUT connects and never binds. One connection a peer, opened by the first request, under a local
//   id that is never used again; replies come back on it.
//
// One socket for both would be dead both ways when two members connect to each other at once, or
// would abort the process (measured). Identity travels in the payload, never in ZeroMQ's routing
// id.
//
// libzmq would keep a connection and its queue for ever, reconnect by itself and deliver minutes
// later. Here a connection ends when it is unanswered for 3 s, idle for 60 s, evicted for another,
// found dead, or given up by the caller, and its queue ends with it: nothing that was queued for a
// peer that went away is delivered when it comes back. What the kernels hold of a stopped
// peer's connection (64 KiB a side) can't be recalled: the peer still gets it when it goes on, and
// TransportFault.AStoppedPeer... prints how much that is. Its answers to it are not delivered here
// once a `fresh` request has replaced the connection.
//
// The loop, on one thread:
//     poll(transport.poll_items(), until next_deadline());
//     transport.advance(now);
//     while (auto message = transport.receive()) ...    // with a budget
//     while (auto event = transport.link_event()) ...
//
// Ports below the ephemeral range (32768 and up on Linux) are the ones to listen on: a connection
// to a free port inside it may connect to itself.
//
// Known and not preventable here without encryption: a stranger that sends one message in endless
// frames makes libzmq keep them all, and one that guesses the next 32-bit id of an inbound
// connection and claims it makes libzmq abort. Both end with CURVE, which every connection then
// starts with.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "detector/result.hpp"
#include "detector/time.hpp"
#include "gossip/endpoint.hpp"
#include "gossip/transport.hpp"
#include "gossip/zmq_connections.hpp"
#include "gossip/zmq_fd_guard.hpp"
#include "gossip/zmq_handles.hpp"
#include "gossip/zmq_knock.hpp"
#include "gossip/zmq_monitor.hpp"
#include "gossip/zmq_zap.hpp"

namespace memberd {

struct TransportConfig {
    Endpoint bind;                     // may be a wildcard; port 0: any free one
    std::size_t connections_max = 32;  // outbound
    Duration idle_timeout = std::chrono::seconds(60);
    Duration reply_timeout = std::chrono::seconds(3);
};

// Each counts since the start and never falls.
struct TransportCounters {
    std::uint64_t requests_sent = 0;  // handed to libzmq, which promises nothing
    std::uint64_t replies_sent = 0;
    std::uint64_t requests_received = 0;
    std::uint64_t replies_received = 0;
    std::uint64_t replies_stale = 0;  // came on a connection that was given up: not delivered
    std::uint64_t replies_lost = 0;   // the asking connection was gone, or the token none of ours
    std::uint64_t dropped_full = 0;   // the queue of the connection had no room
    std::uint64_t dropped_unreachable = 0;  // no connection could be opened
    std::uint64_t dropped_invalid = 0;      // empty, too large, or to an address that is none
    std::uint64_t opened = 0;
    std::uint64_t evicted = 0;
    std::uint64_t expired_unanswered = 0;
    std::uint64_t expired_idle = 0;
    std::uint64_t ended = 0;  // established, and ended without our doing
    std::uint64_t refused = 0;
    std::uint64_t protocol_violations = 0;  // messages that are not one id and one frame
    std::uint64_t link_events_dropped = 0;  // nobody asked for them
    std::uint64_t fd_guard_trips = 0;
    std::uint64_t zap_admitted = 0;
    std::uint64_t zap_rejected = 0;
};

class ZmqTransport final : public Transport {
  public:
    // Larger ones are not sent, and end the connection they come on.
    static constexpr std::size_t kMessageBytesMax = 1U << 20U;

    // Messages that one connection queues, each way, apart from what the kernels hold.
    static constexpr int kSendQueueMax = 32;
    static constexpr int kReceiveQueueMax = 64;

    // Binds, and is served from then on. `context` must outlive the transport, and holds one
    // transport only. Fails with Conflict where the address is in use.
    static Result<std::unique_ptr<ZmqTransport>> create(Instant now,
                                                        const ZmqContext& context,
                                                        const TransportConfig& config);

    ~ZmqTransport() override = default;

    void request(const Endpoint& to, Bytes bytes, bool fresh) override;
    void reply(ReplyToken to, Bytes bytes) override;
    void forget(const Endpoint& peer) override;

    // Gives up all connections. For an agent that was stopped itself: its peers gave theirs up too.
    void forget_all();

    // Looks at no more than kLooksMax messages; the ones that are left keep their socket readable.
    std::optional<Received> receive() override;
    std::optional<LinkEvent> link_event() override;

    // Lets time pass: admits who waits, learns of ended connections, ends those whose time is over,
    // guards the descriptors. To be called in every turn of the loop; all other calls happen at the
    // latest `now`.
    void advance(Instant now);
    [[nodiscard]] Instant next_deadline() const;

    // What the loop waits for, all of it readable (ZMQ_POLLIN). The same for the transport's life.
    [[nodiscard]] std::array<zmq_pollitem_t, 5> poll_items() const;

    // The address in use, with its port.
    [[nodiscard]] const Endpoint& bound() const { return bound_; }

    // False while the descriptor guard keeps the listener closed.
    [[nodiscard]] bool is_listening() const { return listening_; }

    [[nodiscard]] std::size_t connection_count() const { return connections_.size(); }

    [[nodiscard]] bool is_connected(const Endpoint& peer) {
        return connections_.find(peer) != nullptr;
    }

    [[nodiscard]] TransportCounters counters() const;

  private:
    static constexpr int kLooksMax = 64;
    static constexpr std::size_t kLinkEventsMax = 1024;

    struct Parts {
        ZapHandler zap;
        ZmqSocket in;
        ZmqSocket out;
        ZmqMonitor monitor;
        Knocker knocker;
    };

    enum class Look : std::uint8_t {
        Message,  // in received_
        Dropped,
        Empty,
    };

    static Result<Parts> make_parts(const ZmqContext& context);

    ZmqTransport(Instant now, const TransportConfig& config, Parts parts);

    Status bind(const Endpoint& where);
    void guard_fds();

    Connection* connect(const Endpoint& peer);
    void disconnect(const Endpoint& peer);
    Sending offer(Connection& connection, Bytes bytes);
    void note_end(Connection& connection);

    Look look(const ZmqSocket& socket);
    Look take_request(Bytes id);
    Look take_reply(Bytes id);

    void hear_monitor();
    void hear_refusals();
    void expire_connections();
    void tell(const Endpoint& peer, LinkState state);

    // Destroyed from below: whoever asks the ZAP handler ends before it.
    Parts parts_;
    Instant now_;
    ConnectionTable connections_;
    TransportCounters counters_;
    std::deque<LinkEvent> link_events_;
    FdGuard fd_guard_;
    std::uint64_t base_fds_ = 0;  // in use before the first connection

    Endpoint bound_;
    std::string bound_text_;  // as libzmq wants it for unbind
    bool listening_ = false;

    bool out_is_next_ = true;  // the sockets take turns
    ZmqFrame id_;
    ZmqFrame payload_;  // what received_ shows
    Received received_;
};

}  // namespace memberd
