#include "chaos/sim/evidence_checker.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include <fmt/core.h>

#include "detector/answer_record.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

// Longer than any ping is of use to any engine.
constexpr Duration kQuestionKept = 60s;
// More than an engine has under way.
constexpr std::size_t kNameChecksKept = 64;
// A doubt is counted from requests that the engine may not count (the check of a name, a contact
// with the dead), so it is blamed only for what is beyond question.
constexpr double kDoubtSlack = 1.2;
// The accused of a death that a sync has brought is told so often, half a period apart.
constexpr int kTellings = 3;
// Probes whose share counts are P divided by this apart.
constexpr int kProbesPerDepth = 6;

// The sender, if it is the run that this engine knows by that name.
bool is_known_sender(const EngineCall& call) {
    const Envelope& envelope = call.heard->envelope;
    const auto view = call.engine.find(envelope.name);
    return view && view->claim.instance == envelope.instance;
}

// As it was when the call began: whoever died in it was alive.
bool is_live(const EngineCall& call, std::string_view name) {
    const auto view = call.engine.find(name);
    if (!view) {
        return false;
    }
    return !is_gone(view->claim.state) ||
           std::any_of(call.out.changes.begin(), call.out.changes.end(), [&](const Change& change) {
               return call.pool[change.profile].name() == name && is_gone(change.claim.state);
           });
}

// accusers_needed() again: a mistake there must not make the checker blind to itself.
std::uint32_t breadth_wanted(std::uint32_t most, std::uint32_t n, std::uint32_t reachable) {
    return std::min({most, n - 1, std::max(2U, reachable)});
}

// Whoever declares a death tells the accused at once; reports of others are not said like that
// before they have been applied.
bool tells_the_accused(const EngineCall& call, std::string_view name) {
    return std::any_of(call.sent.begin(), call.sent.end(), [&](const SentMessage& sent) {
        Update update;
        ListCursor<Update> cursor(sent.message.updates);
        return sent.message.updates.count == 1 && cursor.next(update) && update.name == name &&
               update.claim.state == MemberState::Dead && update.accuser_count > 0;
    });
}

bool is_table(const Message& message) {
    return std::holds_alternative<Sync>(message.body) ||
           std::holds_alternative<Welcome>(message.body);
}

// How many of the accusers are alive that come with this death, where the message just heard tells
// it and is no table.
std::optional<std::size_t> live_accusers_heard(const EngineCall& call,
                                               std::string_view name,
                                               const Claim& claim) {
    if (call.heard == nullptr || is_table(*call.heard)) {
        return std::nullopt;
    }
    std::optional<std::size_t> most;
    Update update;
    for (ListCursor<Update> cursor(call.heard->updates); cursor.next(update);) {
        if (update.name == name && update.claim == claim) {
            const std::span accusers(update.accusers, update.accuser_count);
            const auto live =
                std::count_if(accusers.begin(), accusers.end(), [&](std::string_view accuser) {
                    return accuser != name && is_live(call, accuser);
                });
            most = std::max(most.value_or(0), static_cast<std::size_t>(live));
        }
    }
    return most;
}

}  // namespace

void EvidenceChecker::began() {
    observers_.emplace_back();
}

void EvidenceChecker::ended(const Ghost& ghost) {
    observers_[ghost.run] = {};
}

void EvidenceChecker::stood_still(const Ghost& ghost, Instant local, Duration gap) {
    // What was asked before can't be held against anybody.
    Observer& observer = observers_[ghost.run];
    observer.questions.clear();
    observer.subjects.clear();
    observer.accusations.clear();
    observer.reports.clear();
    if (gap >= timing_.self_doubt.stall_min) {
        observer.stalled_at = local;
    }
}

