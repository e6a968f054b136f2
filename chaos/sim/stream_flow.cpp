#include "chaos/sim/stream_flow.hpp"

#include <algorithm>
#include <tuple>

#include "chaos/sim/kernel_timer.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration kProbeMin = 2 * kKernelTick;  // TCP_TIMEOUT_MIN
constexpr std::uint8_t kTimeoutsMax = 15;        // tcp_retries2
constexpr std::uint16_t kWindowMax = 1000;       // segments; more than any buffer holds
constexpr std::uint16_t kBbrWindowMin = 4;
constexpr std::uint32_t kReorderingMax = 3;  // known behind a gap: it is no reordering

}  // namespace

Duration StreamFlow::timeout() const {
    return doubled(path_.round_trip + kRetransmitMin, backoff_, kRetransmitMax);
}

std::uint32_t StreamFlow::in_flight() const {
    return static_cast<std::uint32_t>(std::count_if(
        sent_.begin(), sent_.end(),
        [](const Sent& each) { return !each.is_known && (!each.is_lost || each.is_again); }));
}

void StreamFlow::hear(Instant now) {
    const Heard heard = take_acknowledgements(now);
    if (heard.anything) {
        after_acknowledgements(now, heard);
    }
    if (heard.anything || reorder_at_ <= now) {
        mark_lost(now);
    }
    if (timer_at_ <= now) {
        fire_timer(now);
    }
}

StreamFlow::Heard StreamFlow::take_acknowledgements(Instant now) {
    Heard heard;
    for (Sent& each : sent_) {
        if (each.is_known || each.known_at > now) {
            continue;
        }
        each.is_known = true;
        heard.anything = true;
        heard.original = heard.original || (!each.was_again && each.end <= recovery_end_);
        if (std::tie(each.arrived_sent_at, each.end) > std::tie(latest_sent_at_, latest_end_)) {
            latest_sent_at_ = each.arrived_sent_at;
            latest_end_ = each.end;
        }
    }
    return heard;
}

void StreamFlow::take_in_order(Heard& heard) {
    const auto gap =
        std::find_if(sent_.begin(), sent_.end(), [](const Sent& each) { return !each.is_known; });
    heard.in_order = static_cast<std::uint32_t>(gap - sent_.begin());
    if (heard.in_order == 0) {
        return;
    }
    acknowledged_ = (gap - 1)->end;
    sent_.erase(sent_.begin(), gap);
    backoff_ = 0;
    timeouts_ = 0;
    failing_since_ = kNever;
}

void StreamFlow::after_acknowledgements(Instant now, const Heard& before) {
    Heard heard = before;
    const std::size_t on_their_way = sent_.size();
    take_in_order(heard);
    if (probe_end_ != 0 && acknowledged_ >= probe_end_) {
        probe_end_ = 0;
    }
    if (state_ == State::Loss && heard.original) {
        undo_timeout();
    }
    if (state_ != State::Recovery) {
        grow_window(heard.in_order, on_their_way);
    }
    if (state_ != State::Open && acknowledged_ >= recovery_end_) {
        if (path_.congestion == Congestion::Bbr) {
            window_.segments = std::max(window_.segments, window_before_);
        } else if (state_ == State::Recovery) {
            window_.segments = window_.slow_start_until;
        }
        state_ = State::Open;
    }
    if (heard.in_order == 0) {
        return;
    }
    if (sent_.empty()) {
        timer_at_ = kNever;
    } else if (state_ == State::Open) {
        arm_probe(now);
    } else {
        arm_timeout(now, timeout());
    }
}

void StreamFlow::undo_timeout() {
    for (Sent& each : sent_) {
        each.is_lost = false;
    }
    window_.segments = std::max(window_.segments, window_before_);
    state_ = State::Open;
}

void StreamFlow::grow_window(std::uint32_t segments, std::size_t on_their_way) {
    if (path_.congestion == Congestion::Bbr) {
        window_.segments = std::max(window_.segments, kBbrWindowMin);
    }
    const bool is_limiting = window_.segments < 2 * on_their_way;
    if (segments == 0 || !is_limiting || window_.segments >= kWindowMax) {
        return;
    }
    const std::uint32_t more = window_.segments < window_.slow_start_until ? segments : 1;
    window_.segments =
        static_cast<std::uint16_t>(std::min<std::uint32_t>(window_.segments + more, kWindowMax));
}

