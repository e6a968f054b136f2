// What libzmq says about the ends of a socket's connections.
//
// libzmq tells a sender that a peer is gone only at its next send; the monitor tells at once. It
// names an address, not a connection: whether the present connection to that address or its
// predecessor has ended, and for CLOSED even whether we ended it ourselves, can't be seen. So what
// it says is a hint.
//
// A monitor that nobody reads blocks libzmq's input/output thread and with it all connections:
// next() is to be called until it answers nothing, in every turn of the loop.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "gossip/endpoint.hpp"
#include "gossip/zmq_handles.hpp"

namespace memberd {

struct EndedConnection {
    enum class How : std::uint8_t {
        Disconnected,  // it was established, and the peer or the network ended it
        Closed,        // it was being established; refused, timed out, or given up by us
    };

    How how = How::Closed;
    Endpoint peer;
};

class ZmqMonitor {
  public:
    // Watches `socket`, which must outlive the monitor.
    static Result<ZmqMonitor> create(const ZmqContext& context, const ZmqSocket& socket);

    ZmqMonitor(ZmqMonitor&& other) noexcept;
    ZmqMonitor& operator=(ZmqMonitor&&) = delete;
    ~ZmqMonitor();

    [[nodiscard]] std::optional<EndedConnection> next();

    // Readable while something waits.
    [[nodiscard]] void* handle() const { return reader_.handle(); }

  private:
    ZmqMonitor(void* watched, ZmqSocket reader);

    void* watched_;  // null: moved from
    ZmqSocket reader_;
};

// Reads the two frames of a monitor's message; nothing for what is not understood.
std::optional<EndedConnection> parse_monitor_event(std::span<const std::uint8_t> event,
                                                   std::string_view address);

}  // namespace memberd
