// The network between simulated processes: carries encoded messages from requests to answers.
//
// A request goes to an address on a path, the ordered pair of a process and an address. An answer
// goes by token on the path of its request, in the other direction. Two kinds of carrying:
//
// Datagram: every message for itself. What is lost is lost.
//
// Stream: one TCP connection a path, opened by the first request, used for the answers too. Where a
// segment or its acknowledgement is lost, the flow in that direction becomes a StreamFlow until all
// is acknowledged; otherwise a message is one event. How much waits for a connection and when it is
// given up are its owner's rules (stream_rules.hpp). Kernels go on accepting for a stopped process
// what is sent on established connections, up to their buffers; new connections to it wait. A
// killed process closes its connections, and its living machine refuses new ones: both are said by
// segments that can be lost, and are said again.
//
// A connection costs TCP's round trip and two for ZMTP's greeting (libzmq sends its signature, then
// the version, then the rest, each after the other side's; measured). A message of more than ten
// segments takes the further round trips of TCP's slow start.
//
// What isn't modelled: what acknowledgements cost in bandwidth on clean ways; windows of stopped
// processes that are probed for (they open when the process runs again).
//
// Thread rule: one thread. Complexity: a message costs O(bytes) and one or two events, more after
// a loss. Opening a connection where the bound is reached costs O(bound).
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
#include "chaos/sim/stream_flow.hpp"
#include "chaos/sim/stream_rules.hpp"
#include "gossip/transport.hpp"

namespace memberd::sim {

// Of IP and TCP, with timestamps: all of an acknowledgement, or of a segment of a handshake.
inline constexpr std::size_t kSegmentHeaderBytes = 52;

enum class Carrying : std::uint8_t {
    Datagram,
    Stream,
};

// Everything that was not carried, by reason, and what was.
struct NetworkCounters {
    std::uint64_t requests = 0;
    std::uint64_t replies = 0;
    std::uint64_t delivered = 0;
    std::uint64_t filtered = 0;   // taken out by kind of message
    std::uint64_t lost = 0;       // datagrams, segments and acknowledgements, handshakes
    std::uint64_t cut = 0;        // the same, by cuts
    std::uint64_t oversized = 0;  // of the lost, by the MTU
    std::uint64_t duplicated = 0;
    std::uint64_t corrupted = 0;
    std::uint64_t nobody = 0;  // the address is nobody's, or its process is gone
    std::uint64_t queue_full = 0;
    std::uint64_t given_up = 0;       // waited on a connection that was replaced or has died
    std::uint64_t stale_replies = 0;  // the connection of the request is gone
    std::uint64_t connections = 0;    // opened
    std::uint64_t evicted = 0;        // to make room for another
    std::uint64_t refused = 0;
    std::uint64_t closed = 0;           // ended by the other side or by the kernel
    std::uint64_t retransmissions = 0;  // probes included
    std::uint64_t probes = 0;           // of a tail
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
    Network(std::uint64_t seed,
            Carrying carrying,
            const StreamRules& rules,
            EventQueue& events,
            PacketPool& packets);

    [[nodiscard]] Topology& topology() { return topology_; }

    [[nodiscard]] const Topology& topology() const { return topology_; }

    [[nodiscard]] const NetworkCounters& counters() const { return counters_; }

    [[nodiscard]] Carrying carrying() const { return carrying_; }

    // The process listens at the address, whoever did before. `run` is above zero and grows with
    // every start of the process.
    void listen(ProcessId process, std::uint32_t run, AddressId address);
    // The process has ended: its connections are closed, its address refuses. With a machine that
    // is off, there is only silence.
    void end(Instant now, ProcessId process, bool machine_is_off);
    // A frozen process completes no handshake of a connection and reads nothing. Thawing completes
    // those that wait.
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
    // Connections that the process has opened and not given up.
    [[nodiscard]] std::size_t connection_count(ProcessId process) const;

  private:
    enum class Link : std::uint8_t {
        None,
        Resting,   // has ended, is opened again soon
        Knocking,  // waits to send the first segment again
        Opening,   // the handshake is on its way, and nothing can happen to it
        Answered,  // TCP's handshake is on its way, the rest may be lost
        Greeting,  // connected; ZMTP's handshake is on its way
        Stalled,   // one of the ends is frozen
        Open,
    };

    // One direction of a connection.
    struct Flow {
        Instant last_arrival;
        CongestionWindow window;
        std::uint32_t slow = kNone;  // into slow_: something is unacknowledged or waits
        std::uint32_t unread = 0;    // bytes that a frozen receiver's kernel keeps
    };

    // What a flow needs beyond that while not everything in it passes at once.
    struct SlowFlow {
        StreamFlow tcp;
        PacketQueue kernel;   // written, not yet delivered
        PacketQueue waiting;  // the owner's queue
        std::uint64_t delivered = 0;
        Instant planned = kNever;
    };

