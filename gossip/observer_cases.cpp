// The second half of ObserverDetection: what happens once a ping was missed.
#include <algorithm>
#include <string>

#include "detector/phi.hpp"
#include "gossip/observer_detection.hpp"
#include "gossip/observers.hpp"

namespace memberd {
namespace {

constexpr std::size_t kAccusationsMax = 4096;
// Every so many-th suspicion of a case is said to all.
constexpr std::uint32_t kWordsToAll = 4;
// A link is broken when others have reached a member so often in turn that we could not.
constexpr std::uint32_t kRelayedOfABrokenLink = 5;
// A case that lasts longer than this many times the depth goes on at a fourth of its pace.
constexpr int kPatientAfterDepths = 4;
constexpr int kPatience = 4;
// Its suspicions must stay within their validity, which is 2.4 times their usual distance: else no
// two accusers of a long case would ever know of each other.
constexpr int kPatienceOfWords = 2;
// A connection is replaced when it has not answered for this many intervals of fresh pings: an
// answer that is merely slower than the timeout must not lose its way.
constexpr int kConnectionPatience = 3;

}  // namespace

Duration ObserverDetection::silence_of(const Watch& w) const {
    return w.unanswered_since == kNever ? Duration::zero() : core_.now - w.unanswered_since;
}

// The machine lives and nobody listens there: the process has gone.
bool ObserverDetection::is_refused(const Watch& w) const {
    return w.refused_since != kNever && core_.now - w.refused_at <= core_.timing.refused_for;
}

Instant ObserverDetection::suspect_at(const Watch& w) const {
    // After a miss the helpers have as much time as after the longest usual timeout.
    const Duration after_miss = core_.timing.suspect_after - core_.timing.probe_timeout_max;
    const Instant silent =
        w.unanswered_since + std::max(core_.timing.suspect_after, answer_timeout(w) + after_miss);
    return is_refused(w) ? std::min(silent, w.refused_since + core_.timing.refused_for / 2)
                         : silent;
}

// When the evidence is deep enough for a death.
Instant ObserverDetection::deep_at(const Watch& w) const {
    const Instant silent =
        w.unanswered_since + required_silence(core_.timing.silence_min, core_.timing.silence_max,
                                              core_.timing.phi_threshold, w.round_trips);
    // Said more than once, or it may have been the moment of a restart.
    const Duration said_for = w.refused_at - w.refused_since;
    const bool is_sure = is_refused(w) && said_for >= core_.timing.refused_for / 2;
    return is_sure ? std::min(silent, w.refused_since + core_.timing.refused_for) : silent;
}

std::size_t ObserverDetection::open_cases() const {
    return static_cast<std::size_t>(std::count_if(watches_.begin(), watches_.end(),
                                                  [](const Watch& w) { return w.case_is_open; }));
}

std::size_t ObserverDetection::case_count() const {
    return open_cases() + accusations_.size();
}

void ObserverDetection::open_case(Watch& w) {
    if (doubt() == DoubtReason::HeldBack) {
        return;  // Nobody would heed what it finds.
    }
    if (has_grace(w.member)) {
        // It said that it would be back: its time does not count yet.
        w.unanswered_since = kNever;
        remove_outstanding(w.member);
        return;
    }
    const Slot member = w.member;
    w.case_is_open = true;
    w.we_suspect = false;
    w.helpers.clear();
    w.has_asked_strangers = false;
    w.words = 0;
    w.next_suspicion = kNever;
    core_.note_evidence(EvidenceKind::PingUnanswered, member, kNoSlot, silence_of(w));
    // Whoever was asked by others need not ask more than who reached the subject last time: they
    // are on the case already. And where all answers are slow nobody is accused, so nobody need be
    // asked.
    w.next_helpers = kNever;
    if (!must_be_quiet()) {
        const bool relay_will_do = has_relay(w);
        if (!w.askers.empty()) {
            ask_relay(w);
        } else {
            ask_helpers(w, relay_will_do ? 1 : core_.timing.ping_req_count);
            w.next_helpers = relay_will_do ? core_.now + core_.timing.fresh_ping_interval : kNever;
        }
    }
    w.is_reconnected = may_replace_connection(w);
    ping(w, w.is_reconnected);
    // All are asked now: whether the others answer quickly is known at once.
    w.next_fresh_ping = core_.now + core_.timing.fresh_ping_interval / kRecentPingParts;
    schedule_case(w);
    burst();
}

void ObserverDetection::close_case(Watch& w, EvidenceKind how, Duration age) {
    if (!w.case_is_open) {
        return;
    }
    core_.note_evidence(how, w.member, kNoSlot, age);
    w.case_is_open = false;
    w.we_suspect = false;
    w.next_helpers = kNever;
    w.case_tick = kNever;
    const Slot member = w.member;
    if (w.alive_at >= core_.now - age) {
        for (const Helper& helper : w.helpers) {
            if (helper.has_nack) {
                tell_helper(w, helper.member);
            }
        }
    }
    if (!answers_too_little(w)) {
        std::erase_if(accusations_, [&](const Accusation& a) {
            return a.subject == member && a.accuser == core_.self;
        });
    }
    show_suspicion(member);
}

void ObserverDetection::schedule_case(Watch& w) {
    Instant next = std::min(w.next_fresh_ping, w.next_helpers);
    if (doubt() != DoubtReason::None) {
        next = std::min(next, doubt_.next_change(core_.now));
    } else if (!w.we_suspect) {
        next = std::min(next, std::max(core_.now, suspect_at(w)));
    } else {
        next = std::min(next, w.next_suspicion);
        const Instant ready = std::max(deep_at(w), relays_had_time(w));
        if (ready > core_.now) {
            next = std::min(next, ready);
        }
    }
    // Never at this very instant: a case must not spin.
    w.case_tick = std::max(next, core_.now + std::chrono::milliseconds(1));
    core_.timers.set(w.case_tick, TimerKind::CaseTick, w.member);
}

void ObserverDetection::on_case_tick(Slot member, Instant at) {
    Watch* w = watch_of(member);
    if (w == nullptr || !w->case_is_open || w->case_tick != at) {
        return;
    }
    if (core_.now >= w->next_fresh_ping) {
        const bool patient = silence_of(*w) > core_.timing.silence_min * kPatientAfterDepths;
        w->next_fresh_ping = core_.now + fresh_ping_pause(patient);
        // Once: a connection needs its time, the more so where much is lost.
        const bool reconnect = !w->is_reconnected && !w->we_suspect && may_replace_connection(*w);
        w->is_reconnected = w->is_reconnected || reconnect;
        ping(*w, reconnect);
    }
    if (core_.now >= w->next_helpers) {
        w->next_helpers = kNever;
        ask_helpers(*w, core_.timing.ping_req_count);
    } else if (w->askers.empty()) {
        replace_silent_helpers(*w);
    }
    if (!must_be_quiet()) {
        ask_new_relays(*w);
    }
    keep_hearing_answers(last_answer_);
    w = watch_of(member);  // Other members may have been added to the list.
    const bool doubts = doubt() != DoubtReason::None;
    const Duration silence = silence_of(*w);
    if (!doubts && core_.now >= suspect_at(*w) &&
        (!w->we_suspect || core_.now >= w->next_suspicion)) {
        suspect(*w, silence);
        w = watch_of(member);
    }
    if (!doubts) {
        consider_death(*w);
        w = watch_of(member);
    }
    if (w != nullptr && w->case_is_open) {
        schedule_case(*w);
    }
}

// Cases share the pings of one, but none is slower than a patient one; where quiet is kept, they go
// one after the other.
Duration ObserverDetection::fresh_ping_pause(bool is_patient) {
    const Duration interval = core_.timing.fresh_ping_interval;
    if (must_be_quiet()) {
        // One a period at least; and every subject is asked as often as without a case.
        const Duration period = std::max(interval, core_.timing.period);
        const Duration each = std::clamp(quiet_pause(), interval, period);
        const Duration longest = std::max<Duration>(
            interval * kPatience, period * static_cast<Duration::rep>(core_.timing.ring_count));
        quiet_slot_ = std::max(quiet_slot_, core_.now) + each;
        return std::clamp(quiet_slot_ - core_.now, interval * kPatience, longest);
    }
    if (is_patient) {
        return interval * kPatience;
    }
    return interval *
           std::clamp<Duration::rep>(static_cast<Duration::rep>(open_cases()), 1, kPatience);
}

// A connection may be stuck behind what it lost: then it is given up. But where nobody has answered
// quickly since, all links may have become slower than a timeout, and an answer that is on its way
// must not lose it; nor may a new connection be given up before it could have answered.
bool ObserverDetection::may_replace_connection(const Watch& w) const {
    const Duration patience = core_.timing.fresh_ping_interval * kConnectionPatience;
    const bool others_are_quick = last_quick_answer_ > w.unanswered_since;
    return (others_are_quick || silence_of(w) >= patience) &&
           core_.now >= w.connected_at + std::max(patience, timeout_of(w));
}

void ObserverDetection::suspect(Watch& w, Duration silence) {
    const bool is_of_use = is_heard(w);
    if (!w.we_suspect) {
        w.we_suspect = true;
        ++core_.counters.suspicions;
        core_.note_evidence(EvidenceKind::Suspected, w.member, kNoSlot, silence,
                            phi(silence, w.round_trips));
        ping(w, may_replace_connection(w));
    }
    if (is_of_use) {
        w.has_asked_strangers ? ask_for_more_accusers(w) : ask_strangers(w);
        w.has_asked_strangers = true;
    }
    const bool patient = silence > core_.timing.silence_min * kPatientAfterDepths;
    w.next_suspicion = core_.now + core_.timing.suspicion_resend * (patient ? kPatienceOfWords : 1);
    if (is_of_use) {
        say_suspicion(w, silence);
    }
    accuse(w.member, core_.self, silence);
}

// To its observers and to who asked, for they may have something to say about it. Where that is not
// enough for a death, the second time to them again, and to the helpers. Then, every time but
// kWordsToAll, to those of its observers alone who accuse it too: of the others each would have
// said so, and then it becomes such; and of all who accuse it, some must hear enough of the rest,
// not each.
void ObserverDetection::say_suspicion(Watch& w, Duration silence, std::size_t strangers) {
    std::vector<Slot> audience;
    std::vector<Slot> known;
    find_observers(core_.roster, w.member, static_cast<int>(core_.timing.ring_count), known);
    known.push_back(w.member);
    if (strangers > 0) {
        core_.pick_live(strangers, known, audience);
    }
    const bool is_first = w.words == 0;
    const bool must_reach_more = w.words == 1 && has_few_accusers(w);
    if (w.words++ % kWordsToAll == 0 || must_reach_more) {
        audience.insert(audience.end(), known.begin(), known.end());
        for (const Helper& helper : w.helpers) {
            if (!is_first) {
                audience.push_back(helper.member);
            }
        }
        for (const Asker& asker : w.askers) {
            audience.push_back(asker.member);
        }
    }
    for (const Accusation& accusation : accusations_) {
        if (accusation.subject == w.member &&
            std::find(known.begin(), known.end(), accusation.accuser) != known.end()) {
            audience.push_back(accusation.accuser);
        }
    }
    std::sort(audience.begin(), audience.end());
    audience.erase(std::unique(audience.begin(), audience.end()), audience.end());
    SuspicionEntry entry;
    entry.subject = core_.name_of(w.member);
    entry.subject_instance = w.instance;
    entry.generation = core_.roster[w.member].generation;
    entry.incarnation = core_.roster[w.member].incarnation;
    entry.age_ms = to_wire_ms(silence);
    entry.missed = answers_too_little(w) ? w.record.share(share_since()).missed : 0;
    for (const Slot slot : audience) {
        if (slot == core_.self || slot == w.member || !core_.roster.is_live(slot)) {
            continue;
        }
        Encoder encoder = core_.begin();
        encoder.suspicion(core_.envelope(), 1, 0);
        encoder.suspicion_entry(entry);
        core_.request(core_.endpoint_of(slot));
    }
}

void ObserverDetection::consider_death(Watch& w) {
    const bool is_deep = w.case_is_open && w.we_suspect && core_.now >= deep_at(w);
    if (doubt() != DoubtReason::None || (!is_deep && !has_small_share(w))) {
        return;
    }
    if (is_deep) {
        ask_new_relays(w);
        if (core_.now < relays_had_time(w)) {
            return;
        }
    }
    std::uint32_t breadth =
        accusers_needed(core_.timing.accuser_count, core_.roster.live(), reachable_count(w.member));
    if (doubt_.alone(core_.now)) {
        breadth = 1;  // Nobody is left to agree, or nobody hears us: then our own evidence decides,
                      // for us alone.
    }
    // Against one that is heard of now and then only those count who have counted as well.
    std::vector<std::uint64_t> keys;
    if (valid_accusers(w.member, !is_deep, &keys) < breadth) {
        return;
    }
    const Slot member = w.member;
    for (const std::uint64_t key : keys) {
        core_.note_evidence(EvidenceKind::DeclaredDead, member, core_.roster.find_key(key),
                            silence_of(w), phi(silence_of(w), w.round_trips));
    }
    const std::uint64_t own_key = core_.roster.profile(core_.self).key;
    if (const auto own = std::find(keys.begin(), keys.end(), own_key); own != keys.end()) {
        std::iter_swap(keys.begin(), own);
    }
    claims_.declare_dead(member, keys);
    core_.tell(core_.endpoint_of(member), member, false);  // The accused first; then the flood.
}

std::size_t ObserverDetection::valid_accusers(Slot subject,
                                              bool of_share,
                                              std::vector<std::uint64_t>* keys) const {
    const Instant horizon = core_.now - core_.timing.suspicion_validity;
    std::size_t count = 0;
    for (const Accusation& accusation : accusations_) {
        if (accusation.subject == subject &&
            (of_share ? accusation.share_heard : accusation.heard) >= horizon &&
            core_.roster.is_live(accusation.accuser)) {
            ++count;
            if (keys != nullptr) {
                keys->push_back(accusation.accuser_key);
            }
        }
    }
    return count;
}

// --- Life ---

// Sending time of the first ping that waits for its answer and is later than all that were
// answered.
Instant ObserverDetection::first_unanswered(const Watch& w) const {
    Instant first = kNever;
    for (const Outstanding& o : outstanding_) {
        if (o.member == w.member && !o.is_excused && o.sent > w.alive_at) {
            first = std::min(first, o.sent);
        }
    }
    return first;
}

void ObserverDetection::prove_life(Watch& w, Instant at) {
    w.alive_at = std::max(w.alive_at, at);
    w.unanswered_since = first_unanswered(w);
    tell_askers(w);
    if (w.unanswered_since == kNever || silence_of(w) < core_.timing.suspect_after) {
        close_case(w, EvidenceKind::Answered, core_.now - at);
    }
}

void ObserverDetection::on_alive(const Alive& alive, Slot sender) {
    const Slot subject = core_.roster.find(alive.subject);
    Watch* w = subject == kNoSlot ? nullptr : watch_of(subject);
    if (w == nullptr || w->instance != alive.subject_instance || sender == kNoSlot) {
        return;
    }
    last_answer_ = core_.now;
    if (!core_.timing.heeds_proof_of_others) {
        return;
    }
    if (alive.answered > 0) {
        hear_of_answers(*w);
    }
    const Instant at = core_.now - std::chrono::milliseconds(alive.age_ms);
    if (w->unanswered_since == kNever || at <= w->unanswered_since) {
        return;  // The ping that it answered is older than ours: no news.
    }
    core_.note_evidence(EvidenceKind::HelperAlive, subject, sender,
                        std::chrono::milliseconds(alive.age_ms));
    if (alive.sequence != 0) {
        remember_relay(*w, sender, alive.sequence);
        if (w->relayed >= kRelayedOfABrokenLink && !w->is_link_broken) {
            w->is_link_broken = true;
            core_.note_evidence(EvidenceKind::LinkBroken, subject, sender);
            core_.notice(NoticeKind::LinkBroken, 0, core_.endpoint_of(subject), 0,
                         std::string(alive.subject));
        }
    }
    // It lives, though not for us. Our own pings begin anew at the next turn, not at once: a link
    // that is cut for long must not keep a case going, so the turns become those of a sound link.
    w->alive_at = std::max(w->alive_at, at);
    w->unanswered_since = kNever;
    w->refused_since = kNever;
    remove_outstanding(subject);
    tell_askers(*w);
    close_case(*w, EvidenceKind::Withdrawn, core_.now - at);
    if (w->is_subject) {
        const auto turns = std::clamp<Duration::rep>(
            w->relayed, 1, std::max<Duration::rep>(std::ssize(core_.neighbours.subjects()), 1));
        const Instant turn =
            std::max(core_.now + core_.timing.period, w->last_ping + core_.timing.period * turns);
        schedule_subject(
            *w, is_looked_at(*w) ? std::min(turn, core_.now + probe_spacing(core_.timing)) : turn);
    }
}

// --- Evidence of others ---

void ObserverDetection::on_suspicion(const EncodedList<SuspicionEntry>& entries,
                                     Slot sender,
                                     ReplyToken token) {
    if (sender == kNoSlot || !core_.roster.is_live(sender)) {
        return;
    }
    SuspicionEntry entry;
    for (ListCursor<SuspicionEntry> cursor(entries); cursor.next(entry);) {
        const Slot subject = core_.roster.find(entry.subject);
        if (subject == kNoSlot || subject == core_.self || !core_.roster.is_live(subject) ||
            core_.roster.profile(subject).instance != entry.subject_instance || subject == sender) {
            continue;
        }
        if (entry.missed > 0) {
            // No answer contradicts it: some are answered. Only the share that it has here counts.
            accuse(subject, sender, std::chrono::milliseconds(entry.age_ms), entry.missed);
            hear_of_share(subject, sender);
            continue;
        }
        Watch* w = watch(subject);
        if (w != nullptr && w->alive_at > core_.now - std::chrono::milliseconds(entry.age_ms)) {
            Alive alive{entry.subject, entry.subject_instance, 0,
                        to_wire_ms(core_.now - w->alive_at)};
            core_.begin().alive(core_.envelope(), alive, 0);
            core_.answer(token, core_.endpoint_of(sender));
            continue;
        }
        if (w != nullptr && !w->case_is_open) {
            if (w->unanswered_since != kNever && silence_of(*w) >= timeout_of(*w)) {
                open_case(*w);
            } else if (has_no_ping_since(*w, core_.timing.fresh_ping_interval)) {
                ping(*w, false);
            }
        }
        accuse(subject, sender, std::chrono::milliseconds(entry.age_ms));
        if (w = watch_of(subject); w != nullptr) {
            consider_death(*w);
        }
    }
}

void ObserverDetection::accuse(Slot subject, Slot accuser, Duration age, std::uint32_t missed) {
    const auto known = std::find_if(
        accusations_.begin(), accusations_.end(),
        [&](const Accusation& a) { return a.subject == subject && a.accuser == accuser; });
    if (known != accusations_.end()) {
        known->heard = core_.now;
        known->share_heard = missed > 0 ? core_.now : known->share_heard;
    } else if (accusations_.size() < kAccusationsMax) {
        accusations_.push_back({subject, accuser, core_.roster.profile(accuser).key, core_.now,
                                missed > 0 ? core_.now : Instant::min()});
        if (accuser != core_.self) {
            core_.note_evidence(
                missed > 0 ? EvidenceKind::AnswersTooLittle : EvidenceKind::SuspectedBy, subject,
                accuser, age, missed);
        }
    }
    set_accusation_end();
    show_suspicion(subject);
}

void ObserverDetection::set_accusation_end() {
    // One timer for all, for the one that ends first: repetitions must not pile timers up.
    if (accusation_end_is_set_ || accusations_.empty()) {
        return;
    }
    Instant oldest = kNever;
    for (const Accusation& accusation : accusations_) {
        oldest = std::min(oldest, accusation.heard);
    }
    accusation_end_is_set_ = true;
    core_.timers.set(oldest + core_.timing.suspicion_validity + std::chrono::milliseconds(1),
                     TimerKind::AccusationEnd);
}

void ObserverDetection::expire_accusations() {
    accusation_end_is_set_ = false;
    const Instant horizon = core_.now - core_.timing.suspicion_validity;
    scratch_slots_.clear();
    std::erase_if(accusations_, [&](const Accusation& a) {
        if (a.heard < horizon) {
            scratch_slots_.push_back(a.subject);
            return true;
        }
        return false;
    });
    for (const Slot subject : scratch_slots_) {
        show_suspicion(subject);
    }
    set_accusation_end();
}

bool ObserverDetection::is_accused(Slot member) const {
    return std::any_of(accusations_.begin(), accusations_.end(),
                       [member](const Accusation& a) { return a.subject == member; });
}

void ObserverDetection::show_suspicion(Slot member) {
    const bool suspected = core_.roster.is_live(member) && is_accused(member);
    if (!core_.roster[member].used || core_.roster[member].is_suspected == suspected) {
        return;
    }
    const MemberState previous = core_.shown_state(member);
    core_.roster.set_suspected(member, suspected);
    if (core_.shown_state(member) != previous) {
        core_.note_change(ChangeKind::State, member, previous, false);
    }
}

}  // namespace memberd
