// The network between simulated processes: carries encoded messages from requests to answers.
//
// A request goes to an address on a path, the ordered pair of a process and an address. An answer
// goes by token on the path of its request, in the other direction. Two kinds of carrying:
//
// Datagram: every message for itself. What is lost is lost.
//
// Stream: one TCP connection a path, opened by the first request, used for the answers too. Lost
// segments come later (200 ms, doubling), and everything behind them waits; a cut holds all back
// until it heals or the connection is given up. The rules of memberd's own transport apply: a new
// connection where the present one is `fresh`ly replaced, has not been answered for 3 s, or was not
// used for 60 s; 32 messages wait for a connection, more are dropped; a sender gives up a
// connection after 5 s of retransmissions (TCP_MAXRT). Kernels go on accepting for a stopped
// process what is sent on established connections; new connections to it wait. A killed process
// closes its connections, and its living machine refuses new ones.
//
// What isn't modelled: congestion windows, acknowledgements lost on the way (a one-way cut stops
// data and handshakes in its direction only), the transport's bound on the number of connections.
//
// Thread rule: one thread. Complexity: a message costs O(bytes) and one or two events.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "chaos/sim/address.hpp"
#include "chaos/sim/conditions.hpp"
#include "chaos/sim/event_queue.hpp"
#include "chaos/sim/flat_map.hpp"
#include "chaos/sim/packet_pool.hpp"
#include "chaos/sim/packet_random.hpp"
#include "gossip/transport.hpp"

namespace memberd::sim {

enum class Carrying : std::uint8_t {
    Datagram,
    Stream,
};

// Everything that was not carried, by reason, and what was.
struct NetworkCounters {
    std::uint64_t requests = 0;
    std::uint64_t replies = 0;
    std::uint64_t delivered = 0;
    std::uint64_t lost = 0;  // datagrams: loss, bursts and full bottlenecks
    std::uint64_t cut = 0;   // datagrams
    std::uint64_t duplicated = 0;
    std::uint64_t corrupted = 0;
    std::uint64_t nobody = 0;  // the address is nobody's, or its process is gone
    std::uint64_t queue_full = 0;
    std::uint64_t given_up = 0;       // waited on a connection that was replaced or has died
    std::uint64_t stale_replies = 0;  // the connection of the request is gone
    std::uint64_t connections = 0;    // opened
    std::uint64_t refused = 0;
    std::uint64_t closed = 0;  // ended by the other side or by the kernel
    std::uint64_t retransmissions = 0;
};

// What an event of the network means for a process. At most one of each.
struct Arrival {
    ProcessId to = kNone;
    std::optional<LinkEvent> link;  // comes before the message
    PacketId packet = kNone;        // the receiver releases it
    ReplyToken token = 0;
};

class Network {
  public:
    // The queue and the pool must outlive the network.
    Network(std::uint64_t seed, Carrying carrying, EventQueue& events, PacketPool& packets);

    [[nodiscard]] Topology& topology() { return topology_; }

    [[nodiscard]] const Topology& topology() const { return topology_; }

    [[nodiscard]] const NetworkCounters& counters() const { return counters_; }

    [[nodiscard]] Carrying carrying() const { return carrying_; }

    // The process listens at the address, whoever did before. `run` is above zero and grows with
    // every start of the process.
    void listen(ProcessId process, std::uint32_t run, AddressId address);
    // The process has ended: its connections are reset, its address refuses. With a machine that is
    // off, there is only silence.
    void end(Instant now, ProcessId process, bool machine_is_off);
    // A frozen process completes no handshake of a connection. Thawing completes those that wait.
    void freeze(ProcessId process);
    void thaw(Instant now, ProcessId process);

    // The process gives up the connections that it has opened.
    void forget_all(ProcessId process);

    void request(Instant now, ProcessId from, const Endpoint& to, Bytes bytes, bool fresh);
    void reply(Instant now, ProcessId from, ReplyToken token, Bytes bytes);

    // Takes one of the network's events. `to` is kNone where nobody learns anything.
    Arrival handle(const Event& event);

