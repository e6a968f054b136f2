#include "chaos/sim/event_queue.hpp"

#include <algorithm>

#include "detector/check.hpp"

namespace memberd::sim {
namespace {

constexpr std::size_t kArity = 4;  // shallower than a binary heap, and siblings share cache lines

bool before(const Event& left, const Event& right) {
    return left.at != right.at ? left.at < right.at : left.order_and_kind < right.order_and_kind;
}

}  // namespace

void EventQueue::push(Instant at, EventKind kind, std::uint32_t subject, std::uint32_t version) {
    const Event event{at, pushed_++ << 3U | static_cast<std::uint64_t>(kind), subject, version};
    heap_.push_back(event);
    std::size_t hole = heap_.size() - 1;
    while (hole > 0) {
        const std::size_t parent = (hole - 1) / kArity;
        if (!before(event, heap_[parent])) {
            break;
        }
        heap_[hole] = heap_[parent];
        hole = parent;
    }
    heap_[hole] = event;
}

Event EventQueue::pop() {
    MEMBERD_CHECK(!heap_.empty(), "there is no event left");
    const Event result = heap_.front();
    const Event last = heap_.back();
    heap_.pop_back();
    const std::size_t size = heap_.size();
    if (size == 0) {
        return result;
    }
    std::size_t hole = 0;
    for (;;) {
        const std::size_t first = hole * kArity + 1;
        if (first >= size) {
            break;
        }
        std::size_t least = first;
        const std::size_t end = std::min(first + kArity, size);
        for (std::size_t child = first + 1; child < end; ++child) {
            if (before(heap_[child], heap_[least])) {
                least = child;
            }
        }
        if (!before(heap_[least], last)) {
            break;
        }
        heap_[hole] = heap_[least];
        hole = least;
    }
    heap_[hole] = last;
    return result;
}

}  // namespace memberd::sim
