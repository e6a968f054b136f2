#include "gossip/zmq_handles.hpp"

#include <cerrno>
#include <utility>

namespace memberd {
namespace {

// An agent has fewer than ten sockets; libzmq's default reserves a table for 1023.
constexpr int kSocketsMax = 64;

}  // namespace

Error zmq_error(const std::string& doing) {
    const int number = zmq_errno();
    const ErrorCode code = number == EADDRINUSE ? ErrorCode::Conflict : ErrorCode::System;
    return Error{code, doing + ": " + zmq_strerror(number)};
}

Result<ZmqContext> ZmqContext::create() {
    ZmqContext context(zmq_ctx_new());
    if (context.handle_ == nullptr) {
        return zmq_error("cannot make a ZeroMQ context");
    }
    const bool accepted = zmq_ctx_set(context.handle_, ZMQ_IO_THREADS, 1) == 0 &&
                          zmq_ctx_set(context.handle_, ZMQ_MAX_SOCKETS, kSocketsMax) == 0 &&
                          zmq_ctx_set(context.handle_, ZMQ_BLOCKY, 0) == 0;
    if (!accepted) {
        return zmq_error("cannot configure a ZeroMQ context");
    }
    return context;
}

ZmqContext::ZmqContext(ZmqContext&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)) {}

ZmqContext::~ZmqContext() {
    if (handle_ != nullptr) {
        while (zmq_ctx_term(handle_) != 0 && zmq_errno() == EINTR) {
        }
    }
}

Result<ZmqSocket> ZmqSocket::open(const ZmqContext& context, int type) {
    ZmqSocket socket(zmq_socket(context.handle(), type));
    if (socket.handle_ == nullptr) {
        return zmq_error("cannot open a ZeroMQ socket");
    }
    if (!socket.set(ZMQ_LINGER, 0)) {
        return zmq_error("cannot set LINGER");
    }
    return socket;
}

ZmqSocket::ZmqSocket(ZmqSocket&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

ZmqSocket::~ZmqSocket() {
    if (handle_ != nullptr) {
        zmq_close(handle_);
    }
}

bool ZmqSocket::set(int option, int value) {
    return zmq_setsockopt(handle_, option, &value, sizeof value) == 0;
}

bool ZmqSocket::set(int option, std::int64_t value) {
    return zmq_setsockopt(handle_, option, &value, sizeof value) == 0;
}

bool ZmqSocket::set(int option, std::span<const std::uint8_t> value) {
    return zmq_setsockopt(handle_, option, value.data(), value.size()) == 0;
}

bool ZmqSocket::set(int option, const std::string& value) {
    return zmq_setsockopt(handle_, option, value.data(), value.size()) == 0;
}

std::string ZmqSocket::last_endpoint() const {
    char text[256] = {};
    std::size_t size = sizeof text;
    if (zmq_getsockopt(handle_, ZMQ_LAST_ENDPOINT, text, &size) != 0 || size == 0) {
        return {};
    }
    return std::string(text, size - 1);
}

ZmqFrame::ZmqFrame() : message_{} {
    zmq_msg_init(&message_);
}

ZmqFrame::~ZmqFrame() {
    zmq_msg_close(&message_);
}

bool ZmqFrame::receive(const ZmqSocket& socket) {
    while (zmq_msg_recv(&message_, socket.handle(), ZMQ_DONTWAIT) < 0) {
        if (zmq_errno() != EINTR) {
            return false;
        }
    }
    return true;
}

std::span<const std::uint8_t> ZmqFrame::bytes() const {
    return {static_cast<const std::uint8_t*>(zmq_msg_data(&message_)), zmq_msg_size(&message_)};
}

std::string_view ZmqFrame::text() const {
    return {static_cast<const char*>(zmq_msg_data(&message_)), zmq_msg_size(&message_)};
}

namespace {

Sending send_frame(const ZmqSocket& socket, std::span<const std::uint8_t> bytes, int flags) {
    while (zmq_send(socket.handle(), bytes.data(), bytes.size(), flags | ZMQ_DONTWAIT) < 0) {
        const int number = zmq_errno();
        if (number != EINTR) {
            return number == EHOSTUNREACH ? Sending::Gone : Sending::Full;
        }
    }
    return Sending::Queued;
}

}  // namespace

Sending send_to(const ZmqSocket& router,
                std::span<const std::uint8_t> id,
                std::span<const std::uint8_t> payload) {
    // A payload after a refused id would be taken for the id of the next message.
    const Sending addressed = send_frame(router, id, ZMQ_SNDMORE);
    return addressed == Sending::Queued ? send_frame(router, payload, 0) : addressed;
}

std::size_t drop_rest(const ZmqSocket& socket, ZmqFrame& frame) {
    std::size_t dropped = 0;
    while (frame.has_more() && frame.receive(socket)) {
        ++dropped;
    }
    return dropped;
}

}  // namespace memberd