    // Who listens there; kNone if nobody.
    [[nodiscard]] ProcessId listener(AddressId address) const;

  private:
    enum class Link : std::uint8_t {
        None,
        Knocking,  // waits to send the first segment again
        Opening,   // the handshake is on its way
        Stalled,   // one of the ends is frozen
        Open,
    };

    // One direction of a connection.
    struct Flow {
        PacketQueue waiting;
        Instant last_arrival;
        Instant failing_since = kNever;  // kNever: nothing is being retransmitted
        std::uint8_t attempts = 0;
    };

    struct Connection {
        std::uint32_t version = 0;
        Link link = Link::None;
        bool up = false;
        std::uint8_t knocks = 0;
        std::uint32_t server_run = 0;
        ProcessId server = kNone;
        Instant unanswered_since = kNever;
        Instant last_used;
        Flow out;
        Flow back;
    };

    // An ordered pair of a process and an address, and where its chance stands.
    struct Path {
        ProcessId from = kNone;
        AddressId to = 0;
        std::uint32_t position = 0;
        std::uint32_t resolved = 0;  // into resolved_; 0: the default
        std::uint32_t resolved_version = 0;
        PathId reverse = kNone;  // from the last server back to the client's address
    };

    struct Resolved {
        Conditions conditions;
        bool burst_is_bad = false;
        Instant burst_until;
        Instant busy_until;
    };

    struct Host {
        ProcessId listener = kNone;
        bool is_off = false;
    };

    struct Party {
        std::uint32_t run = 0;
        AddressId address = 0;
        bool is_running = false;
        bool is_frozen = false;
        std::vector<std::pair<PathId, std::uint32_t>> stalled;  // path and connection
    };

    // What the way through the network does to one message.
    struct Fate {
        bool is_cut = false;
        bool is_lost = false;
        Duration delay{};
    };

    // paths.cpp
    PathId path_of(ProcessId from, AddressId to);
    PathId reverse_of(PathId path, ProcessId server);
    Resolved& resolved_of(PathId path);
    Resolved& default_resolved();
    PacketRandom random_of(PathId path);
    Fate fate_of(Instant now, PathId path, std::size_t bytes, PacketRandom& random);
    bool is_lost(Instant now, Resolved& way, std::size_t bytes, PacketRandom& random);
    Duration base_delay(PathId path);
    Host& host(AddressId address);
    void send_datagram(Instant now, PathId path, PacketId packet);

    // stream.cpp
    void stream_request(Instant now, PathId path, PacketId packet, bool fresh);
    void stream_reply(Instant now, PathId path, PacketId packet);
    void open(Instant now, PathId path);
    void knock(Instant now, PathId path);
    void finish_handshake(Instant now, PathId path);
    void give_up(PathId path);
    [[nodiscard]] bool has_expired(Instant now, const Connection& connection) const;
    void transmit(Instant now, PathId path, bool is_back, PacketId packet);
    bool attempt(Instant now, PathId path, bool is_back, PacketId packet);
    void flush(Instant now, PathId path, bool is_back);
    Arrival retransmit(Instant now, const Event& event, bool is_back);
    Arrival end_link(PathId path, LinkState state);
    Arrival deliver(Instant now, PacketId packet);
    void arrive_reply(Instant now, Packet& packet, Arrival& arrival);
    void answer_with_reset(Instant now, const Packet& packet);
    void reset_connections(Instant now, ProcessId server, bool machine_is_off);

    std::uint64_t seed_;
    Carrying carrying_;
    EventQueue& events_;
    PacketPool& packets_;
    Topology topology_;
    NetworkCounters counters_;
    FlatMap path_index_;
    std::vector<Path> paths_;
    std::vector<Connection> connections_;  // beside paths_; empty for datagrams
    std::vector<Resolved> resolved_;
    std::uint32_t default_version_ = 0;
    std::vector<Host> hosts_;
    std::vector<Party> parties_;
};

}  // namespace memberd::sim
