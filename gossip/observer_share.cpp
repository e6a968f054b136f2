// The part of ObserverDetection that asks what share of the probes a subject answers.
//
// A member that loses most of what it sends or hears is never silent for long: somebody among its
// observers and their helpers always gets an answer, and an answer ends the silence. So each
// observer also counts its own probes (answer_record.hpp). After a few misses in a row it takes a
// closer look, with a probe every sixth of P; where most of them are missed while most other
// subjects answer theirs, it says so as a suspicion with the number of misses. The other observers
// look closer then, and so do two members that are none, and one that is answered contradicts: it
// was the link. Where nobody does, and as many say so as a death needs, that is one. Whoever has
// looked looks again the later, the more often it has.
#include <algorithm>

#include "gossip/observer_detection.hpp"

namespace memberd {
namespace {

// Probes that count are P divided by this apart: a pause that the profile tolerates is 6 misses at
// most.
constexpr int kProbesPerDepth = 6;
// The pause after the first look, in P; it doubles.
constexpr int kLookPauseDepths = 20;
constexpr std::uint32_t kLookPausesDoubled = 4;
// Nobody is declared dead earlier than so many half P after it was accused: the other observers
// must have had the time to contradict.
constexpr int kContradictionHalfDepths = 3;
// Of the probes of whoever contradicts.
constexpr std::uint32_t kContradictionProbes = 6;
// A helper that has an answer each time, at once, reaches it well: the link is to blame.
constexpr std::uint32_t kRelayedInARow = 3;
constexpr std::size_t kShareAccusersMax = 16;
// Members that don't observe the subject and are told of the first accusation too, so that they
// look.
constexpr std::size_t kStrangersTold = 2;
// Whoever needed no look for so many P is looked at as if for the first time.
constexpr int kLooksForgottenDepths = 400;

// As long as a look lasts.
Duration share_length(const Timing& timing) {
    return timing.silence_min * static_cast<Duration::rep>(timing.share_depths);
}

}  // namespace

Duration ObserverDetection::probe_spacing(const Timing& timing) {
    return timing.silence_min / kProbesPerDepth;
}

Instant ObserverDetection::share_since() const {
    return core_.now - share_length(core_.timing);
}

// Whether at least three of four other subjects answer, of those that were asked in that time; and
// that is at least half of them.
bool ObserverDetection::others_answer(const Watch& w) {
    const Instant since = share_since();
    std::size_t subjects = 0;
    std::size_t asked = 0;
    std::size_t fine = 0;
    for (Watch& other : watches_) {
        if (!other.is_subject || other.member == w.member) {
            continue;
        }
        other.record.expire(core_.now);
        ++subjects;
        asked += other.record.share(since).all > 0 ? 1U : 0U;
        fine += other.record.is_fine(since) ? 1U : 0U;
    }
    return asked > 0 && 2 * asked >= subjects && 4 * fine >= 3 * asked;
}

bool ObserverDetection::answers_too_little(const Watch& w) {
    return w.is_subject && w.relay_streak < kRelayedInARow && w.record.is_bad(share_since()) &&
           others_answer(w);
}

// Enough for a death: and others had the time to contradict.
bool ObserverDetection::has_small_share(Watch& w) {
    const Duration wait = core_.timing.silence_min * kContradictionHalfDepths / 2;
    return w.accused_since != kNever && core_.now - w.accused_since >= wait &&
           answers_too_little(w);
}

bool ObserverDetection::is_looked_at(const Watch& w) const {
    return w.look_until != kNever && core_.now < w.look_until;
}

void ObserverDetection::look_closer(Watch& w) {
    const Duration depth = core_.timing.silence_min;
    if (w.look_until != kNever && core_.now - w.look_until > depth * kLooksForgottenDepths) {
        w.looks = 0;
    }
    w.look_since = core_.now;
    w.look_until = core_.now + share_length(core_.timing);
    w.next_look =
        w.look_until + depth * (kLookPauseDepths << std::min(w.looks, kLookPausesDoubled));
    ++w.looks;
    w.words = 0;
    w.accused_since = kNever;
    w.share_accusers.clear();
    if (!w.is_subject || w.next_ping > core_.now + probe_spacing(core_.timing)) {
        schedule_subject(w, core_.now + probe_spacing(core_.timing));
    }
    burst();  // How are the others?
}

// Called whenever a probe may have been decided.
void ObserverDetection::judge_share(Slot member) {
    Watch* w = watch_of(member);
    if (w == nullptr || (!w->is_subject && !is_looked_at(*w))) {
        return;
    }
    w->record.expire(core_.now);
    if (doubt() != DoubtReason::None || has_grace(member)) {
        return;
    }
    if (is_looked_at(*w)) {
        keep_hearing_answers(last_round_trip_);  // Most of our pings may go to it.
        w = watch_of(member);
        const AnswerShare seen = w->record.share(w->look_since);
        const std::uint32_t answered = seen.all - seen.missed;
        if (answered > AnswerRecord::kLength - AnswerRecord::kMissedMin &&
            (seen.all >= kContradictionProbes || w->share_accusers.empty())) {
            w->look_until = core_.now;  // It answers too much for a verdict.
            contradict(*w);
        }
    } else if (core_.now >= w->next_look && w->record.is_doubtful(share_since()) &&
               others_answer(*w)) {
        look_closer(*w);
        w = watch_of(member);
    }
    if (!answers_too_little(*w)) {
        end_share_accusation(*w);
        return;
    }
    if (core_.now < w->next_word) {
        return;
    }
    w->accused_since = std::min(w->accused_since, core_.now);
    w->next_word = core_.now + core_.timing.suspicion_resend;
    ++core_.counters.suspicions;
    const AnswerShare share = w->record.share(share_since());
    core_.note_evidence(EvidenceKind::AnswersTooLittle, member, kNoSlot, silence_of(*w),
                        share.missed);
    say_suspicion(*w, silence_of(*w), w->accused_since == core_.now ? kStrangersTold : 0);
    accuse(member, core_.self, silence_of(*w), share.missed);
    consider_death(*w);
}

// Whoever accused it is told that it answers here, if it does.
void ObserverDetection::contradict(Watch& w) {
    const AnswerShare seen = w.record.share(share_since());
    if (seen.all < kContradictionProbes || !w.record.is_fine(share_since())) {
        return;
    }
    const Alive alive{core_.name_of(w.member), w.instance, 0, to_wire_ms(core_.now - w.alive_at),
                      seen.all - seen.missed};
    for (const Slot accuser : w.share_accusers) {
        if (core_.roster.is_live(accuser)) {
            core_.begin().alive(core_.envelope(), alive, 0);
            core_.request(core_.endpoint_of(accuser));
        }
    }
    w.share_accusers.clear();
}

// Another observer is answered: the misses here are those of a link, and count no more.
void ObserverDetection::hear_of_answers(Watch& w) {
    w.record = AnswerRecord();
    w.look_until = std::min(w.look_until, core_.now);
    end_share_accusation(w);
}

// What this member said of the misses is over, for itself at once; elsewhere it runs out.
void ObserverDetection::end_share_accusation(Watch& w) {
    if (w.accused_since == kNever) {
        return;
    }
    w.accused_since = kNever;
    if (!w.case_is_open) {
        std::erase_if(accusations_, [&](const Accusation& a) {
            return a.subject == w.member && a.accuser == core_.self;
        });
        show_suspicion(w.member);
    }
}

// Another observer has counted too many misses.
void ObserverDetection::hear_of_share(Slot member, Slot accuser) {
    Watch* w = watch(member);
    if (w == nullptr || doubt() != DoubtReason::None) {
        return;
    }
    w->record.expire(core_.now);
    const AnswerShare seen = w->record.share(share_since());
    const bool is_contradicted =
        seen.all >= kContradictionProbes && w->record.is_fine(share_since());
    if (!is_contradicted && !is_looked_at(*w)) {
        look_closer(*w);
        w = watch_of(member);
    }
    std::erase(w->share_accusers, accuser);
    if (w->share_accusers.size() < kShareAccusersMax) {
        w->share_accusers.push_back(accuser);
    }
    if (is_contradicted) {
        contradict(*w);
    }
    consider_death(*w);
}

}  // namespace memberd