void EvidenceChecker::judge(const EngineCall& call, Violations& violations) {
    Observer& observer = observers_[call.ghost.run];
    note_runs(call, observer);
    if (call.heard != nullptr) {
        hear(call, observer);
    }
    if (call.link != nullptr && call.link->state == LinkState::Refused) {
        Subject& subject = observer.subjects[call.link->peer];
        subject.refused_since = std::min(subject.refused_since, call.local);
        std::erase_if(observer.round_trips, [&](const RoundTrip& known) {
            const auto view = call.engine.find(known.name);
            return view && call.pool[view->profile].endpoint == call.link->peer;
        });
    }
    if (std::any_of(call.out.notices.begin(), call.out.notices.end(),
                    [](const Notice& notice) { return notice.kind == NoticeKind::DoubtEnded; })) {
        observer.withdrawn_at = call.local;
    }
    note_requests(call, observer);
    const auto deaths = static_cast<std::uint64_t>(
        std::count_if(call.out.changes.begin(), call.out.changes.end(), is_death));
    for (const Change& change : call.out.changes) {
        if (!is_death(change)) {
            continue;
        }
        const bool is_own =
            call.deaths_declared > 0 && (call.deaths_declared == deaths ||
                                         tells_the_accused(call, call.pool[change.profile].name()));
        if (is_own) {
            judge_own(call, observer, change, violations);
        } else {
            judge_relayed(call, observer, change, violations);
        }
    }
    note_arrivals(call, observer);
}

// --- Evidence ---

// Whoever came, went, restarted or announced that: an engine knows nothing of it any more.
void EvidenceChecker::note_runs(const EngineCall& call, Observer& observer) {
    for (const Change& change : call.out.changes) {
        const ProfilePool::Entry& profile = call.pool[change.profile];
        const std::string_view name = profile.name();
        Run& run = observer.runs[std::string(name)];
        if (run.instance != change.claim.instance || is_gone(change.claim.state) ||
            is_gone(change.previous) || profile.restarting) {
            run = {change.claim.instance, call.local};
            Subject& subject = observer.subjects[profile.endpoint];
            subject.withdrawn_at = call.local;
            subject.unanswered_at_latest = kNever;
            std::erase_if(observer.round_trips,
                          [&](const RoundTrip& known) { return known.name == name; });
        }
    }
}

void EvidenceChecker::hear(const EngineCall& call, Observer& observer) {
    const Message& message = *call.heard;
    if (const auto* ack = std::get_if<Ack>(&message.body)) {
        hear_ack(call, observer, ack->sequence);
    } else if (const auto* alive = std::get_if<Alive>(&message.body)) {
        hear_alive(call, observer, *alive);
    } else if (const auto* suspicion = std::get_if<Suspicion>(&message.body)) {
        hear_suspicions(call, observer, *suspicion);
    } else if (is_table(message)) {
        hear_reports(call, observer);
    }
}

// Sending time of the first ping to `address` after `after` that waits for its answer.
Instant EvidenceChecker::first_unanswered(const Observer& observer,
                                          const Endpoint& address,
                                          Instant after) {
    Instant first = kNever;
    for (const Question& question : observer.questions) {
        if (question.to == address && question.sent > after) {
            first = std::min(first, question.sent);
        }
    }
    return first;
}

// Whether no engine can have taken the answer for none: it is young, nothing has happened since the
// question that makes engines give up what they asked, and no later question was answered before.
bool EvidenceChecker::counts(const EngineCall& call,
                             const Observer& observer,
                             const Question& question) const {
    const auto view = call.engine.find(call.heard->envelope.name);
    if (view && call.pool[view->profile].restarting) {
        return false;  // Nothing is held against it, and what was asked is given up.
    }
    const auto run = observer.runs.find(std::string(call.heard->envelope.name));
    const auto subject = observer.subjects.find(question.to);
    return call.local - question.sent <= timing_.silence_max &&
           question.sent >= observer.withdrawn_at &&
           (run == observer.runs.end() || question.sent > run->second.since) &&
           (subject == observer.subjects.end() || (question.sent >= subject->second.withdrawn_at &&
                                                   question.sent > subject->second.heard_at));
}

void EvidenceChecker::note_probe(const EngineCall& call,
                                 Subject& subject,
                                 std::uint32_t sequence) const {
    const Instant horizon =
        call.local - timing_.silence_min * static_cast<Duration::rep>(timing_.share_depths);
    std::erase_if(subject.probes, [&](const Probe& probe) { return probe.sent < horizon; });
    subject.probes.push_back({sequence, call.local, false});
}

// Later than the shortest timeout an engine may have counted it as missed.
void EvidenceChecker::note_answer(const EngineCall& call,
                                  Observer& observer,
                                  std::uint32_t sequence) const {
    const auto view = call.engine.find(call.heard->envelope.name);
    if (!view) {
        return;
    }
    for (Probe& probe : observer.subjects[call.pool[view->profile].endpoint].probes) {
        probe.is_answered =
            probe.is_answered ||
            (probe.sequence == sequence && call.local - probe.sent <= timing_.probe_timeout_min);
    }
}

