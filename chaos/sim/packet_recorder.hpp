// What was delivered to whom, for those who say it again later.
//
// Keeps the latest `count_max` messages. Thread rule: one thread. Complexity: O(bytes) a message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "chaos/sim/packet_pool.hpp"
#include "detector/time.hpp"

namespace memberd::sim {

struct RecordedPacket {
    Instant at;
    ProcessId to = kNone;
    std::vector<std::uint8_t> bytes;
};

class PacketRecorder {
  public:
    // Requires count_max > 0.
    explicit PacketRecorder(std::size_t count_max) : count_max_(count_max) {}

    void note(Instant at, ProcessId to, Bytes bytes) {
        if (packets_.size() < count_max_) {
            packets_.push_back({at, to, {bytes.begin(), bytes.end()}});
            return;
        }
        RecordedPacket& oldest = packets_[oldest_];
        oldest.at = at;
        oldest.to = to;
        oldest.bytes.assign(bytes.begin(), bytes.end());
        oldest_ = (oldest_ + 1) % count_max_;
    }

    [[nodiscard]] std::size_t size() const { return packets_.size(); }

    // In the order of time; requires index < size().
    [[nodiscard]] const RecordedPacket& operator[](std::size_t index) const {
        return packets_[(oldest_ + index) % packets_.size()];
    }

  private:
    std::size_t count_max_;
    std::size_t oldest_ = 0;
    std::vector<RecordedPacket> packets_;
};

}  // namespace memberd::sim
