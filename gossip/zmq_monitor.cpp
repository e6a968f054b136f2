#include "gossip/zmq_monitor.hpp"

#include <cstring>
#include <utility>

namespace memberd {
namespace {

constexpr const char* kMonitorAddress = "inproc://memberd.out.monitor";
constexpr int kEvents = ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CLOSED;

}  // namespace

std::optional<EndedConnection> parse_monitor_event(std::span<const std::uint8_t> event,
                                                   std::string_view address) {
    // zmq_socket_monitor(3): 16 bits of event and 32 bits of value, in the machine's order.
    constexpr std::size_t kEventBytes = 6;
    constexpr std::string_view kScheme = "tcp://";
    if (event.size() != kEventBytes || !address.starts_with(kScheme)) {
        return std::nullopt;
    }
    std::uint16_t number = 0;
    std::memcpy(&number, event.data(), sizeof number);
    const auto peer = parse_endpoint(address.substr(kScheme.size()));
    if (!peer || (number != ZMQ_EVENT_DISCONNECTED && number != ZMQ_EVENT_CLOSED)) {
        return std::nullopt;
    }
    const bool was_established = number == ZMQ_EVENT_DISCONNECTED;
    return EndedConnection{
        was_established ? EndedConnection::How::Disconnected : EndedConnection::How::Closed, *peer};
}

Result<ZmqMonitor> ZmqMonitor::create(const ZmqContext& context, const ZmqSocket& socket) {
    if (zmq_socket_monitor(socket.handle(), kMonitorAddress, kEvents) != 0) {
        return zmq_error("cannot watch a ZeroMQ socket");
    }
    auto reader = ZmqSocket::open(context, ZMQ_PAIR);
    if (!reader || zmq_connect(reader->handle(), kMonitorAddress) != 0) {
        Error error = reader ? zmq_error("cannot read a ZeroMQ monitor") : reader.error();
        zmq_socket_monitor(socket.handle(), nullptr, 0);
        return error;
    }
    return ZmqMonitor(socket.handle(), std::move(reader).value());
}

ZmqMonitor::ZmqMonitor(void* watched, ZmqSocket reader)
    : watched_(watched),
      reader_(std::move(reader)) {}

ZmqMonitor::ZmqMonitor(ZmqMonitor&& other) noexcept
    : watched_(std::exchange(other.watched_, nullptr)),
      reader_(std::move(other.reader_)) {}

ZmqMonitor::~ZmqMonitor() {
    if (watched_ != nullptr) {
        // Before the reader closes, or libzmq may block on a queue that nobody empties.
        zmq_socket_monitor(watched_, nullptr, 0);
    }
}

std::optional<EndedConnection> ZmqMonitor::next() {
    ZmqFrame event;
    while (event.receive(reader_)) {
        ZmqFrame address;
        if (!event.has_more() || !address.receive(reader_)) {
            continue;
        }
        const auto ended = parse_monitor_event(event.bytes(), address.text());
        drop_rest(reader_, address);
        if (ended) {
            return ended;
        }
    }
    return std::nullopt;
}

}  // namespace memberd
