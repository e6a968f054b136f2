// What the owner of a connection asks of it: how much may wait for it, when it is given up; and
// what its machine's settings of TCP are. TCP itself is the same for all (stream_flow.hpp).
//
// `memberd_stream` is the agent's transport (gossip/zmq_transport.hpp), which owns its connections
// itself. The other two leave that to libzmq, and are here because measurements of them exist:
// calibration compares.
#pragma once

#include <cstdint>
#include <optional>

#include "chaos/sim/stream_flow.hpp"
#include "detector/time.hpp"

namespace memberd::sim {

// Longer than any run.
inline constexpr Duration kForever = Duration::max();

struct StreamRules {
    // Messages before a connection that isn't open, or whose kernel takes no more; what doesn't fit
    // is dropped (ZMQ_SNDHWM).
    std::uint32_t queue_max = 32;
    // What the kernels keep: unacknowledged at the sender, unread at a receiver that is stopped.
    // Linux takes twice of what SO_SNDBUF and SO_RCVBUF ask for.
    std::uint32_t send_buffer_bytes = 128 * 1024;
    std::uint32_t receive_buffer_bytes = 128 * 1024;
    Duration connect_timeout = std::chrono::seconds(2);
    Duration handshake_timeout = std::chrono::seconds(3);
    // Since the first request that was not answered, and since the last use.
    Duration reply_timeout = std::chrono::seconds(3);
    Duration idle_timeout = std::chrono::seconds(60);
    // Of retransmissions without progress (TCP_USER_TIMEOUT); fifteen of them end it anyway.
    Duration give_up_after = std::chrono::seconds(5);
    // SYNs that follow one another by a second before their pause doubles: 4 since Linux 6.5.
    std::uint32_t syn_linear_retries = 0;
    Congestion congestion = Congestion::Cubic;
    // Open at once for a process; the least recently used of those unused for two seconds goes.
    std::uint32_t connections_max = 32;
    // After a connection has ended: is anybody still listening?
    bool knocks_after_end = true;

    // A connection that has ended is opened again, for what still waits.
    struct Reconnect {
        Duration first{};
        Duration max{};  // doubles up to this; equal: stays
    };

    std::optional<Reconnect> reconnect;

    // ZMTP's PING every `interval`; nothing heard for `timeout` after one ends the connection.
    struct Heartbeat {
        Duration interval{};
        Duration timeout{};
    };

    std::optional<Heartbeat> heartbeat;
};

// Connections: 32 in mode memberd, 256 in the modes that contact random members.
StreamRules memberd_stream(std::uint32_t connections_max);
// A socket of which only the address was set, on the machine that was measured: Linux 6.18, BBR.
StreamRules zmq_defaults();
// ZMQ_HEARTBEAT_IVL 1 s, TIMEOUT 2 s, RECONNECT_IVL 100 ms, RECONNECT_IVL_MAX 1 s.
StreamRules zmq_with_heartbeats();

}  // namespace memberd::sim
