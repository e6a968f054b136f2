#include "detector/self_doubt.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "detector/check.hpp"

namespace memberd {
namespace {

constexpr double kClassesPerDoubling = 3;
// Round trips for the long run are taken at least so many fifths of `silence` apart, which is about
// as often as they come when nothing happens.
constexpr Duration::rep kLongRunFifths = 2;

void count_one(std::uint16_t& count) {
    if (count < std::numeric_limits<std::uint16_t>::max()) {
        ++count;
    }
}

}  // namespace

SelfDoubt::SelfDoubt(const SelfDoubtSettings& settings) : settings_(&settings) {
    MEMBERD_CHECK(settings.silence > Duration::zero() && settings.doubt_max > Duration::zero() &&
                      settings.stall_min > Duration::zero() &&
                      settings.slow_floor > Duration::zero() &&
                      settings.memory > Duration::zero() && settings.slow_max > Duration::zero() &&
                      settings.slow_ratio >= 1,
                  "a limit of self-doubt is zero or less");
}

void SelfDoubt::set_company(std::uint32_t others) {
    company_doublings_ =
        static_cast<std::uint8_t>(std::bit_width(std::max(others, std::uint32_t{1})));
}

void SelfDoubt::sent(Instant now) {
    if (unanswered_since_ == kNever) {
        unanswered_since_ = now;
    }
    last_sent_ = now;
}

AfterAnswer SelfDoubt::answered(Instant now, Duration round_trip) {
    MEMBERD_CHECK(round_trip >= Duration::zero(), "an answer came before its request");
    const bool doubted = doubts(now) != DoubtReason::None || alone(now);
    // What was sent before the request that is answered here needs no answer any more; what was
    // sent after it waits still.
    if (unanswered_since_ != kNever) {
        const Instant asked = now - round_trip;
        unanswered_since_ = last_sent_ <= asked ? kNever : std::max(unanswered_since_, asked);
    }
    stalled_at_ = kNever;
    stall_reason_ = DoubtReason::None;
    remember(now, seconds(round_trip));
    slow_ = answers_are_slow();
    return doubted && !slow_ && !is_silent(now) ? AfterAnswer::RestartCases : AfterAnswer::GoOn;
}

void SelfDoubt::paused(Instant now, Duration gap) {
    if (gap >= settings_->stall_min) {
        stalled(now, DoubtReason::Pause);
    }
}

void SelfDoubt::late(Instant now, Duration lateness) {
    if (lateness >= settings_->stall_min) {
        stalled(now, DoubtReason::LateLoop);
    }
}

void SelfDoubt::stalled(Instant now, DoubtReason reason) {
    stalled_at_ = now;
    stall_reason_ = reason;
}

DoubtReason SelfDoubt::doubts(Instant now) const {
    if (stalled_at_ != kNever && now < stall_ends()) {
        return stall_reason_;
    }
    if (is_silent(now)) {
        return now < silence_ends() ? DoubtReason::Silence : DoubtReason::None;
    }
    return slow_ ? DoubtReason::SlowAnswers : DoubtReason::None;
}

bool SelfDoubt::alone(Instant now) const {
    return is_silent(now) && now >= silence_ends();
}

bool SelfDoubt::is_half_silent(Instant now) const {
    return unanswered_since_ != kNever && now - unanswered_since_ >= settings_->silence / 2;
}

Instant SelfDoubt::next_change(Instant now) const {
    Instant next = kNever;
    const auto consider = [&](Instant at) {
        if (at > now) {
            next = std::min(next, at);
        }
    };
    if (stalled_at_ != kNever) {
        consider(stall_ends());
    }
    if (unanswered_since_ != kNever) {
        consider(unanswered_since_ + settings_->silence);
        consider(silence_ends());
    }
    return next;
}

bool SelfDoubt::is_silent(Instant now) const {
    return unanswered_since_ != kNever && now - unanswered_since_ >= settings_->silence;
}

Instant SelfDoubt::stall_ends() const {
    return stalled_at_ + settings_->doubt_max;
}

// Requires unanswered_since_ != kNever. A stall starts the count anew: it may be why nobody
// answered.
Instant SelfDoubt::silence_ends() const {
    const Instant end =
        unanswered_since_ + settings_->silence + settings_->doubt_max * company_doublings_;
    return stalled_at_ == kNever ? end : std::max(end, stall_ends());
}

// Seconds; class i holds round trips up to its edge and above the edge before, the last all above.
double SelfDoubt::class_edge(std::size_t index) const {
    const double first = seconds(settings_->slow_floor) / settings_->slow_ratio;
    return first * std::exp2(static_cast<double>(index) / kClassesPerDoubling);
}

void SelfDoubt::remember(Instant now, double round_trip) {
    const Duration half = settings_->memory / 2;
    if (half_since_ == kNever) {
        half_since_ = now;
    } else if (now - half_since_ >= 2 * half) {
        // Nothing of before is recent: neither the last few nor the long run.
        recent_.fill(0);
        last_half_ = Counts{};
        current_half_ = Counts{};
        half_since_ = now;
    } else if (now - half_since_ >= half) {
        last_half_ = current_half_;
        current_half_ = Counts{};
        half_since_ = now;
    }

    recent_[recent_next_] = static_cast<float>(round_trip);
    recent_next_ = static_cast<std::uint8_t>((recent_next_ + 1U) % kRecentCount);

    // The long run is of time, not of requests: a storm of slow answers must not look like a long
    // history of them.
    if (remembered_at_ != kNever &&
        now - remembered_at_ < settings_->silence * kLongRunFifths / 5) {
        return;
    }
    remembered_at_ = now;
    std::size_t index = 0;
    while (index + 1 < kClasses && round_trip > class_edge(index)) {
        ++index;
    }
    count_one(current_half_[index]);
}

// The upper edge of the class in which the median lies, in seconds.
double SelfDoubt::long_median() const {
    std::uint32_t total = 0;
    for (std::size_t i = 0; i < kClasses; ++i) {
        total += std::uint32_t{current_half_[i]} + last_half_[i];
    }
    std::uint32_t below = 0;
    for (std::size_t i = 0; i < kClasses; ++i) {
        below += std::uint32_t{current_half_[i]} + last_half_[i];
        if (2 * below >= total) {
            return class_edge(i);
        }
    }
    return class_edge(kClasses - 1);
}

Duration SelfDoubt::recent_median() const {
    auto sorted = recent_;
    auto* const middle = sorted.data() + kRecentCount / 2;
    std::nth_element(sorted.data(), middle, sorted.data() + kRecentCount);
    return from_seconds(double{*middle});
}

bool SelfDoubt::answers_are_slow() const {
    const double floor = seconds(settings_->slow_floor);
    const double ceiling = seconds(settings_->slow_max);
    // Nearly always most answers are quicker than any limit: then no median is needed.
    const auto slower = std::count_if(recent_.begin(), recent_.end(), [&](float round_trip) {
        return round_trip > std::min(floor, ceiling);
    });
    if (static_cast<std::size_t>(slower) <= kRecentCount / 2) {
        return false;
    }
    const double limit = std::min(std::max(floor, settings_->slow_ratio * long_median()), ceiling);
    return seconds(recent_median()) > limit;
}

}  // namespace memberd