void StreamFlow::mark_lost(Instant now) {
    const auto known =
        std::count_if(sent_.begin(), sent_.end(), [](const Sent& each) { return each.is_known; });
    const bool waits = state_ == State::Open && known < kReorderingMax;
    const Duration patience = waits ? path_.round_trip / 4 : Duration::zero();
    reorder_at_ = kNever;
    bool is_new = false;
    for (Sent& each : sent_) {
        const bool is_judged = !each.is_known && (!each.is_lost || each.is_again);
        if (!is_judged ||
            std::tie(each.sent_at, each.end) >= std::tie(latest_sent_at_, latest_end_)) {
            continue;
        }
        const Instant lost_at = each.sent_at + path_.round_trip + patience;
        if (lost_at > now) {
            reorder_at_ = std::min(reorder_at_, std::max(lost_at, now + kProbeMin));
            continue;
        }
        each.is_lost = true;
        each.is_again = false;
        is_new = true;
    }
    if (is_new && state_ == State::Open) {
        enter_recovery();
    }
}

void StreamFlow::shrink_window() {
    window_before_ =
        state_ == State::Recovery ? std::max(window_before_, window_.segments) : window_.segments;
    if (path_.congestion == Congestion::Cubic) {
        window_.slow_start_until =
            static_cast<std::uint16_t>(std::max(window_.segments * 7 / 10, 2));
    }
}

void StreamFlow::enter_recovery() {
    state_ = State::Recovery;
    recovery_end_ = next_;
    shrink_window();
    window_.segments = path_.congestion == Congestion::Bbr
                           ? std::max(window_.segments, kBbrWindowMin)
                           : window_.slow_start_until;
    must_send_again_ = true;
}

void StreamFlow::fire_timer(Instant now) {
    timer_at_ = kNever;
    if (sent_.empty()) {
        return;
    }
    if (timer_ == Timer::Timeout) {
        time_out(now);
    } else if (probe_end_ == 0 && state_ == State::Open) {
        probe_is_due_ = true;
    } else {
        arm_timeout(now, std::max(sent_.front().sent_at + timeout() - now, kKernelTick));
    }
}

void StreamFlow::time_out(Instant now) {
    if (failing_since_ == kNever) {
        failing_since_ = now;
    }
    if (now - failing_since_ >= path_.give_up_after || timeouts_ >= kTimeoutsMax) {
        given_up_ = true;
        return;
    }
    ++timeouts_;
    if (state_ != State::Loss) {
        shrink_window();
        recovery_end_ = next_;
    }
    state_ = State::Loss;
    for (Sent& each : sent_) {
        const bool is_recent = now - each.sent_at < path_.round_trip && &each != &sent_.front();
        each.is_lost = !each.is_known && (each.is_lost || !is_recent);
        each.is_again = each.is_again && is_recent;
    }
    window_.segments = static_cast<std::uint16_t>(std::min(in_flight() + 1U, 0xffffU));
    must_send_again_ = true;
    ++backoff_;
}

// In an episode that began with the loss of a tail there is one probe; then the timer is the plain
// one.
void StreamFlow::arm_probe(Instant now) {
    Duration wait = 2 * path_.round_trip + (sent_.size() == 1 ? kRetransmitMin : kProbeMin);
    const Duration left = sent_.front().sent_at + timeout() - now;
    if (left > Duration::zero()) {
        wait = std::min(wait, left);
    }
    timer_ = Timer::Probe;
    timer_at_ = kernel_timer(now, wait, path_.phase);
}

void StreamFlow::arm_timeout(Instant now, Duration wait) {
    timer_ = Timer::Timeout;
    timer_at_ = kernel_timer(now, wait, path_.phase);
    if (failing_since_ != kNever && path_.give_up_after < timer_at_ - failing_since_) {
        timer_at_ = std::max(now, failing_since_ + path_.give_up_after);
    }
}

std::optional<StreamFlow::Transmission> StreamFlow::next(std::uint64_t room) const {
    if (given_up_) {
        return std::nullopt;
    }
    if (const auto again = next_again()) {
        return again;
    }
    if (const auto fresh = next_new(room)) {
        return fresh;
    }
    if (!probe_is_due_ || sent_.empty()) {
        return std::nullopt;
    }
    const auto last = static_cast<std::uint32_t>(sent_.size());
    const std::uint64_t begin = last > 1 ? sent_[last - 2].end : acknowledged_;
    return Transmission{Kind::Probe, static_cast<std::uint32_t>(sent_.back().end - begin), last - 1,
                        last};
}

