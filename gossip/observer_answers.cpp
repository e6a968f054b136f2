// The part of ObserverDetection that answers pings.
#include <algorithm>

#include "gossip/observer_detection.hpp"

namespace memberd {
namespace {

// Members whose later pings are collected at once; pings of others are answered each.
constexpr std::size_t kLateAnswersMax = 256;
// So long after the first of them: what waited in one queue is read faster than that.
constexpr Duration kBacklogFor = std::chrono::milliseconds(20);
// A silence of so many times the depth of a death is far longer than any that a profile promises
// to forgive: whoever comes back from a shorter one may be gone again before it has answered.
constexpr Duration::rep kLongSilenceDepths = 2;

}  // namespace

void ObserverDetection::on_ping(const Ping& ping, Slot sender, ReplyToken token) {
    if (!waits_for_later(ping, sender, token)) {
        answer(ping.sequence, sender, token);
    }
}

void ObserverDetection::answer(std::uint32_t sequence, Slot asker, ReplyToken token) {
    Ack ack;
    ack.sequence = sequence;
    ack.next_slot_ms = asker == kNoSlot ? 0 : to_wire_ms(next_slot_for(asker));
    core_.begin().ack(core_.envelope(), ack, 0);
    core_.reply_bare(token);
}

// Whoever could not hear or speak for a while finds many pings of those who looked for it. The
// first of each tells its sender how long that was, the last that it is over; the others would say
// nothing more.
bool ObserverDetection::waits_for_later(const Ping& ping, Slot asker, ReplyToken token) {
    if (asker == kNoSlot || long_silent_at_ == kNever ||
        core_.now - long_silent_at_ >= core_.timing.probe_timeout_min) {
        return false;
    }
    const auto found = std::find_if(late_answers_.begin(), late_answers_.end(),
                                    [asker](const LateAnswer& a) { return a.asker == asker; });
    if (found != late_answers_.end()) {
        found->sequence = ping.sequence;
        found->token = token;
        return true;
    }
    if (late_answers_.size() < kLateAnswersMax) {
        if (late_answers_.empty()) {
            core_.timers.set(core_.now + kBacklogFor, TimerKind::Backlog);
        }
        late_answers_.push_back({asker, 0, 0});
    }
    return false;
}

void ObserverDetection::note_long_silence() {
    const Duration limit = core_.timing.silence_min * kLongSilenceDepths;
    if (last_round_trip_ != Instant::min() && core_.now - last_round_trip_ >= limit) {
        long_silent_at_ = core_.now;
    }
}

void ObserverDetection::answer_backlog() {
    for (const LateAnswer& late : late_answers_) {
        if (late.token != 0) {
            answer(late.sequence, late.asker, late.token);
        }
    }
    late_answers_.clear();
}

// A subject spreads its observers' pings over their common cycle: the i-th gets every T-th slot
// from i on, so that somebody pings it in each period. Zero for those who are not its observers.
Duration ObserverDetection::next_slot_for(Slot observer) {
    refresh_neighbours();
    const std::vector<Slot>& all = core_.neighbours.observers();
    const auto found = std::lower_bound(all.begin(), all.end(), observer);
    if (found == all.end() || *found != observer) {
        return Duration::zero();
    }
    const Duration period = core_.timing.period;
    const Duration cycle = period * static_cast<Duration::rep>(all.size());
    const Duration slot = period * static_cast<Duration::rep>(found - all.begin());
    const Instant earliest = core_.now + period / 2;
    const Duration into_cycle = (earliest - slots_origin_ - slot) % cycle;
    const Duration wait = into_cycle > Duration::zero() ? cycle - into_cycle : -into_cycle;
    return period / 2 + wait;
}

}  // namespace memberd