// Whether an engine may have counted enough misses: so many, and not faster than they count.
bool EvidenceChecker::answers_too_little(const Subject& subject) const {
    std::size_t missed = 0;
    Instant first = kNever;
    Instant last = Instant::min();
    for (const Probe& probe : subject.probes) {
        if (!probe.is_answered) {
            ++missed;
            first = std::min(first, probe.sent);
            last = std::max(last, probe.sent);
        }
    }
    return missed >= AnswerRecord::kMissedMin &&
           last - first >= timing_.silence_min / kProbesPerDepth * (AnswerRecord::kMissedMin - 1);
}

void EvidenceChecker::hear_ack(const EngineCall& call, Observer& observer, std::uint32_t sequence) {
    note_answer(call, observer, sequence);
    const auto found =
        std::find_if(observer.questions.begin(), observer.questions.end(),
                     [&](const Question& question) { return question.sequence == sequence; });
    if (found == observer.questions.end() || !is_known_sender(call)) {
        return;
    }
    const Question answered = *found;
    const bool surely_counts = counts(call, observer, answered);
    if (observer.unheeded_since != kNever &&
        call.local - observer.unheeded_since >= timing_.self_doubt.silence) {
        observer.withdrawn_at = call.local;  // It ended a doubt: all cases begin anew.
    }
    observer.unanswered_since = kNever;
    observer.stalled_at = kNever;
    Subject& subject = observer.subjects[answered.to];
    subject.refused_since = kNever;
    subject.heard_at = std::max(subject.heard_at, answered.sent);
    subject.unanswered_at_latest =
        first_unanswered(observer, answered.to,
                         std::max({answered.sent, subject.withdrawn_at, observer.withdrawn_at}));
    if (!surely_counts) {
        return;
    }
    observer.questions.erase(found);
    observer.unheeded_since = kNever;
    subject.alive_at = std::max(subject.alive_at, answered.sent);
    subject.unanswered_since = first_unanswered(observer, answered.to, subject.alive_at);
    // An engine may have given up a ping that is answered late, and then counts no round trip.
    if (call.local - answered.sent <= timing_.probe_timeout_min) {
        const std::string_view name = call.heard->envelope.name;
        std::erase_if(observer.round_trips,
                      [&](const RoundTrip& known) { return known.name == name; });
        observer.round_trips.push_back({std::string(name), call.local});
    }
}

void EvidenceChecker::hear_alive(const EngineCall& call, Observer& observer, const Alive& alive) {
    const auto view = call.engine.find(alive.subject);
    if (!view || view->claim.instance != alive.subject_instance || !is_known_sender(call)) {
        return;
    }
    const Endpoint& address = call.pool[view->profile].endpoint;
    Subject& subject = observer.subjects[address];
    const Instant at = call.local - std::chrono::milliseconds(alive.age_ms);
    subject.withdrawn_at = call.local;
    Instant unanswered_at_latest = std::exchange(subject.unanswered_at_latest, kNever);
    if (unanswered_at_latest <= observer.withdrawn_at) {
        unanswered_at_latest = first_unanswered(observer, address, observer.withdrawn_at);
    }
    if (unanswered_at_latest == kNever || at <= unanswered_at_latest ||
        at <= observer.withdrawn_at) {
        return;  // May be no news.
    }
    subject.alive_at = std::max(subject.alive_at, at);
    subject.unanswered_since = kNever;
    std::erase_if(observer.questions,
                  [&](const Question& question) { return question.to == address; });
}

void EvidenceChecker::hear_suspicions(const EngineCall& call,
                                      Observer& observer,
                                      const Suspicion& suspicion) {
    const std::string_view accuser = call.heard->envelope.name;
    if (!is_known_sender(call)) {
        return;
    }
    SuspicionEntry entry;
    for (ListCursor<SuspicionEntry> cursor(suspicion.entries); cursor.next(entry);) {
        if (entry.subject == accuser) {
            continue;
        }
        std::erase_if(observer.accusations, [&](const Accusation& known) {
            return known.subject == entry.subject_instance && known.accuser == accuser;
        });
        observer.accusations.push_back({entry.subject_instance, std::string(accuser), call.local});
    }
}

