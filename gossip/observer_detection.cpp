#include "gossip/observer_detection.hpp"

#include <algorithm>

#include "detector/phi.hpp"
#include "detector/random.hpp"
#include "gossip/observers.hpp"

namespace memberd {
namespace {

constexpr std::size_t kWatchesMax = 256;
constexpr std::size_t kOutstandingMax = 4096;
// An unanswered ping is remembered for this many times the greatest depth of a death.
constexpr int kOutstandingDepths = 2;
// A connection that nothing was heard on for longer may have been closed to make room.
constexpr Duration kConnectionKept = std::chrono::seconds(30);
// Round trips until a new connection has carried a ping and its answer: three to set it up, one.
constexpr int kConnectingRoundTrips = 4;
// A miss must leave time for the questions to others: it is noticed in this part of the silence
// that a death takes.
constexpr int kTimeoutsInDepth = 3;
// One that holds itself back pings its subjects so many times as rarely.
constexpr Duration::rep kTurnsOfTheHeld = 4;
// A watch that is no subject is kept this long after its last use.
constexpr Duration kWatchIdle = std::chrono::seconds(30);

// Within a period, by chance: by a number of this run that is chance already.
Duration phase_of(const Core& core) {
    return Duration(mix64(core.roster.profile(core.self).instance) %
                    static_cast<std::uint64_t>(core.timing.period.count()));
}

}  // namespace

ObserverDetection::ObserverDetection(Core& core, Claims& claims)
    : core_(core),
      claims_(claims),
      doubt_(core.timing.self_doubt),
      slots_origin_(core.now - phase_of(core)),
      last_burst_(core.now - core.timing.burst_gap),
      last_answer_(core.now),
      last_canary_(core.now),
      contact_order_(1, core.random.next()),
      doubted_at_(core.now - core.timing.probe_timeout_min) {}

void ObserverDetection::start() {
    const Duration interval = core_.timing.membership.random_contact_interval;
    core_.timers.set(core_.now + core_.random.between(Duration::zero(), interval),
                     TimerKind::RandomContact);
}

// --- Who is watched ---

ObserverDetection::Watch* ObserverDetection::watch_of(Slot member) {
    const auto found = std::find_if(watches_.begin(), watches_.end(),
                                    [member](const Watch& w) { return w.member == member; });
    return found == watches_.end() ? nullptr : &*found;
}

const ObserverDetection::Watch* ObserverDetection::watch_of(Slot member) const {
    const auto found = std::find_if(watches_.begin(), watches_.end(),
                                    [member](const Watch& w) { return w.member == member; });
    return found == watches_.end() ? nullptr : &*found;
}

// The watch of a living member, made if need be; nothing when too many are watched already.
// Subjects have room of their own: whoever asks about many strangers must not stop us from watching
// them.
ObserverDetection::Watch* ObserverDetection::watch(Slot member) {
    Watch* known = watch_of(member);
    if (known == nullptr) {
        const std::size_t most = is_subject(member) ? kWatchesMax + kRingCountMax : kWatchesMax;
        if (watches_.size() >= most || member == core_.self || !core_.roster.is_live(member)) {
            return nullptr;
        }
        known = &watches_.emplace_back(core_.timing.round_trips);
        known->member = member;
        known->instance = core_.roster.profile(member).instance;
    }
    known->used_at = core_.now;
    return known;
}

void ObserverDetection::remove_outstanding(Slot member) {
    std::erase_if(outstanding_, [member](const Outstanding& o) { return o.member == member; });
}

void ObserverDetection::excuse_outstanding(Slot member) {
    for (Outstanding& o : outstanding_) {
        o.is_excused = o.is_excused || o.member == member;
    }
}

void ObserverDetection::drop_watches_of(Slot member) {
    std::erase_if(watches_, [member](const Watch& w) { return w.member == member; });
    std::erase_if(accusations_, [member](const Accusation& a) { return a.subject == member; });
    std::erase_if(reachable_, [member](const MemberTime& r) { return r.member == member; });
    std::erase_if(graces_, [member](const MemberTime& g) { return g.member == member; });
    std::erase_if(relays_, [member](const MemberTime& r) { return r.member == member; });
    remove_outstanding(member);
}

// The dead accuse nobody; whom they alone accused is not suspected any more.
void ObserverDetection::drop_accusations_by(Slot accuser) {
    scratch_slots_.clear();
    std::erase_if(accusations_, [&](const Accusation& a) {
        if (a.accuser == accuser) {
            scratch_slots_.push_back(a.subject);
            return true;
        }
        return false;
    });
    for (const Slot subject : scratch_slots_) {
        show_suspicion(subject);
    }
}

void ObserverDetection::refresh_neighbours() {
    if (!core_.neighbours.refresh() && !subject_lost_watch_) {
        return;
    }
    subject_lost_watch_ = false;
    for (Watch& w : watches_) {
        if (w.is_subject && !is_subject(w.member)) {
            w.is_subject = false;
            w.used_at = core_.now;
        }
    }
    // Also where they are the same: one that died and came back lost its watch in between.
    for (const Slot member : core_.neighbours.subjects()) {
        add_subject(member);
    }
}

bool ObserverDetection::is_subject(Slot member) const {
    const std::vector<Slot>& subjects = core_.neighbours.subjects();
    return std::binary_search(subjects.begin(), subjects.end(), member);
}

void ObserverDetection::add_subject(Slot member) {
    Watch* w = watch(member);
    if (w != nullptr && !w->is_subject) {
        w->is_subject = true;
        schedule_subject(*w,
                         core_.now + core_.random.between(Duration::zero(), core_.timing.period));
    }
}

const std::vector<Slot>& ObserverDetection::subjects() {
    refresh_neighbours();
    return core_.neighbours.subjects();
}

const std::vector<Slot>& ObserverDetection::observers() {
    refresh_neighbours();
    return core_.neighbours.observers();
}

void ObserverDetection::on_event(const MembershipEvent& event) {
    switch (event.kind) {
        case MembershipEventKind::Arrived:
            drop_watches_of(event.member);
            give_grace(event.member);
            return;
        case MembershipEventKind::Renewed: {
            const Watch* known = watch_of(event.member);
            if (known != nullptr &&
                known->instance != core_.roster.profile(event.member).instance) {
                // Another run: what was learned of the old one, good or bad, is no evidence about
                // it.
                drop_watches_of(event.member);
                show_suspicion(event.member);
                subject_lost_watch_ = true;
            }
            give_grace(event.member);
            return;
        }
        case MembershipEventKind::Departed:
            drop_watches_of(event.member);
            drop_accusations_by(event.member);
            return;
        case MembershipEventKind::LookAt:
            if (Watch* w = watch(event.member);
                w != nullptr && !w->case_is_open &&
                has_no_ping_since(*w, core_.timing.fresh_ping_interval)) {
                ping(*w, false);
            }
            return;
        case MembershipEventKind::Suspected:
        case MembershipEventKind::Refuted:
            return;
    }
}

void ObserverDetection::give_grace(Slot member) {
    std::erase_if(graces_, [member](const MemberTime& grace) { return grace.member == member; });
    if (core_.roster.profile(member).restarting) {
        if (Watch* w = watch_of(member)) {
            w->unanswered_since = kNever;
            remove_outstanding(member);
            close_case(*w, EvidenceKind::Withdrawn, Duration::zero());
        }
        graces_.push_back({member, core_.now + core_.timing.membership.restart_grace});
    }
}

bool ObserverDetection::has_grace(Slot member) const {
    return std::any_of(graces_.begin(), graces_.end(), [&](const MemberTime& grace) {
        return grace.member == member && core_.now < grace.at;
    });
}

// --- Pings and answers ---

void ObserverDetection::ping(Watch& w, bool fresh) {
    forget_old_pings();
    if (outstanding_.size() >= kOutstandingMax) {
        return;
    }
    const std::uint32_t sequence = core_.next_sequence();
    outstanding_.push_back({sequence, w.member, w.instance, core_.now, false});
    if (w.unanswered_since == kNever) {
        w.unanswered_since = core_.now;
    }
    if (fresh || w.last_ping == Instant::min()) {
        w.connected_at = core_.now;
    }
    w.last_ping = core_.now;
    w.used_at = core_.now;
    doubt_.sent(core_.now);
    ++core_.counters.probes;
    core_.begin().ping(core_.envelope(), {sequence, w.we_suspect}, 0);
    core_.request(core_.endpoint_of(w.member), fresh);
    const Instant due = core_.now + timeout_of(w);
    core_.timers.set(due, TimerKind::PingTimeout, sequence);
    if (w.is_subject || is_looked_at(w)) {
        w.record.sent(sequence, core_.now, due, probe_spacing(core_.timing));
    }
}

// What an answer of this member may take at least: as long as its own usually take, and those of
// everybody of late.
Duration ObserverDetection::usual_round_trip(const Watch& w) const {
    return std::max(w.answered_at == Instant::min() ? Duration::zero() : w.round_trips.smoothed(),
                    doubt_.recent_median());
}

// Who often pauses for long is given longer: its silence must last longer for a death, too.
Duration ObserverDetection::answer_timeout(const Watch& w) const {
    const Timing& timing = core_.timing;
    const Duration depth = required_silence(timing.silence_min, timing.silence_max,
                                            timing.phi_threshold, w.round_trips);
    return w.round_trips.probe_timeout(
        timing.probe_timeout_min, std::max(timing.probe_timeout_max, depth / kTimeoutsInDepth));
}

// A ping that may have to open its connection pays for that too.
Duration ObserverDetection::timeout_of(const Watch& w) const {
    const Timing& timing = core_.timing;
    const bool is_connected =
        w.answered_at > w.connected_at && core_.now - w.answered_at < kConnectionKept;
    if (is_connected) {
        return answer_timeout(w);
    }
    return std::max(timing.probe_timeout_max,
                    usual_round_trip(w) * kConnectingRoundTrips + timing.probe_timeout_min);
}

// An answer later than this says nothing any more; and what is never answered must not fill the
// list, or no ping could be sent one day. The list is in order of time.
void ObserverDetection::forget_old_pings() {
    const Instant horizon = core_.now - core_.timing.silence_max * kOutstandingDepths;
    const auto young = std::find_if(outstanding_.begin(), outstanding_.end(),
                                    [horizon](const Outstanding& o) { return o.sent >= horizon; });
    outstanding_.erase(outstanding_.begin(), young);
}

void ObserverDetection::schedule_subject(Watch& w, Instant at) {
    w.next_ping = at;
    core_.timers.set(at, TimerKind::SubjectPing, w.member);
}

void ObserverDetection::on_subject_ping(Slot member) {
    Watch* w = watch_of(member);
    if (w == nullptr || (!w->is_subject && !is_looked_at(*w)) || core_.now < w->next_ping) {
        return;
    }
    const auto turns =
        static_cast<Duration::rep>(std::max<std::size_t>(core_.neighbours.subjects().size(), 1));
    // The answer says when the subject wants the next one; this is for the case that none comes.
    // Nobody heeds whoever stays away: it need only hear how its view changes.
    const Duration own_turn =
        core_.timing.period * turns * (doubt() == DoubtReason::HeldBack ? kTurnsOfTheHeld : 1);
    schedule_subject(*w, core_.now + (is_looked_at(*w) ? probe_spacing(core_.timing) : own_turn));
    if (!w->case_is_open) {
        ping(*w, false);
    }
    judge_share(member);
}

void ObserverDetection::on_ack(const Ack& ack, const Envelope& envelope, Slot sender) {
    const auto found =
        std::find_if(outstanding_.begin(), outstanding_.end(),
                     [&ack](const Outstanding& o) { return o.sequence == ack.sequence; });
    if (Watch* asked = sender == kNoSlot ? nullptr : watch_of(sender);
        asked != nullptr && asked->instance == envelope.instance) {
        // Also where others have proved its life meanwhile.
        asked->record.answered(ack.sequence, core_.now);
        if (!asked->record.is_bad(share_since())) {
            end_share_accusation(*asked);
        }
    }
    if (found == outstanding_.end() || sender == kNoSlot) {
        ++core_.counters.late_acks;
        return;
    }
    const Outstanding answered = *found;
    if (answered.instance != envelope.instance || answered.member != sender) {
        return;  // Somebody else lives at that address now: the subject itself has not answered.
    }
    outstanding_.erase(found);
    if (answered.is_excused) {
        note_reachable(sender);
        return;
    }
    note_answer(sender, answered.sent);
    Watch* w = watch_of(sender);
    if (w != nullptr && w->is_subject && ack.next_slot_ms > 0) {
        const Duration cycle = core_.timing.period * (2 * kRingCountMax);
        const Duration wish =
            std::min<Duration>(std::chrono::milliseconds(ack.next_slot_ms), cycle);
        schedule_subject(
            *w,
            core_.now + (is_looked_at(*w) ? std::min(wish, probe_spacing(core_.timing)) : wish));
    }
}

void ObserverDetection::on_other_ack(Slot member, Instant sent) {
    if (!core_.roster.is_live(member)) {
        return;  // As of our own pings to it, which are forgotten with its death.
    }
    if (sent < withdrawn_at_) {
        note_reachable(member);
    } else {
        note_answer(member, sent);
    }
}

void ObserverDetection::note_answer(Slot member, Instant sent) {
    const Duration round_trip = core_.now - sent;
    if (round_trip < core_.timing.probe_timeout_min) {
        last_quick_answer_ = core_.now;
    }
    after_answer(round_trip);
    note_reachable(member);
    if (Watch* w = watch_of(member)) {
        w->round_trips.add(round_trip);
        w->answered_at = core_.now;
        w->own_alive_at = std::max(w->own_alive_at, sent);
        note_answering(*w);
        prove_life(*w, sent);
    }
}

void ObserverDetection::note_answering(Watch& w) {
    w.refused_since = kNever;
    w.relay = kNoSlot;
    w.relayed = 0;
    w.relay_streak = 0;
    if (w.is_link_broken) {
        w.is_link_broken = false;
        core_.note_evidence(EvidenceKind::LinkMended, w.member);
        core_.notice(NoticeKind::LinkMended, 0, core_.endpoint_of(w.member), 0,
                     std::string(core_.name_of(w.member)));
    }
}

bool ObserverDetection::is_silent(Slot member) const {
    const Watch* w = watch_of(member);
    return w != nullptr && w->case_is_open;
}

void ObserverDetection::note_reachable(Slot member) {
    const Instant horizon = core_.now - core_.timing.reachable_window;
    std::erase_if(reachable_,
                  [&](const MemberTime& r) { return r.member == member || r.at < horizon; });
    reachable_.push_back({member, core_.now});
}

std::uint32_t ObserverDetection::reachable_count(Slot accused) const {
    const Instant horizon = core_.now - core_.timing.reachable_window;
    std::uint32_t count = 1;  // This member itself.
    for (const MemberTime& r : reachable_) {
        if (r.member != accused && r.at >= horizon) {
            ++count;
        }
    }
    return count;
}

void ObserverDetection::on_ping_timeout(std::uint32_t sequence) {
    const auto found =
        std::find_if(outstanding_.begin(), outstanding_.end(),
                     [sequence](const Outstanding& o) { return o.sequence == sequence; });
    if (found == outstanding_.end()) {
        return;
    }
    const Outstanding missed = *found;
    Watch* w = watch_of(missed.member);
    if (w == nullptr || missed.is_excused || w->instance != missed.instance ||
        w->alive_at >= missed.sent) {
        outstanding_.erase(found);  // Excused by an answer to a later ping.
        if (w != nullptr && w->unanswered_since <= w->alive_at) {
            // Also one of the same instant, though it was sent after that answer.
            w->unanswered_since = first_unanswered(*w);
        }
        return;
    }
    ++core_.counters.probes_missed;
    for (Asker& asker : w->askers) {
        if (!asker.has_nack && core_.roster.is_live(asker.member)) {
            asker.has_nack = true;
            core_.begin().nack(core_.envelope(), {asker.sequence}, 0);
            core_.answer(asker.token, core_.endpoint_of(asker.member));
        }
    }
    // A helper has looked, and says so. It takes the case up when the asker's doubt lasts: when it
    // hears a suspicion.
    const bool only_helps =
        !w->is_subject && (is_looked_at(*w) || (!w->askers.empty() && !is_accused(w->member)));
    // Whoever doubts itself has enough cases of its own.
    const bool is_needless = only_helps || (!w->is_subject && must_be_quiet());
    if (!w->case_is_open && !is_needless) {
        open_case(*w);
    }
    judge_share(missed.member);
}

void ObserverDetection::on_random_contact() {
    core_.timers.set(core_.now + core_.timing.membership.random_contact_interval,
                     TimerKind::RandomContact);
    std::erase_if(watches_, [this](const Watch& w) {
        return !w.is_subject && !w.case_is_open && core_.now - w.used_at > kWatchIdle;
    });
    // A walk through everybody in a seeded order, one step each time; nobody is met twice before
    // all were met once.
    for (std::uint32_t tries = 0; tries < contact_order_.size() + 1; ++tries) {
        if (contact_position_ >= contact_order_.size()) {
            contact_order_ = Permutation(core_.roster.slot_count(), core_.random.next());
            contact_position_ = 0;
        }
        const Slot slot = contact_order_.at(contact_position_++);
        if (slot == core_.self || is_subject(slot) || !core_.roster.is_live(slot)) {
            continue;
        }
        if (Watch* w = watch(slot); w != nullptr && !w->case_is_open) {
            ping(*w, false);
        }
        return;
    }
}

// True also of a member that was never pinged: its `last_ping` lies before all time, so a
// difference of instants would overflow.
bool ObserverDetection::has_no_ping_since(const Watch& w, Duration lately) const {
    return w.last_ping < core_.now - lately;
}

void ObserverDetection::burst() {
    if (core_.now - last_burst_ < core_.timing.burst_gap) {
        return;
    }
    last_burst_ = core_.now;
    for (const Slot member : core_.neighbours.subjects()) {
        Watch* w = watch_of(member);
        if (w != nullptr && !w->case_is_open &&
            has_no_ping_since(*w, core_.timing.fresh_ping_interval / kRecentPingParts)) {
            ping(*w, false);
        }
    }
}

void ObserverDetection::note_refusal(Watch& w) {
    if (!is_refused(w)) {
        w.refused_since = core_.now;
    }
    w.refused_at = core_.now;
    // Its process has gone, whatever it has answered lately.
    std::erase_if(reachable_, [&](const MemberTime& r) { return r.member == w.member; });
}

void ObserverDetection::on_link(const LinkEvent& event) {
    if (event.state == LinkState::Up) {
        return;
    }
    for (Watch& w : watches_) {
        if (core_.endpoint_of(w.member) != event.peer) {
            continue;
        }
        if (event.state == LinkState::Refused) {
            note_refusal(w);
        }
        if (w.case_is_open) {
            return;
        }
        core_.note_evidence(EvidenceKind::LinkLost, w.member);
        if (w.is_subject && has_no_ping_since(w, core_.timing.fresh_ping_interval)) {
            ping(w, false);
        }
        if (event.state == LinkState::Refused && w.unanswered_since != kNever) {
            open_case(w);
        }
        return;
    }
}

void ObserverDetection::on_timer(const Timer& timer) {
    switch (timer.kind) {
        case TimerKind::SubjectPing:
            on_subject_ping(timer.key);
            return;
        case TimerKind::PingTimeout:
            on_ping_timeout(timer.key);
            return;
        case TimerKind::CaseTick:
            on_case_tick(timer.key, timer.at);
            return;
        case TimerKind::Backlog:
            answer_backlog();
            return;
        case TimerKind::AccusationEnd:
            expire_accusations();
            return;
        case TimerKind::RandomContact:
            on_random_contact();
            return;
        default:
            return;
    }
}

std::optional<Observation> ObserverDetection::observation(Instant now, Slot member) const {
    const Watch* w = watch_of(member);
    if (w == nullptr) {
        return std::nullopt;
    }
    Observation seen;
    seen.phi = w->unanswered_since == kNever ? 0.0 : phi(now - w->unanswered_since, w->round_trips);
    seen.answers = w->round_trips.count();
    if (seen.answers > 0) {
        seen.round_trip = w->round_trips.smoothed();
    }
    return seen;
}

}  // namespace memberd