std::optional<StreamFlow::Transmission> StreamFlow::next_again() const {
    const auto found = std::find_if(sent_.begin(), sent_.end(), [](const Sent& each) {
        return !each.is_known && each.is_lost && !each.is_again;
    });
    if (found == sent_.end() || (!must_send_again_ && in_flight() >= window_.segments)) {
        return std::nullopt;
    }
    const std::uint64_t begin = found == sent_.begin() ? acknowledged_ : (found - 1)->end;
    auto last = found + 1;
    while (last != sent_.end() && !last->is_known && last->end - begin <= kSegmentBytes) {
        ++last;
    }
    return Transmission{Kind::Again, static_cast<std::uint32_t>((last - 1)->end - begin),
                        static_cast<std::uint32_t>(found - sent_.begin()),
                        static_cast<std::uint32_t>(last - sent_.begin())};
}

std::optional<StreamFlow::Transmission> StreamFlow::next_new(std::uint64_t room) const {
    const std::uint64_t taken = next_ - acknowledged_;
    const std::uint64_t allowed = room > taken ? room - taken : 0;
    const std::uint64_t bytes = std::min<std::uint64_t>({end_ - next_, kSegmentBytes, allowed});
    const bool fits = in_flight() < window_.segments || probe_is_due_;
    if (bytes == 0 || !fits) {
        return std::nullopt;
    }
    return Transmission{Kind::New, static_cast<std::uint32_t>(bytes), 0, 0};
}

void StreamFlow::note_sent(Instant now, const Transmission& what, const Passage& passage) {
    const bool is_first = sent_.empty();
    if (what.kind == Kind::New) {
        next_ += what.bytes;
        Sent fresh;
        fresh.end = next_;
        fresh.sent_at = now;
        sent_.push_back(fresh);
        note_arrival(now, sent_.back(), passage);
    } else {
        note_arrival(now, note_again(now, what), passage);
    }
    must_send_again_ = must_send_again_ && what.kind != Kind::Again;
    if (probe_is_due_) {
        probe_is_due_ = false;
        probe_end_ = next_;
        arm_timeout(now, timeout());
    } else if (what.kind == Kind::New && state_ == State::Open) {
        arm_probe(now);
    } else if (is_first || (what.kind == Kind::Again && what.first == 0)) {
        arm_timeout(now, timeout());
    }
}

// What was sent in several segments is one from now on.
StreamFlow::Sent& StreamFlow::note_again(Instant now, const Transmission& what) {
    const auto first = sent_.begin() + what.first;
    const auto last = sent_.begin() + what.last;
    first->end = (last - 1)->end;
    first->has_arrived =
        std::all_of(first, last, [](const Sent& each) { return each.has_arrived; });
    for (auto each = first + 1; first->has_arrived && each != last; ++each) {
        first->known_at = std::max(first->known_at, each->known_at);
        first->arrived_sent_at = std::max(first->arrived_sent_at, each->arrived_sent_at);
    }
    if (!first->has_arrived) {
        first->known_at = kNever;
    }
    first->is_again = true;
    first->was_again = true;
    first->sent_at = now;
    sent_.erase(first + 1, last);
    return sent_[what.first];
}

void StreamFlow::note_arrival(Instant now, Sent& segment, const Passage& passage) {
    if (passage.arrives == kNever) {
        return;
    }
    if (!segment.has_arrived) {
        segment.has_arrived = true;
        segment.arrived_sent_at = now;
    }
    for (const Sent& each : sent_) {
        if (!each.has_arrived) {
            break;
        }
        received_ = std::max(received_, each.end);
    }
    // An acknowledgement speaks of all that has arrived.
    for (Sent& each : sent_) {
        if (each.has_arrived && !each.is_known) {
            each.known_at = std::min(each.known_at, passage.known);
        }
    }
}

Instant StreamFlow::next_wake() const {
    Instant first = std::min(timer_at_, reorder_at_);
    for (const Sent& each : sent_) {
        if (!each.is_known) {
            first = std::min(first, each.known_at);
        }
    }
    return first;
}

}  // namespace memberd::sim
