// The future of a simulation: events in the order (time, insertion number), so that equal times
// happen in the order in which they were planned.
//
// Thread rule: one thread. Complexity: push and pop O(log4 size), no allocation once grown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "detector/time.hpp"

namespace memberd::sim {

// At most eight: the kind shares a word with the insertion number.
enum class EventKind : std::uint8_t {
    Deliver,     // subject: packet
    Deadline,    // subject: process
    Attend,      // subject: path; version: its connection; its owner has to look
    Retransmit,  // subject: path; version: its connection; TCP has to look, the way out
    Resend,      // the same for the way back
    Refused,     // subject: path; version: its connection
    Closed,      // subject: path; version: its connection
    Action,      // subject: slot of a scheduled action
};

struct Event {
    Instant at;
    std::uint64_t order_and_kind = 0;
    std::uint32_t subject = 0;
    std::uint32_t version = 0;

    [[nodiscard]] EventKind kind() const { return static_cast<EventKind>(order_and_kind & 7U); }
};

class EventQueue {
  public:
    void push(Instant at, EventKind kind, std::uint32_t subject, std::uint32_t version = 0);

    // Requires !empty().
    [[nodiscard]] const Event& top() const { return heap_.front(); }

    Event pop();

    [[nodiscard]] bool empty() const { return heap_.empty(); }

    [[nodiscard]] std::size_t size() const { return heap_.size(); }

  private:
    std::vector<Event> heap_;
    std::uint64_t pushed_ = 0;
};

}  // namespace memberd::sim
