// Owners of libzmq's handles: a context, a socket, a message.
//
// The C interface, because cppzmq throws on EHOSTUNREACH, which is an everyday answer here (a peer
// is gone). Thread rule: a context may be shared, a socket and a message belong to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <zmq.h>

#include "detector/result.hpp"

namespace memberd {

// One context serves one agent: every socket of the process, the local ones too. Its end waits for
// nothing that is unsent, but for ever for a socket that is still open: it must outlive all of
// them.
class ZmqContext {
  public:
    // One input/output thread. Signals must be blocked before, where a signalfd is to see them:
    // libzmq's threads start with the first socket.
    static Result<ZmqContext> create();

    ZmqContext(ZmqContext&& other) noexcept;
    ZmqContext& operator=(ZmqContext&&) = delete;
    ~ZmqContext();

    [[nodiscard]] void* handle() const { return handle_; }

  private:
    explicit ZmqContext(void* handle) : handle_(handle) {}

    void* handle_;
};

class ZmqSocket {
  public:
    // `type` is one of ZMQ_ROUTER, ZMQ_PAIR, ...; LINGER is 0 from the start.
    static Result<ZmqSocket> open(const ZmqContext& context, int type);

    ZmqSocket(ZmqSocket&& other) noexcept;
    ZmqSocket& operator=(ZmqSocket&&) = delete;
    ~ZmqSocket();

    [[nodiscard]] void* handle() const { return handle_; }

    // False, with errno, where libzmq refuses. Before bind and connect only: a queue limit that
    // changes on a live socket is a race in libzmq (its issue 4647).
    bool set(int option, int value);
    bool set(int option, std::int64_t value);
    bool set(int option, std::span<const std::uint8_t> value);
    bool set(int option, const std::string& value);

    // The text that bind() chose, with its port; empty where there is none.
    [[nodiscard]] std::string last_endpoint() const;

  private:
    explicit ZmqSocket(void* handle) : handle_(handle) {}

    void* handle_;
};

// One frame. Empty until something is received into it or it is filled.
class ZmqFrame {
  public:
    ZmqFrame();
    ZmqFrame(const ZmqFrame&) = delete;
    ZmqFrame& operator=(const ZmqFrame&) = delete;
    ~ZmqFrame();

    // Waits for nothing. False where no frame is there.
    bool receive(const ZmqSocket& socket);

    [[nodiscard]] bool has_more() const { return zmq_msg_more(&message_) != 0; }

    [[nodiscard]] std::span<const std::uint8_t> bytes() const;
    [[nodiscard]] std::string_view text() const;

  private:
    mutable zmq_msg_t message_;  // libzmq's readers take a pointer to non-const
};

// What became of a message that was offered to a ROUTER.
enum class Sending : std::uint8_t {
    Queued,  // on its way, without any promise
    Full,    // the queue of its connection has no room: dropped
    Gone,    // the connection has ended
};

// Sends [id][payload] without waiting. Copies both.
Sending send_to(const ZmqSocket& router,
                std::span<const std::uint8_t> id,
                std::span<const std::uint8_t> payload);

// Takes and drops what is left of a message whose last received frame was `frame`; returns how many
// frames that were.
std::size_t drop_rest(const ZmqSocket& socket, ZmqFrame& frame);

// An Error that says what was being done and what libzmq says about it (errno).
Error zmq_error(const std::string& doing);

}  // namespace memberd
