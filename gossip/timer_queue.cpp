#include "gossip/timer_queue.hpp"

#include <algorithm>

namespace memberd {
namespace {

bool fires_later(const Timer& a, const Timer& b) {
    return a.at != b.at ? a.at > b.at : a.order > b.order;
}

}  // namespace

void TimerQueue::set(Instant at, TimerKind kind, std::uint32_t key, std::uint32_t detail) {
    heap_.push_back({at, next_order_++, kind, key, detail});
    std::push_heap(heap_.begin(), heap_.end(), fires_later);
}

bool TimerQueue::pop(Instant now, Timer& timer) {
    if (heap_.empty() || heap_.front().at > now) {
        return false;
    }
    timer = heap_.front();
    std::pop_heap(heap_.begin(), heap_.end(), fires_later);
    heap_.pop_back();
    return true;
}

}  // namespace memberd
