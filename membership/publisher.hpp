// The PUB socket of numbered events (LOCAL_API.md section 4).
//
// Never waits: each subscriber has a bounded queue, and what doesn't fit is lost to that
// subscriber, who finds the gap. Thread rule: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "detector/result.hpp"
#include "gossip/zmq_handles.hpp"
#include "membership/runtime_dir.hpp"
#include "membership/view.hpp"

namespace memberd {

class Publisher {
  public:
    // Events that one subscriber queues.
    static constexpr int kQueueMax = 1000;

    // Both outlive the publisher.
    static Result<Publisher> create(const ZmqContext& context, const RuntimeDir& directory);

    void publish(std::uint64_t epoch, std::span<const Event> events);
    void heartbeat(std::uint64_t epoch, std::uint64_t seq);

    [[nodiscard]] std::uint64_t published_count() const { return published_count_; }

  private:
    explicit Publisher(ZmqSocket socket) : socket_(std::move(socket)) {}

    ZmqSocket socket_;
    std::uint64_t published_count_ = 0;
};

// Binds to the path so that its file gets mode 0660 from the start.
Status bind_ipc(ZmqSocket& socket, const std::string& path);

}  // namespace memberd
