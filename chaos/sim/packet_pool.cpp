#include "chaos/sim/packet_pool.hpp"

#include "detector/check.hpp"

namespace memberd::sim {
namespace {

constexpr std::size_t kKeptBytesMax = 4096;  // a rare page of a sync doesn't stay for ever

}  // namespace

PacketId PacketPool::make(Bytes bytes) {
    PacketId id = 0;
    if (free_.empty()) {
        id = static_cast<PacketId>(packets_.size());
        packets_.emplace_back();
    } else {
        id = free_.back();
        free_.pop_back();
    }
    Packet& packet = packets_[id];
    packet.bytes.assign(bytes.begin(), bytes.end());
    packet.next = kNone;
    packet.is_reply = false;
    packet.kind = PacketKind::Message;
    packet.to_run = 0;
    packet.connection = 0;
    return id;
}

void PacketPool::release(PacketId id) {
    if (packets_[id].bytes.capacity() > kKeptBytesMax) {
        std::vector<std::uint8_t>().swap(packets_[id].bytes);
    }
    free_.push_back(id);
}

void PacketQueue::push(PacketPool& pool, PacketId id) {
    Packet& packet = pool[id];
    packet.next = kNone;
    if (head == kNone) {
        head = id;
    } else {
        pool[tail].next = id;
    }
    tail = id;
    ++count;
    bytes += static_cast<std::uint32_t>(packet.bytes.size());
}

PacketId PacketQueue::pop(PacketPool& pool) {
    MEMBERD_CHECK(count > 0, "the queue is empty");
    const PacketId id = head;
    const Packet& packet = pool[id];
    head = packet.next;
    if (head == kNone) {
        tail = kNone;
    }
    --count;
    bytes -= static_cast<std::uint32_t>(packet.bytes.size());
    return id;
}

void PacketQueue::clear(PacketPool& pool) {
    while (count > 0) {
        pool.release(pop(pool));
    }
}

}  // namespace memberd::sim
