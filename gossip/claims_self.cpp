// The part of Claims about this member itself: what it says, and how it answers what others say.
#include <algorithm>

#include "gossip/claims.hpp"

namespace memberd {
namespace {

// Whoever was removed shows that it is well: of so many members all but one in four answer in time,
// after kDemandingTries, for perhaps much is lost everywhere, all but one in two.
constexpr std::size_t kReturnProbes = 8;
constexpr std::size_t kExcusedPart = 4;
constexpr std::size_t kExcusedPartLater = 2;
constexpr int kDemandingTries = 5;
// In time: within so many times the quickest answer, where that is more than the least timeout.
constexpr int kQuickestAnswers = 3;
// The pause after the first try, in T; it doubles so often.
constexpr int kReturnPausePeriods = 2;
constexpr int kReturnPausesDoubled = 3;
// An answer to a ping sent longer ago than so many of the greatest depth of a death says nothing.
constexpr int kReturnProbeDepths = 2;

}  // namespace

void Claims::about_self(const Update& update, Slot teller) {
    if (core_.is_leaving) {
        return;
    }
    const Claim own = core_.roster.claim(core_.self);
    const Claim& claim = update.claim;
    if (generation_jumps(own.generation, claim.generation)) {
        ++core_.counters.claims_refused;
        return;
    }
    if (claim.instance == own.instance) {
        const bool accuses = claim.state != MemberState::Alive;
        const bool reaches_us = claim.generation > own.generation ||
                                (claim.generation == own.generation &&
                                 (claim.state == MemberState::Left ||
                                  claim.incarnation >= own.incarnation + (accuses ? 0 : 1)));
        if (reaches_us && must_stay_away(update, teller)) {
            return;
        }
        if (reaches_us) {
            refute(claim);
        } else if (claim.generation != own.generation ||
                   (claim.incarnation < own.incarnation && !refuted_lately())) {
            outdated_.push_back(core_.self);
        }
        return;
    }
    if (claim.generation < own.generation) {
        outdated_.push_back(
            core_
                .self);  // An earlier run of ours; or a clone, which gives way when it hears of us.
        return;
    }
    Endpoint other;
    if (const auto profile =
            update.profile.empty() ? std::nullopt : decode_profile(update.profile)) {
        other = profile->endpoint;
    }
    // Whoever lived where we listen now lives no longer; and the dead contest nothing. All others
    // are asked first.
    if (is_gone(claim.state) || other == core_.endpoint_of(core_.self)) {
        raise_generation_above(claim.generation);
    } else if (other.port != 0) {
        contested_ = ContestedName{claim, other};
    }
}

// Removed again and again, this member comes back later, so that what others build on it moves less
// often; and each time only when it is answered. Until then it answers all that reaches it, and
// leaves the death unrefuted.
bool Claims::must_stay_away(const Update& update, Slot teller) {
    const Claim& claim = update.claim;
    const bool is_removal = core_.config.mode == Mode::Memberd &&
                            claim.state == MemberState::Dead &&
                            claim.generation == core_.roster[core_.self].generation;
    if (!is_removal) {
        return false;
    }
    if (held_until_ == kNever) {
        if (!is_our_failure(update, teller)) {
            return false;
        }
        const Duration hold = flapping_.removed(core_.now, core_.timing.membership.flapping);
        return_tries_ = 0;
        held_incarnation_ = 0;
        is_free_return_ = hold == Duration::zero();
        held_until_ = core_.now + hold;
        if (!is_free_return_) {
            core_.timers.set(held_until_, TimerKind::HoldEnd);
            note_held(hold, teller);
        } else if (claim.incarnation > core_.roster[core_.self].incarnation || !prove_return()) {
            held_until_ = kNever;  // What we never said was made up, not observed.
            return false;
        }
    }
    held_incarnation_ = std::max(held_incarnation_, claim.incarnation);
    return true;
}

// Whether this death says something about us: two accusers have lived on our side all the while, or
// few have, or nobody did and we declared deaths alone. Where a cluster fell apart, those on the
// greater side do not flap, nor do halves; and the word of one alone moved nobody else. Who tells
// it may not know the accusers any more: then it is enough that the teller has lived on our side.
bool Claims::is_our_failure(const Update& death, Slot teller) const {
    const Instant horizon = core_.now - core_.timing.silence_max * 2;
    const auto is_steady = [&](Slot slot) {
        return core_.roster.is_live(slot) && core_.roster[slot].since <= horizon;
    };
    std::size_t accusers = 0;
    for (std::size_t i = 0; i < death.accuser_count; ++i) {
        const Slot accuser = core_.roster.find(death.accusers[i]);
        accusers += accuser != kNoSlot && accuser != core_.self && is_steady(accuser) ? 1 : 0;
    }
    std::size_t steady = 1;  // This member itself.
    std::size_t others = 0;
    const Instant lately = core_.now - core_.timing.membership.flapping.window;
    for (Slot slot = 0; slot < core_.roster.slot_count(); ++slot) {
        const Record& record = core_.roster[slot];
        if (!record.used || slot == core_.self) {
            continue;
        }
        steady += is_steady(slot) ? 1 : 0;
        const bool was_lost = record.state == MemberState::Dead && record.since > lately;
        others += core_.roster.is_live(slot) || was_lost ? 1 : 0;
    }
    const bool is_with_few = 3 * steady < others + 1;
    const bool was_alone = alone_at_ > lately;
    const bool is_believed_here =
        accusers >= 2 || (death.accuser_count == 0 && teller != kNoSlot && is_steady(teller));
    return death.accuser_count != 1 && (is_believed_here || is_with_few || was_alone);
}

void Claims::on_hold_end() {
    if (held_until_ == kNever || core_.now < held_until_ || core_.is_leaving) {
        return;
    }
    if (!prove_return()) {
        return_now();
    }
}

// Asks random members, whose answers decide whether we return. False if there are none. One voice
// that is heard, or the news of its own death, tells a member that loses most messages nothing: it
// would come and go. Subjects in their place cost a fifth more messages in a storm of returns.
bool Claims::prove_return() {
    std::vector<Slot> asked;
    core_.pick_live(kReturnProbes, {}, asked);
    // Rounded up: of two or three, one may have failed while we were away.
    const std::size_t parts = return_tries_ < kDemandingTries ? kExcusedPart : kExcusedPartLater;
    const std::size_t excused = (asked.size() + parts - 1) / parts;
    return_answers_wanted_ = std::max<std::size_t>(asked.size() - excused, 1);
    return_deadline_ = core_.now + core_.timing.probe_timeout_min;
    return_asked_at_ = core_.now;
    return_answers_ = 0;
    const Instant horizon = core_.now - core_.timing.silence_max * kReturnProbeDepths;
    std::erase_if(return_probes_, [&](const ReturnProbe& probe) { return probe.sent < horizon; });
    for (const Slot slot : asked) {
        const std::uint32_t sequence = core_.next_sequence();
        return_probes_.push_back({sequence, core_.roster.profile(slot).instance, core_.now});
        ++core_.counters.probes;
        core_.begin().ping(core_.envelope(), {sequence, false}, 0);
        core_.request(core_.endpoint_of(slot));
    }
    // Never less than T: without damping the longest hold is nothing.
    const Duration pause =
        std::max(std::min(core_.timing.period * (kReturnPausePeriods
                                                 << std::min(return_tries_, kReturnPausesDoubled)),
                          core_.timing.membership.flapping.next),
                 core_.timing.period);
    held_until_ = core_.now + pause;
    core_.timers.set(held_until_, TimerKind::HoldEnd);
    if (++return_tries_ == 2) {
        note_held(pause, kNoSlot);
    }
    return !asked.empty();
}

// Late answers are told too, also after the return: that somebody lives is for detection to know.
// From its horizon on an answer says nothing.
std::optional<Instant> Claims::on_return_ack(const Ack& ack, const Envelope& envelope) {
    const auto found =
        std::find_if(return_probes_.begin(), return_probes_.end(), [&](const ReturnProbe& probe) {
            return probe.sequence == ack.sequence && probe.instance == envelope.instance;
        });
    if (found == return_probes_.end()) {
        return std::nullopt;
    }
    const Instant sent = found->sent;
    return_probes_.erase(found);
    if (sent < core_.now - core_.timing.silence_max * kReturnProbeDepths) {
        return std::nullopt;
    }
    if (held_until_ == kNever || core_.is_leaving || sent != return_asked_at_) {
        return sent;
    }
    if (return_answers_ == 0) {
        const Instant slow = return_asked_at_ + (core_.now - return_asked_at_) * kQuickestAnswers;
        return_deadline_ = std::max(return_deadline_, slow);
    }
    if (core_.now <= return_deadline_ && ++return_answers_ >= return_answers_wanted_) {
        return_now();
    }
    return sent;
}

void Claims::return_now() {
    Claim death = core_.roster.claim(core_.self);
    death.state = MemberState::Dead;
    death.incarnation = std::max(death.incarnation, held_incarnation_);
    refute(death);
}

void Claims::end_hold() {
    if (held_until_ != kNever) {
        held_until_ = kNever;
        flapping_.returned(core_.now);
    }
}

// What was asked before says nothing now, so a try that had begun is made anew.
void Claims::resumed() {
    pending_.clear();
    return_probes_.clear();
    if (held_until_ != kNever && return_tries_ > 0) {
        --return_tries_;
        held_until_ = core_.now;
        core_.timers.set(held_until_, TimerKind::HoldEnd);
    }
}

void Claims::note_held(Duration pause, Slot teller) {
    core_.note_evidence(EvidenceKind::HeldBack, core_.self, teller, pause);
    core_.notice(NoticeKind::HeldBack, 0, {},
                 static_cast<std::uint64_t>(
                     std::chrono::duration_cast<std::chrono::milliseconds>(pause).count()));
}

Duration Claims::held_for(Instant now) const {
    // It ends with its timer, which may be late.
    constexpr Duration kAtOnce = std::chrono::nanoseconds(1);
    return held_until_ == kNever ? Duration::zero() : std::max(held_until_ - now, kAtOnce);
}

bool Claims::stays_away(Instant now) const {
    // The first try takes a round trip, no more.
    const bool is_first_try = is_free_return_ && return_tries_ == 1 && now <= return_deadline_;
    return held_until_ != kNever && !is_first_try;
}

void Claims::refute(const Claim& claim) {
    // SWIM section 4.2: only the accused answers an accusation, with a greater incarnation. Leaving
    // beats every incarnation of its generation, so that takes a new generation.
    // Others refuse an incarnation that jumps, so a claim that does is outdone by a generation too.
    const Record& held = core_.roster[core_.self];
    if (claim.generation > held.generation || claim.state == MemberState::Left ||
        claim.incarnation >= kIncarnationMax - 1 ||
        claim.incarnation - held.incarnation >= kIncarnationJumpMax) {
        if (!raise_generation_above(claim.generation)) {
            return;  // Who said it would say it again, for ever.
        }
    } else {
        Claim own = core_.roster.claim(core_.self);
        own.incarnation = claim.incarnation + 1;
        core_.roster.update(core_.self, own, kNoProfile, core_.roster[core_.self].since);
        view_changed();
        core_.queue.add(core_.self, UpdateClass::Verdict);
    }
    end_hold();
    refuted_at_ = core_.now;
    ++core_.counters.refutations;
    outdated_.push_back(core_.self);
    core_.happened(MembershipEventKind::Refuted, core_.self);
}

// Mode memberd: what it said is still on its way to everybody, and need not be said to each.
bool Claims::refuted_lately() const {
    return core_.config.mode == Mode::Memberd &&
           core_.now < refuted_at_ + core_.timing.membership.digest_settle;
}

bool Claims::raise_generation_above(std::uint64_t generation) {
    Claim own = core_.roster.claim(core_.self);
    if (own.generation > generation) {
        return true;
    }
    // Others would refuse it too.
    if (generation >= kGenerationMax || generation_jumps(own.generation, generation + 1)) {
        ++core_.counters.claims_refused;
        return false;
    }
    own.generation = generation + 1;
    own.incarnation = 0;
    end_hold();  // What is new about us outdoes the death.
    core_.roster.update(core_.self, own, kNoProfile, core_.roster[core_.self].since);
    view_changed();
    core_.queue.add(core_.self, UpdateClass::Verdict);
    core_.notice(NoticeKind::GenerationRaised, 0, {}, own.generation);
    core_.note_change(ChangeKind::Updated, core_.self, MemberState::Alive, false);
    return true;
}

void Claims::restate_self(ProfileId profile, UpdateClass kind) {
    Claim own = core_.roster.claim(core_.self);
    if (own.incarnation >= kIncarnationMax - 1) {
        ++own.generation;
        own.incarnation = 0;
        core_.notice(NoticeKind::GenerationRaised, 0, {}, own.generation);
    } else {
        ++own.incarnation;
    }
    end_hold();
    core_.roster.update(core_.self, own, profile, core_.roster[core_.self].since);
    view_changed();
    core_.queue.add(core_.self, kind);
    core_.note_change(ChangeKind::Updated, core_.self, core_.shown_state(core_.self), false);
}

void Claims::leave_self() {
    Claim own = core_.roster.claim(core_.self);
    own.state = MemberState::Left;
    core_.roster.update(core_.self, own, kNoProfile, core_.now);
    view_changed();
    core_.queue.add(core_.self, UpdateClass::Departure);
    core_.note_change(ChangeKind::State, core_.self, MemberState::Alive, false);
}

}  // namespace memberd