void EvidenceChecker::hear_reports(const EngineCall& call, Observer& observer) {
    Update update;
    for (ListCursor<Update> cursor(call.heard->updates); cursor.next(update);) {
        if (update.claim.state == MemberState::Dead) {
            const Numbers numbers = numbers_of(update.claim);
            std::vector<Report>& reports = observer.reports[update.claim.instance];
            const bool is_known =
                std::any_of(reports.begin(), reports.end(),
                            [&](const Report& report) { return report.numbers == numbers; });
            if (!is_known) {
                reports.push_back({numbers, call.local});
            }
        }
    }
}

// Whether a newcomer was the cause, who is put off: what is asked then, and again under the same
// number, is no probe.
bool EvidenceChecker::is_name_check(const EngineCall& call,
                                    Observer& observer,
                                    std::uint32_t sequence) {
    std::vector<std::uint32_t>& known = observer.name_checks;
    if (std::find(known.begin(), known.end(), sequence) != known.end()) {
        return true;
    }
    const bool is_refused = std::any_of(
        call.sent.begin(), call.sent.end(),
        [](const SentMessage& sent) { return std::holds_alternative<Refuse>(sent.message.body); });
    if (call.heard == nullptr || !std::holds_alternative<Join>(call.heard->body) || !is_refused) {
        return false;
    }
    if (known.size() >= kNameChecksKept) {
        known.erase(known.begin());
    }
    known.push_back(sequence);
    return true;
}

void EvidenceChecker::note_requests(const EngineCall& call, Observer& observer) {
    for (const SentMessage& sent : call.sent) {
        const auto* ping = std::get_if<Ping>(&sent.message.body);
        // A ping that carries a death is a contact with the dead, which wants no answer.
        const bool is_probe = ping != nullptr && sent.message.updates.count == 0 &&
                              !is_name_check(call, observer, ping->sequence);
        if (!is_probe && !std::holds_alternative<PingReq>(sent.message.body)) {
            continue;
        }
        observer.unanswered_since = std::min(observer.unanswered_since, call.local);
        observer.unheeded_since = std::min(observer.unheeded_since, call.local);
        if (is_probe) {
            observer.questions.push_back({ping->sequence, sent.send->to, call.local});
            Subject& subject = observer.subjects[sent.send->to];
            note_probe(call, subject, ping->sequence);
            subject.unanswered_since = std::min(subject.unanswered_since, call.local);
            subject.unanswered_at_latest = std::min(subject.unanswered_at_latest, call.local);
        }
    }
    const Instant horizon = call.local - kQuestionKept;
    std::erase_if(observer.questions,
                  [&](const Question& question) { return question.sent < horizon; });
    std::erase_if(observer.accusations,
                  [&](const Accusation& known) { return known.heard < horizon; });
    std::erase_if(observer.round_trips, [&](const RoundTrip& known) { return known.at < horizon; });
}

// Of another run at that address, or of the same after its death, nothing is known yet.
void EvidenceChecker::note_arrivals(const EngineCall& call, Observer& observer) {
    for (const Change& change : call.out.changes) {
        const bool is_back = change.kind == ChangeKind::State &&
                             change.claim.state == MemberState::Alive && is_gone(change.previous);
        if (!is_back) {
            continue;
        }
        const Endpoint address = call.pool[change.profile].endpoint;
        std::erase_if(observer.questions, [&](const Question& question) {
            return question.to == address && question.sent < call.local;
        });
        Subject subject;
        subject.unanswered_since = first_unanswered(observer, address, Instant::min());
        subject.unanswered_at_latest = subject.unanswered_since;
        observer.subjects[address] = subject;
    }
}

// --- Verdicts ---

void EvidenceChecker::judge_own(const EngineCall& call,
                                const Observer& observer,
                                const Change& death,
                                Violations& violations) const {
    const ProfilePool::Entry& profile = call.pool[death.profile];
    const auto subject = observer.subjects.find(profile.endpoint);
    const bool has_asked =
        subject != observer.subjects.end() && subject->second.unanswered_since != kNever;
    const Duration silence =
        has_asked ? call.local - subject->second.unanswered_since : Duration::zero();
    const std::string text = fmt::format("{} declares {} dead", call.who(), profile.name());
    const bool was_refused = subject != observer.subjects.end() &&
                             subject->second.refused_since != kNever &&
                             call.local - subject->second.refused_since >= timing_.refused_for;
    const bool is_lossy = subject != observer.subjects.end() && answers_too_little(subject->second);
    if (silence < timing_.silence_min && !was_refused && !is_lossy) {
        violations.add(call.now, "I5",
                       fmt::format("{} after a silence of {:.3f} s, which is less than {:.3f} s",
                                   text, seconds(silence), seconds(timing_.silence_min)));
    }
    const std::size_t accusers = accusers_of(call, observer, death.claim.instance) + 1;
    const std::uint32_t wanted = accusers_wanted(call, observer, profile.name());
    if (accusers < wanted) {
        violations.add(call.now, "I5",
                       fmt::format("{} with {} of {} accusers", text, accusers, wanted));
    }
    judge_doubt(call, observer, text, violations);
}

