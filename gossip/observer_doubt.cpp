// The part of ObserverDetection that doubts this member itself: after an answer, a pause, a late
// timer, and after every input.
#include <algorithm>
#include <string>

#include "gossip/observer_detection.hpp"

namespace memberd {
namespace {

// Members that are asked whether anybody answers are asked so many times in W.
constexpr int kQuestionsInDoubt = 4;
// In a long silence the pauses are this part of it, and so many periods at most.
constexpr int kSilenceParts = 4;
constexpr int kQuietPeriodsMax = 4;

std::string_view reason_text(DoubtReason reason) {
    switch (reason) {
        case DoubtReason::None:
            return "";
        case DoubtReason::Silence:
            return "none of this agent's requests is answered";
        case DoubtReason::Pause:
            return "this process did not run for a while";
        case DoubtReason::LateLoop:
            return "this process runs late";
        case DoubtReason::SlowAnswers:
            return "all answers are slow";
        case DoubtReason::HeldBack:
            return "this agent was removed, and stays away for a while";
    }
    return "";
}

}  // namespace

void ObserverDetection::after_answer(Duration round_trip) {
    last_answer_ = core_.now;
    last_round_trip_ = core_.now;
    if (doubt_.answered(core_.now, round_trip) == AfterAnswer::RestartCases) {
        withdraw_cases();
    }
}

void ObserverDetection::withdraw_cases() {
    withdrawn_at_ = core_.now;
    for (std::size_t i = 0; i < watches_.size(); ++i) {
        Watch& w = watches_[i];
        const bool was_open = w.case_is_open;
        w.record = AnswerRecord();
        close_case(w, EvidenceKind::Withdrawn, silence_of(w));
        w.unanswered_since = kNever;
        excuse_outstanding(w.member);
        if (was_open) {
            ping(w, true);
        }
    }
}

void ObserverDetection::keep_hearing_answers(Instant last_answer) {
    // While a case is open most of our pings may go to the dead; somebody else must be asked, or we
    // would doubt ourselves. Where nobody answers, the rarer the longer that lasts.
    const Duration pause = core_.timing.self_doubt.silence / kQuestionsInDoubt + quiet_pause();
    if (last_answer + pause <= core_.now && core_.now - last_canary_ >= pause) {
        last_canary_ = core_.now;
        ask_random_members(doubt() == DoubtReason::None ? 2 : 1);
    }
}

// What is left out between two questions where all have been silent for long: a part of the
// silence, so that its end is noticed late by no more than that part.
Duration ObserverDetection::quiet_pause() const {
    const Duration silent = core_.now - last_answer_;
    const Duration of_doubt = silent - core_.timing.self_doubt.silence;
    return std::clamp(of_doubt / kSilenceParts, Duration::zero(),
                      core_.timing.period * kQuietPeriodsMax);
}

void ObserverDetection::ask_random_members(std::size_t count) {
    std::vector<Slot> excluded;
    for (const Watch& w : watches_) {
        if (w.case_is_open) {
            excluded.push_back(w.member);
        }
    }
    std::vector<Slot> picked;
    core_.pick_live(count, excluded, picked);
    for (const Slot slot : picked) {
        if (Watch* w = watch(slot)) {
            ping(*w, false);
        }
    }
}

// Those of a member that stays away were pinged rarely.
void ObserverDetection::ping_all_subjects_soon() {
    for (Watch& w : watches_) {
        if (w.is_subject) {
            schedule_subject(
                w, core_.now + core_.random.between(Duration::zero(), core_.timing.period));
        }
    }
}

void ObserverDetection::check_doubt() {
    const DoubtReason reason = doubt();
    doubted_at_ = reason == DoubtReason::None ? doubted_at_ : core_.now;
    // Each message of a backlog ends the doubt and the next begins it anew: that is told once.
    const bool may_come_back = reason == DoubtReason::None &&
                               told_doubt_ != DoubtReason::HeldBack &&
                               core_.now - doubted_at_ < core_.timing.probe_timeout_min;
    if (reason != told_doubt_ && !may_come_back) {
        if (told_doubt_ == DoubtReason::HeldBack || reason == DoubtReason::HeldBack) {
            // Nobody heeds what is seen while away, and it was seen with bad eyes.
            withdraw_cases();
        }
        if (told_doubt_ == DoubtReason::HeldBack) {
            ping_all_subjects_soon();
        }
        if (reason != DoubtReason::None) {
            ask_random_members(2);
            core_.notice(NoticeKind::DoubtBegan, static_cast<std::uint8_t>(reason), {}, 0,
                         std::string(reason_text(reason)));
        } else {
            core_.notice(NoticeKind::DoubtEnded);
        }
        told_doubt_ = reason;
    }
    const bool alone = doubt_.alone(core_.now);
    if (alone && !told_alone_) {
        core_.notice(NoticeKind::Minority);
    }
    told_alone_ = alone;
}

std::string_view ObserverDetection::doubt_text() const {
    return reason_text(doubt());
}

void ObserverDetection::settle() {
    refresh_neighbours();
    doubt_.set_company(core_.roster.live() - 1);
    note_long_silence();
    if (doubt_.is_half_silent(core_.now)) {
        // The only ones asked of late may be dead, or their answers excused.
        keep_hearing_answers(last_round_trip_);
    }
    check_doubt();
}

void ObserverDetection::resumed(Duration gap) {
    doubt_.paused(core_.now, gap);
    // Nothing that was asked before can be held against anybody now.
    outstanding_.clear();
    for (Watch& w : watches_) {
        w.unanswered_since = kNever;
        w.record.forget_undecided();
        w.askers.clear();
        close_case(w, EvidenceKind::Withdrawn, gap);
    }
    accusations_.clear();
    for (Slot slot = 0; core_.roster.suspected() > 0 && slot < core_.roster.slot_count(); ++slot) {
        show_suspicion(slot);
    }
    last_burst_ = core_.now - core_.timing.burst_gap;
    burst();
}

void ObserverDetection::late(Duration lateness) {
    doubt_.late(core_.now, lateness);
}

}  // namespace memberd
