#include "detector/answer_record.hpp"

#include <algorithm>

namespace memberd {

void AnswerRecord::sent(std::uint32_t sequence, Instant now, Instant due, Duration spacing) {
    expire(now);
    const bool is_soon = last_sent_ != kNever && now - last_sent_ < spacing;
    if (is_soon || waiting_count_ >= kWaitingMax) {
        return;
    }
    waiting_[waiting_count_++] = {sequence, now, due};
    last_sent_ = now;
}

void AnswerRecord::answered(std::uint32_t sequence, Instant now) {
    expire(now);
    auto* const end = waiting_.data() + waiting_count_;
    auto* const found = std::find_if(waiting_.data(), end, [sequence](const Waiting& waiting) {
        return waiting.sequence == sequence;
    });
    if (found != end) {
        decide(found->sent, false);
        std::copy(found + 1, end, found);
        --waiting_count_;
    }
}

void AnswerRecord::expire(Instant now) {
    std::uint8_t left = 0;
    for (std::uint8_t i = 0; i < waiting_count_; ++i) {
        const Waiting waiting = waiting_[i];
        if (waiting.due <= now) {
            decide(waiting.sent, true);
        } else {
            waiting_[left++] = waiting;
        }
    }
    waiting_count_ = left;
}

AnswerShare AnswerRecord::share(Instant since) const {
    AnswerShare share;
    for (std::size_t i = 0; i < count_; ++i) {
        if (sent_[i] >= since) {
            ++share.all;
            share.missed += (missed_ >> i) & 1U;
        }
    }
    return share;
}

bool AnswerRecord::is_bad(Instant since) const {
    const AnswerShare known = share(since);
    return known.all == kLength && known.missed >= kMissedMin && latest(since).missed > 0;
}

bool AnswerRecord::is_fine(Instant since) const {
    const AnswerShare known = share(since);
    return known.all > 0 && known.missed * 4 <= known.all;
}

bool AnswerRecord::is_doubtful(Instant since) const {
    return latest(since).missed == kInARow;
}

// By when they were sent: a miss is known later than the answer to the probe after it.
AnswerShare AnswerRecord::latest(Instant since) const {
    AnswerShare latest;
    Instant before = kNever;
    while (latest.all < kInARow) {
        std::size_t found = count_;
        for (std::size_t i = 0; i < count_; ++i) {
            if (sent_[i] >= since && sent_[i] < before &&
                (found == count_ || sent_[i] > sent_[found])) {
                found = i;
            }
        }
        if (found == count_) {
            break;
        }
        before = sent_[found];
        ++latest.all;
        latest.missed += (missed_ >> found) & 1U;
    }
    return latest;
}

void AnswerRecord::decide(Instant sent, bool is_missed) {
    const auto bit = static_cast<std::uint16_t>(1U << next_);
    sent_[next_] = sent;
    missed_ = static_cast<std::uint16_t>(is_missed ? missed_ | bit : missed_ & ~bit);
    next_ = static_cast<std::uint8_t>((next_ + 1U) % kLength);
    count_ = static_cast<std::uint8_t>(std::min<std::size_t>(count_ + 1U, kLength));
}

}  // namespace memberd
