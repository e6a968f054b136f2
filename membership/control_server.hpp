// The ROUTER socket that answers requests of local programs (LOCAL_API.md section 2).
//
// It reads, checks and replies; what an op does is the agent's business. Never waits: a client that
// doesn't read loses its replies. Thread rule: one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "detector/result.hpp"
#include "gossip/zmq_handles.hpp"
#include "membership/local_protocol.hpp"
#include "membership/runtime_dir.hpp"

namespace memberd {

// Where a reply goes: the connection and its request. Good for ever; replies to clients that are
// gone are dropped.
struct Asker {
    std::vector<std::uint8_t> connection;
    std::uint64_t request_id = 0;
};

struct ControlCounters {
    std::uint64_t requests = 0;
    std::uint64_t rejected = 0;      // not a request
    std::uint64_t replies_lost = 0;  // the client is gone, or doesn't read
};

class ControlServer {
  public:
    // Pages and replies that one client queues.
    static constexpr int kSendQueueMax = 64;
    static constexpr int kReceiveQueueMax = 64;

    // Both outlive the server.
    static Result<ControlServer> create(const ZmqContext& context, const RuntimeDir& directory);

    struct Asked {
        Asker asker;
        local::Request request;
    };

    // The next request, or nothing where none waits. Looks at no more than kLooksMax messages;
    // those that are no requests are answered with an error where that is possible.
    std::optional<Asked> receive();

    // The document, in pages if it must; `array_key` as for local::encode_pages.
    void reply(const Asker& asker, const Document& document, std::string_view array_key = {});
    void refuse(const Asker& asker, std::string_view code, std::string_view message);

    // Readable while a request waits.
    [[nodiscard]] void* handle() const { return socket_.handle(); }

    [[nodiscard]] const ControlCounters& counters() const { return counters_; }

  private:
    static constexpr int kLooksMax = 64;

    explicit ControlServer(ZmqSocket socket) : socket_(std::move(socket)) {}

    bool send(const Asker& asker, const local::MessageBytes& bytes);

    ZmqSocket socket_;
    ControlCounters counters_;
};

}  // namespace memberd
