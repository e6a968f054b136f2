// Messages on their way, as encoded bytes. Slots and their buffers are used again, so that a
// running simulation allocates nothing per message.
//
// Thread rule: one thread. Complexity: O(bytes) to make one, O(1) to release one.
#pragma once

#include <cstdint>
#include <vector>

#include "gossip/transport.hpp"

namespace memberd::sim {

using ProcessId = std::uint32_t;
using PacketId = std::uint32_t;
using PathId = std::uint32_t;
inline constexpr std::uint32_t kNone = 0xffffffff;

enum class PacketKind : std::uint8_t {
    Message,
    Greeting,   // of ZMTP's handshake
    Heartbeat,  // ZMTP's PING, and its PONG
};

struct Packet {
    ProcessId from = kNone;
    ProcessId to = kNone;
    std::uint32_t to_run = 0;      // the start of `to` that it is meant for; 0: whichever runs
    PathId path = kNone;           // the requester's path; answers travel on it too
    std::uint32_t connection = 0;  // version of the connection on that path
    bool is_reply = false;
    PacketKind kind = PacketKind::Message;
    PacketId next = kNone;  // in a queue
    std::vector<std::uint8_t> bytes;
};

class PacketPool {
  public:
    // A packet with a copy of the bytes.
    PacketId make(Bytes bytes);
    void release(PacketId id);

    Packet& operator[](PacketId id) { return packets_[id]; }

    const Packet& operator[](PacketId id) const { return packets_[id]; }

    [[nodiscard]] std::size_t in_use() const { return packets_.size() - free_.size(); }

  private:
    std::vector<Packet> packets_;
    std::vector<PacketId> free_;
};

// First in, first out, threaded through the packets.
struct PacketQueue {
    PacketId head = kNone;
    PacketId tail = kNone;
    std::uint32_t count = 0;
    std::uint32_t bytes = 0;

    void push(PacketPool& pool, PacketId id);
    // Requires count > 0.
    PacketId pop(PacketPool& pool);
    void clear(PacketPool& pool);
};

}  // namespace memberd::sim
