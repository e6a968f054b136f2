// Who may speak to this agent: the answering side of ZAP (ZeroMQ RFC 27).
//
// libzmq asks about every connection before it lets a message through. That a handler exists and a
// domain is set also turns off the old forms of ZMTP, in which a few bytes of garbage are a valid
// message. It runs on the loop's thread; the asking connection waits, libzmq does not.
#pragma once

#include <cstdint>
#include <utility>

#include "gossip/zmq_handles.hpp"

namespace memberd {

class ZapHandler {
  public:
    static constexpr const char* kDomain = "memberd";

    // To be made before the first socket binds or connects, and to be kept until the last is
    // closed: without a handler nobody is admitted. One a context.
    static Result<ZapHandler> create(const ZmqContext& context);

    // Makes `socket` ask this handler, and admit nobody where none answers. Before bind and
    // connect.
    static Status guard(ZmqSocket& socket);

    // Answers what waits, at most kAnswersMax a call.
    void serve();

    // Readable while somebody waits.
    [[nodiscard]] void* handle() const { return socket_.handle(); }

    [[nodiscard]] std::uint64_t admitted_count() const { return admitted_count_; }

    [[nodiscard]] std::uint64_t rejected_count() const { return rejected_count_; }

  private:
    static constexpr int kAnswersMax = 256;

    explicit ZapHandler(ZmqSocket socket) : socket_(std::move(socket)) {}

    bool serve_one();

    ZmqSocket socket_;
    std::uint64_t admitted_count_ = 0;
    std::uint64_t rejected_count_ = 0;
};

}  // namespace memberd
