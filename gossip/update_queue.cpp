#include "gossip/update_queue.hpp"

#include <algorithm>
#include <tuple>

namespace memberd {
namespace {

bool goes_first(const QueuedUpdate& a, const QueuedUpdate& b) {
    return std::tuple(a.kind, a.sent_count, a.order) < std::tuple(b.kind, b.sent_count, b.order);
}

}  // namespace

void UpdateQueue::add(Slot member, UpdateClass kind, Slot accuser) {
    remove(member);
    entries_.push_back({member, accuser, kind, 0, next_order_++, false});
    roster_.set_queued(member, true);
}

void UpdateQueue::mark_first_hand(Slot member) {
    for (QueuedUpdate& entry : entries_) {
        entry.is_first_hand = entry.is_first_hand || entry.member == member;
    }
}

bool UpdateQueue::has_first_hand(Slot self) const {
    return std::any_of(entries_.begin(), entries_.end(), [self](const QueuedUpdate& entry) {
        return entry.is_first_hand || entry.member == self;
    });
}

void UpdateQueue::remove(Slot member) {
    if (roster_[member].is_queued) {
        std::erase_if(entries_,
                      [member](const QueuedUpdate& entry) { return entry.member == member; });
        roster_.set_queued(member, false);
    }
}

void UpdateQueue::keep(UpdateClass kind) {
    std::erase_if(entries_, [&](const QueuedUpdate& entry) {
        const bool is_dropped = entry.kind != kind && !entry.is_first_hand;
        if (is_dropped) {
            roster_.set_queued(entry.member, false);
        }
        return is_dropped;
    });
}

std::vector<QueuedUpdate>& UpdateQueue::front(std::size_t count) {
    const auto middle =
        entries_.begin() + static_cast<std::ptrdiff_t>(std::min(count, entries_.size()));
    std::partial_sort(entries_.begin(), middle, entries_.end(), goes_first);
    return entries_;
}

void UpdateQueue::sent(std::size_t count, std::uint32_t limit) {
    count = std::min(count, entries_.size());
    for (std::size_t i = 0; i < count; ++i) {
        if (++entries_[i].sent_count >= limit) {
            roster_.set_queued(entries_[i].member, false);
        }
    }
    std::erase_if(entries_,
                  [limit](const QueuedUpdate& entry) { return entry.sent_count >= limit; });
}

void UpdateQueue::clear() {
    for (const QueuedUpdate& entry : entries_) {
        roster_.set_queued(entry.member, false);
    }
    entries_.clear();
}

}  // namespace memberd
