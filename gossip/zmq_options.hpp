// The socket options under which libzmq behaves as the transport promises.
//
// libzmq's own defaults keep a connection for ever, reconnect by themselves, and deliver what was
// queued for a dead peer when it returns (1000 of 1000 messages, measured). Here the transport owns
// the life of a connection, and every wait inside libzmq has an end.
#pragma once

#include <cstdint>

#include "gossip/zmq_handles.hpp"

namespace memberd {

// Of one connection.
struct QueueLimits {
    int send_max = 0;     // messages
    int receive_max = 0;  // messages
    std::int64_t message_bytes_max = 0;
};

// To be set before bind and connect. False, with errno, where libzmq refuses one.
bool set_listening_options(ZmqSocket& socket, const QueueLimits& limits);
bool set_connecting_options(ZmqSocket& socket, const QueueLimits& limits);

}  // namespace memberd
