#include "gossip/zmq_options.hpp"

namespace memberd {
namespace {

// ZMQ_RECONNECT_STOP, value CONN_REFUSED: declared for draft builds only. Where libzmq understands
// it, a send after a refused connect answers EHOSTUNREACH; without, the connection swallows
// messages until the reply timeout.
constexpr int kReconnectStop = 109;
constexpr int kStopWhenRefused = 1;

constexpr int kSocketBufferBytes = 64 * 1024;
constexpr int kConnectTimeoutMs = 2000;
constexpr int kHandshakeTimeoutMs = 3000;
constexpr int kUnacknowledgedMs = 5000;  // TCP_USER_TIMEOUT
constexpr int kBacklog = 1024;
constexpr int kKeepaliveIdleSeconds = 30;
constexpr int kKeepaliveIntervalSeconds = 10;
constexpr int kKeepaliveProbes = 3;

bool set_common_options(ZmqSocket& socket, const QueueLimits& limits) {
    return socket.set(ZMQ_SNDHWM, limits.send_max) && socket.set(ZMQ_RCVHWM, limits.receive_max) &&
           socket.set(ZMQ_SNDBUF, kSocketBufferBytes) &&
           socket.set(ZMQ_RCVBUF, kSocketBufferBytes) &&
           socket.set(ZMQ_HANDSHAKE_IVL, kHandshakeTimeoutMs) &&
           socket.set(ZMQ_TCP_MAXRT, kUnacknowledgedMs) && socket.set(ZMQ_ROUTER_MANDATORY, 1) &&
           socket.set(ZMQ_MAXMSGSIZE, limits.message_bytes_max);
}

}  // namespace

bool set_listening_options(ZmqSocket& socket, const QueueLimits& limits) {
    // Keepalive reaps the connections of peers that lost their power.
    return set_common_options(socket, limits) && socket.set(ZMQ_BACKLOG, kBacklog) &&
           socket.set(ZMQ_TCP_KEEPALIVE, 1) &&
           socket.set(ZMQ_TCP_KEEPALIVE_IDLE, kKeepaliveIdleSeconds) &&
           socket.set(ZMQ_TCP_KEEPALIVE_INTVL, kKeepaliveIntervalSeconds) &&
           socket.set(ZMQ_TCP_KEEPALIVE_CNT, kKeepaliveProbes);
}

bool set_connecting_options(ZmqSocket& socket, const QueueLimits& limits) {
    socket.set(kReconnectStop, kStopWhenRefused);  // Helps where it exists; nothing depends on it.
    return set_common_options(socket, limits) && socket.set(ZMQ_RECONNECT_IVL, -1) &&
           socket.set(ZMQ_IMMEDIATE, 0) && socket.set(ZMQ_CONNECT_TIMEOUT, kConnectTimeoutMs);
}

}  // namespace memberd