// Whether nobody may have answered it for so long that its own evidence decides.
bool EvidenceChecker::may_be_alone(const EngineCall& call, const Observer& observer) const {
    const SelfDoubtSettings& limits = timing_.self_doubt;
    return observer.unheeded_since != kNever &&
           call.local - observer.unheeded_since >= limits.silence + limits.doubt_max;
}

void EvidenceChecker::judge_doubt(const EngineCall& call,
                                  const Observer& observer,
                                  const std::string& text,
                                  Violations& violations) const {
    const SelfDoubtSettings& limits = timing_.self_doubt;
    if (observer.stalled_at != kNever && call.local < observer.stalled_at + limits.doubt_max) {
        violations.add(call.now, "I5",
                       fmt::format("{}, {:.3f} s after it stood still and without an answer since",
                                   text, seconds(call.local - observer.stalled_at)));
    }
    if (observer.unanswered_since == kNever || may_be_alone(call, observer)) {
        return;
    }
    const Duration silence = call.local - observer.unanswered_since;
    if (seconds(silence) >= kDoubtSlack * seconds(limits.silence)) {
        violations.add(
            call.now, "I5",
            fmt::format("{}, though nobody has answered it for {:.3f} s", text, seconds(silence)));
    }
}

std::size_t EvidenceChecker::accusers_of(const EngineCall& call,
                                         const Observer& observer,
                                         std::uint64_t subject) const {
    const Instant horizon = call.local - timing_.suspicion_validity;
    return static_cast<std::size_t>(std::count_if(
        observer.accusations.begin(), observer.accusations.end(), [&](const Accusation& known) {
            return known.subject == subject && known.heard >= horizon &&
                   is_live(call, known.accuser);
        }));
}

std::uint32_t EvidenceChecker::accusers_wanted(const EngineCall& call,
                                               const Observer& observer,
                                               std::string_view accused) const {
    if (may_be_alone(call, observer)) {
        return 1;
    }
    const Instant horizon = call.local - timing_.reachable_window;
    const auto reachable =
        1 + std::count_if(observer.round_trips.begin(), observer.round_trips.end(),
                          [&](const RoundTrip& known) {
                              const auto view = call.engine.find(known.name);
                              return known.at >= horizon && known.name != accused && view &&
                                     !is_gone(view->claim.state);
                          });
    const EngineStatus status = call.engine.status(call.local);
    // The accused was live too; whoever else died in this call is left out here and above for the
    // accuser's benefit, and is an accuser all the same.
    return breadth_wanted(timing_.accuser_count, status.alive + status.suspect + 1,
                          static_cast<std::uint32_t>(reachable));
}

void EvidenceChecker::judge_relayed(const EngineCall& call,
                                    const Observer& observer,
                                    const Change& death,
                                    Violations& violations) const {
    const std::string_view name = call.pool[death.profile].name();
    if (const auto accusers = live_accusers_heard(call, name, death.claim)) {
        const EngineStatus status = call.engine.status(call.local);
        const std::size_t wanted = std::min<std::size_t>(2, status.alive + status.suspect);
        if (*accusers < wanted) {
            violations.add(call.now, "I6",
                           fmt::format("{} believes that {} is dead on the word of {} of {}",
                                       call.who(), name, *accusers, wanted));
        }
        return;
    }
    const auto reports = observer.reports.find(death.claim.instance);
    const bool is_due =
        reports != observer.reports.end() &&
        std::any_of(reports->second.begin(), reports->second.end(), [&](const Report& report) {
            return report.numbers == numbers_of(death.claim) &&
                   call.local - report.heard >= kTellings * timing_.period / 2;
        });
    if (!is_due) {
        violations.add(call.now, "I6",
                       fmt::format("{} shows {} dead, and nobody has said so for long enough",
                                   call.who(), name));
    }
}

}  // namespace memberd::sim
