// What is still to be passed on: the dissemination queue.
//
// At most one entry a member, so it is bounded by the member table. Order of service: class first
// (deaths and refutations before all else), then the least sent, then the oldest. Entries name a
// member, not a text: what is sent is the newest claim at the time of sending. Complexity: add
// O(queue) only for a member that has an entry already; select O(queue).
#pragma once

#include <cstdint>
#include <vector>

#include "gossip/roster.hpp"

namespace memberd {

enum class UpdateClass : std::uint8_t {
    Verdict,     // death, suspicion as a claim, refutation
    Departure,   // left
    Arrival,     // a new member or a restart
    Attributes,  // everything else
};

struct QueuedUpdate {
    Slot member = kNoSlot;
    Slot accuser = kNoSlot;  // of a suspicion that is a claim
    UpdateClass kind = UpdateClass::Attributes;
    std::uint32_t sent_count = 0;
    std::uint32_t order = 0;
    bool is_first_hand = false;
};

class UpdateQueue {
  public:
    explicit UpdateQueue(Roster& roster) : roster_(roster) {}

    // Replaces the member's entry, if it has one.
    void add(Slot member, UpdateClass kind, Slot accuser = kNoSlot);
    // What is queued about it was known to nobody before: we declare its death, it joins through
    // us.
    void mark_first_hand(Slot member);
    void remove(Slot member);
    // Drops what is of other kinds and was known to others before. O(queue).
    void keep(UpdateClass kind);

    // Brings the `count` entries that are to be sent next to the front, in order; returns them.
    // Valid until the next call.
    std::vector<QueuedUpdate>& front(std::size_t count);

    // After the first `count` entries of front() were sent once more: drops those that were sent
    // `limit` times.
    void sent(std::size_t count, std::uint32_t limit);
    void clear();

    // Whether anything was known to nobody before: what is marked, and what is about `self`.
    [[nodiscard]] bool has_first_hand(Slot self) const;

    [[nodiscard]] bool empty() const { return entries_.empty(); }

    [[nodiscard]] std::size_t size() const { return entries_.size(); }

  private:
    Roster& roster_;
    std::vector<QueuedUpdate> entries_;
    std::uint32_t next_order_ = 0;
};

}  // namespace memberd
