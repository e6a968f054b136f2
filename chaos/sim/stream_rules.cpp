#include "chaos/sim/stream_rules.hpp"

namespace memberd::sim {

using namespace std::chrono_literals;

StreamRules memberd_stream(std::uint32_t connections_max) {
    StreamRules rules;
    rules.connections_max = connections_max;
    return rules;
}

StreamRules zmq_defaults() {
    StreamRules rules;
    rules.queue_max = 1000;               // ZMQ_SNDHWM
    rules.send_buffer_bytes = 4U << 20U;  // tcp_wmem's maximum: the kernel tunes itself
    rules.receive_buffer_bytes = 4U << 20U;
    rules.connect_timeout = kForever;
    rules.handshake_timeout = 30s;
    rules.reply_timeout = kForever;
    rules.idle_timeout = kForever;
    rules.give_up_after = kForever;
    rules.syn_linear_retries = 4;
    rules.congestion = Congestion::Bbr;
    rules.connections_max = 1023;
    rules.knocks_after_end = false;
    rules.reconnect = StreamRules::Reconnect{100ms, 100ms};
    return rules;
}

StreamRules zmq_with_heartbeats() {
    StreamRules rules = zmq_defaults();
    rules.reconnect = StreamRules::Reconnect{100ms, 1s};
    rules.heartbeat = StreamRules::Heartbeat{1s, 2s};
    return rules;
}

}  // namespace memberd::sim