    struct Connection {
        std::uint32_t version = 0;
        Link link = Link::None;
        bool up = false;
        bool is_half_open = false;  // the first segment has arrived, its answer has not
        bool is_forgotten = false;  // by the server's kernel: it answers with a reset
        bool is_ending = false;     // the server's kernel says that it has ended
        bool is_stalled_greeting = false;
        std::uint8_t attempts = 0;   // knocks, then the server's attempts to say that it has ended
        std::uint8_t greetings = 0;  // exchanged
        std::uint8_t rests = 0;
        std::uint32_t server_run = 0;
        ProcessId server = kNone;
        Instant opened_at;
        Instant unanswered_since = kNever;
        Instant last_used;
        Instant beat_at = kNever;
        Instant alarm_at = kNever;  // nothing heard after a heartbeat
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
        bool is_clean = true;
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
        std::vector<PathId> opened;
    };

    // What the way through the network does to one message.
    struct Fate {
        bool is_cut = false;
        bool is_lost = false;
        Duration delay{};

        [[nodiscard]] bool passes() const { return !is_cut && !is_lost; }
    };

    // network_paths.cpp: what the ways between processes do.
    PathId path_of(ProcessId from, AddressId to);
    PathId reverse_of(PathId path, ProcessId server);
    Resolved& resolved_of(PathId path);
    Resolved& default_resolved();
    bool is_clean_everywhere();
    PacketRandom random_of(PathId path);
    // `bytes` with the headers of IP and above.
    Fate fate_of(Instant now, PathId path, std::size_t bytes, PacketRandom& random);
    bool is_lost(Instant now, Resolved& way, std::size_t bytes, PacketRandom& random);
    Duration base_delay(PathId path);
    Host& host(AddressId address);
    bool is_filtered(PathId path, Bytes bytes);
    void send_datagram(Instant now, PathId path, PacketId packet);

    // stream.cpp, stream_end.cpp: connections and the rules of their owners.
    void stream_request(Instant now, PathId path, PacketId packet, bool fresh);
    void stream_reply(Instant now, PathId path, PacketId packet);
    void open(Instant now, PathId path);
    void make_room(Instant now, ProcessId process);
    void knock(Instant now, PathId path);
    std::optional<Duration> refusal_of(Instant now, PathId path);
    void knock_again(Instant now, PathId path);
    void finish_handshake(Instant now, PathId path);
    void become_open(Instant now, PathId path);
    void send_control(Instant now, PathId path, bool is_back, PacketKind kind);
    void stall(ProcessId process, PathId path);
    void attend_stalled(Instant now, ProcessId process, PathId path, std::uint32_t version);
    Arrival attend(Instant now, PathId path);
    Arrival attend_open(Instant now, PathId path);
    void give_up(PathId path);
    void lose_flow(Flow& flow, bool with_waiting);
    Arrival end_link(Instant now, PathId path, LinkState state);
    void rest(Instant now, PathId path);
    void knock_after_end(Instant now, PathId path);
    Arrival refuse(Instant now, PathId path);
    void announce_end(Instant now, PathId path);
    void arrive_reply(Instant now, Packet& packet, Arrival& arrival);
    void take_control(Instant now, PacketId packet);
    void answer_with_reset(Instant now, const Packet& packet);
    void reset_connections(Instant now, ProcessId server, bool machine_is_off);
    [[nodiscard]] bool has_expired(Instant now, const Connection& connection) const;

    // stream_carry.cpp: what passes through an open connection.
    Flow& flow_of(PathId path, bool is_back);
    SlowFlow& slow_of(PathId path, bool is_back);
    ProcessId reader_of(PathId path, bool is_back);
    void transmit(Instant now, PathId path, bool is_back, PacketId packet);
    void address_packet(PathId path, bool is_back, PacketId packet);
    bool pass_at_once(Instant now, PathId path, bool is_back, PacketId packet);
    void pass_long(Instant now, PathId path, bool is_back, PacketId packet);
    void write(PathId path, bool is_back, PacketId packet);
    void refill(PathId path, bool is_back);
    StreamFlow::Passage carry_segment(Instant now, PathId path, bool is_back, std::size_t bytes);
    bool reaches_server(Instant now, PathId path, const Fate& fate);
    void note_sent(Instant now,
                   PathId path,
                   bool is_back,
                   const StreamFlow::Transmission& what,
                   const StreamFlow::Passage& passage);
    void pump(Instant now, PathId path, bool is_back);
    void settle(Instant now, PathId path, bool is_back);
    StreamFlow::Path tcp_path_of(PathId path, bool is_back);
    Arrival wake(const Event& event, bool is_back);
    Arrival deliver(Instant now, PacketId packet);
    void note_unread(const Packet& packet);

    std::uint64_t seed_;
    Carrying carrying_;
    StreamRules rules_;
    EventQueue& events_;
    PacketPool& packets_;
    Topology topology_;
    NetworkCounters counters_;
    FlatMap path_index_;
    std::vector<Path> paths_;
    std::vector<Connection> connections_;  // beside paths_; empty for datagrams
    std::vector<SlowFlow> slow_;
    std::vector<std::uint32_t> free_slow_;
    std::vector<Resolved> resolved_;
    std::uint32_t default_version_ = 0;
    bool is_clean_everywhere_ = false;  // as of default_version_
    std::vector<Host> hosts_;
    std::vector<Party> parties_;
};

}  // namespace memberd::sim
