// The part of ObserverDetection that asks others about a subject, and answers those who ask.
#include <algorithm>
#include <string>
#include <utility>

#include "gossip/observer_detection.hpp"
#include "gossip/observers.hpp"

namespace memberd {
namespace {

// Helpers in all that are asked about one subject in one case.
constexpr std::size_t kHelpersMax = 12;
// Members that don't observe the subject and are asked too when it becomes suspect, by each of its
// observers.
constexpr std::size_t kStrangersAsked = 1;
// One in so many helpers must say nothing before others are asked in their place.
constexpr std::size_t kSilentHelpersParts = 2;
// In one case where helpers say nothing at all, each replaced by another.
constexpr std::size_t kReplacedHelpersMax = 32;
// Whoever was asked in this many times the longest timeout is not asked about somebody else.
constexpr int kAskedLately = 5;
// Helpers that are asked within the time of a probe, for all cases together. Where everything is
// missed at once, questions would only slow each other down.
constexpr std::size_t kHelpersAtOnce = 16;
// The same where nobody has answered since the first of several cases: so many questions show
// whether anybody hears us.
constexpr std::size_t kHelpersOfTheUnheard = 4;
constexpr std::size_t kAskersMax = 16;
// Helpers that are remembered because they reached whom we could not.
constexpr std::size_t kRelaysMax = 4;
// A death waits for them no longer than this many times the shortest timeout.
constexpr int kRelayTimeouts = 2;

}  // namespace

// --- Asking ---

// Whom not to ask about a subject: itself, this member, who was asked already, and whoever may be
// as dead as the subject.
std::vector<Slot> ObserverDetection::no_helpers_for(const Watch& w) const {
    std::vector<Slot> excluded{core_.self, w.member};
    for (const Helper& helper : w.helpers) {
        excluded.push_back(helper.member);
    }
    for (const Watch& other : watches_) {
        if (other.case_is_open) {
            excluded.push_back(other.member);
        }
    }
    return excluded;
}

std::size_t ObserverDetection::helper_budget() const {
    const Instant horizon = core_.now - core_.timing.probe_timeout_max;
    std::size_t asked = 0;
    for (const Watch& w : watches_) {
        asked += static_cast<std::size_t>(
            std::count_if(w.helpers.begin(), w.helpers.end(),
                          [horizon](const Helper& helper) { return helper.asked_at > horizon; }));
    }
    const std::size_t most = is_unheard() ? kHelpersOfTheUnheard : kHelpersAtOnce;
    return most - std::min(asked, most);
}

bool ObserverDetection::has_answer_since(Instant since) const {
    return last_answer_ > since;
}

// Where nobody at all has answered since our ping to it left, it is rather us: nobody would share
// what we say. Unless that has lasted for so long that our word may be the only one.
bool ObserverDetection::is_heard(const Watch& w) const {
    return has_answer_since(w.unanswered_since) || doubt_.alone(core_.now);
}

// Several are silent, and so is everybody since the first of them was.
bool ObserverDetection::is_unheard() const {
    return open_cases() > 1 && std::none_of(watches_.begin(), watches_.end(), [&](const Watch& w) {
               return w.case_is_open && has_answer_since(w.unanswered_since);
           });
}

void ObserverDetection::ask_helpers(Watch& w, std::size_t wanted) {
    const std::size_t count = std::min(wanted, helper_budget());
    std::vector<Slot> candidates;
    find_observers(core_.roster, w.member, static_cast<int>(core_.timing.ring_count), candidates);
    std::vector<Slot> excluded = no_helpers_for(w);
    std::erase_if(candidates, [&](Slot slot) {
        return std::find(excluded.begin(), excluded.end(), slot) != excluded.end();
    });
    // Fisher-Yates: which of its observers are asked is chance.
    for (std::size_t i = candidates.size(); i > 1; --i) {
        std::swap(candidates[i - 1], candidates[core_.random.below(i)]);
    }
    if (candidates.size() < count) {
        excluded.insert(excluded.end(), candidates.begin(), candidates.end());
        std::vector<Slot> others;
        core_.pick_live(count - candidates.size(), excluded, others);
        candidates.insert(candidates.end(), others.begin(), others.end());
    }
    candidates.resize(std::min(candidates.size(), count));
    if (count > 0) {
        add_relay(w, excluded, candidates);
    }
    ask(w, candidates);
}

// Helpers that say nothing may be cut off from us as the subject is. Then somebody may stand
// between the two sides whom both reach: the more are asked, each once for all cases, the sooner
// one is found. Where most helpers speak, they are enough: the others are only sick.
void ObserverDetection::replace_silent_helpers(Watch& w) {
    const Instant horizon = core_.now - core_.timing.probe_timeout_min;
    const auto silent = static_cast<std::size_t>(
        std::count_if(w.helpers.begin(), w.helpers.end(), [horizon](const Helper& helper) {
            return !helper.has_nack && helper.asked_at <= horizon;
        }));
    if (silent * kSilentHelpersParts < w.helpers.size()) {
        return;
    }
    const std::size_t count =
        std::min({silent, std::size_t{core_.timing.ping_req_count}, helper_budget(),
                  kReplacedHelpersMax - std::min(w.helpers.size(), kReplacedHelpersMax)});
    if (count == 0 || must_be_quiet()) {
        return;
    }
    std::vector<Slot> excluded = no_helpers_for(w);
    const Instant lately = core_.now - core_.timing.probe_timeout_max * kAskedLately;
    for (const Watch& other : watches_) {
        for (const Helper& helper : other.helpers) {
            if (helper.asked_at > lately) {
                excluded.push_back(helper.member);
            }
        }
    }
    ask_strangers(w, count, std::move(excluded));
}

// What cuts a subject off from all its observers need not cut it off from the others. First those
// that reached somebody else for us lately: where a cut leaves a way around, few members stand on
// it.
void ObserverDetection::ask_strangers(Watch& w, std::size_t count, std::vector<Slot> excluded) {
    std::vector<Slot> strangers;
    for (const auto& [relay, at] : relays_) {
        if (strangers.size() < count && core_.roster.is_live(relay) &&
            std::find(excluded.begin(), excluded.end(), relay) == excluded.end()) {
            strangers.push_back(relay);
            excluded.push_back(relay);
        }
    }
    core_.pick_live(count - strangers.size(), excluded, strangers);
    ask(w, strangers);
}

void ObserverDetection::ask_relay(Watch& w) {
    std::vector<Slot> relay;
    add_relay(w, no_helpers_for(w), relay);
    relay.resize(std::min(relay.size(), helper_budget()));
    ask(w, relay);
}

// Who reached this subject for us last time is asked in the place of another; who reached somebody
// else is asked too: where a cut leaves a way around, few members stand on it.
void ObserverDetection::add_relay(const Watch& w,
                                  const std::vector<Slot>& excluded,
                                  std::vector<Slot>& helpers) const {
    const auto is_in = [](const std::vector<Slot>& slots, Slot slot) {
        return std::find(slots.begin(), slots.end(), slot) != slots.end();
    };
    const Slot own = has_relay(w) ? w.relay : kNoSlot;
    const Slot relay = own == kNoSlot && !relays_.empty() ? relays_.front().member : own;
    if (relay == kNoSlot || is_in(excluded, relay) || is_in(helpers, relay)) {
        return;
    }
    if (own != kNoSlot && !helpers.empty()) {
        helpers.pop_back();
    }
    helpers.push_back(relay);
}

// Somebody reached the subject for us when we could not, and it has not answered us since.
bool ObserverDetection::has_relay(const Watch& w) const {
    if (w.relay == kNoSlot || !core_.roster.is_live(w.relay)) {
        return false;
    }
    const Watch* of_relay = watch_of(w.relay);
    return of_relay == nullptr || !of_relay->case_is_open;
}

// It reached somebody else while this case was open already: it may stand on the only way around
// what cuts the subject off, too.
bool ObserverDetection::is_new_relay(const Watch& w, const MemberTime& relay) const {
    return relay.at >= w.unanswered_since && relay.member != w.member &&
           core_.roster.is_live(relay.member) && !is_silent(relay.member);
}

void ObserverDetection::ask_new_relays(Watch& w) {
    std::vector<Slot> unasked;
    for (const MemberTime& relay : relays_) {
        if (is_new_relay(w, relay) &&
            std::none_of(w.helpers.begin(), w.helpers.end(),
                         [&](const Helper& helper) { return helper.member == relay.member; })) {
            unasked.push_back(relay.member);
        }
    }
    ask(w, unasked);
}

// When the last of them has had the time for an answer. Bounded, however many there are.
Instant ObserverDetection::relays_had_time(const Watch& w) const {
    Instant end = Instant::min();
    for (const Helper& helper : w.helpers) {
        const bool is_relay = std::any_of(relays_.begin(), relays_.end(), [&](const MemberTime& r) {
            return r.member == helper.member && is_new_relay(w, r);
        });
        if (is_relay && !helper.has_nack) {
            end = std::max(end, helper.asked_at + core_.timing.probe_timeout_min);
        }
    }
    return std::min(end, deep_at(w) + core_.timing.probe_timeout_min * kRelayTimeouts);
}

void ObserverDetection::remember_relay(Watch& w, Slot helper, std::uint32_t sequence) {
    const bool had_nack = std::any_of(w.helpers.begin(), w.helpers.end(), [&](const Helper& asked) {
        return asked.sequence == sequence && asked.has_nack;
    });
    w.relay_streak = had_nack ? 0 : w.relay == helper ? w.relay_streak + 1 : 1;
    w.relay = helper;
    ++w.relayed;
    std::erase_if(relays_, [helper](const MemberTime& r) { return r.member == helper; });
    relays_.insert(relays_.begin(), {helper, core_.now});
    relays_.resize(std::min(relays_.size(), kRelaysMax));
}

void ObserverDetection::ask(Watch& w, const std::vector<Slot>& helpers) {
    for (const Slot helper : helpers) {
        const std::uint32_t sequence = core_.next_sequence();
        w.helpers.push_back({helper, sequence, false, core_.now});
        PingReq ping_req{sequence, core_.name_of(w.member), w.instance, to_wire_ms(silence_of(w))};
        core_.begin().ping_req(core_.envelope(), ping_req, 0);
        core_.request(core_.endpoint_of(helper));
        doubt_.sent(core_.now);
        ++core_.counters.ping_reqs;
        core_.note_evidence(EvidenceKind::HelperAsked, w.member, helper);
    }
}

// The first suspicion asks who does not observe the subject, too.
void ObserverDetection::ask_strangers(Watch& w) {
    std::vector<Slot> known = no_helpers_for(w);
    std::vector<Slot> observers;
    find_observers(core_.roster, w.member, static_cast<int>(core_.timing.ring_count), observers);
    known.insert(known.end(), observers.begin(), observers.end());
    ask_strangers(w, kStrangersAsked, std::move(known));
}

bool ObserverDetection::has_few_accusers(const Watch& w) const {
    return valid_accusers(w.member, false, nullptr) < accusers_needed(core_.timing.accuser_count,
                                                                      core_.roster.live(),
                                                                      reachable_count(w.member));
}

// Every further one asks more of them, while too few accuse.
void ObserverDetection::ask_for_more_accusers(Watch& w) {
    if (w.helpers.size() < kHelpersMax && has_few_accusers(w)) {
        ask_helpers(
            w, std::min<std::size_t>(core_.timing.ping_req_count, kHelpersMax - w.helpers.size()));
    }
}

// --- Being asked ---

void ObserverDetection::on_ping_req(const PingReq& ping_req, Slot sender, ReplyToken token) {
    if (sender == kNoSlot) {
        return;
    }
    const Slot subject = core_.roster.find(ping_req.subject);
    const bool known = subject != kNoSlot && core_.roster.is_live(subject) &&
                       core_.roster.profile(subject).instance == ping_req.subject_instance;
    Watch* w = known ? watch(subject) : nullptr;
    if (w == nullptr || w->askers.size() >= kAskersMax) {
        core_.begin().nack(core_.envelope(), {ping_req.sequence}, 0);
        core_.reply(token);
        return;
    }
    if (w->alive_at > core_.now - std::chrono::milliseconds(ping_req.age_ms)) {
        // With the sequence only what is first-hand: the asker will come back for more.
        const bool is_ours =
            w->own_alive_at > core_.now - std::chrono::milliseconds(ping_req.age_ms);
        const Instant at = is_ours ? w->own_alive_at : w->alive_at;
        Alive alive{ping_req.subject, ping_req.subject_instance, is_ours ? ping_req.sequence : 0,
                    to_wire_ms(core_.now - at)};
        core_.begin().alive(core_.envelope(), alive, 0);
        core_.reply(token);
        return;
    }
    std::erase_if(w->askers, [sender](const Asker& asker) { return asker.member == sender; });
    w->askers.push_back({sender, ping_req.sequence, token, false});
    if (has_no_ping_since(*w, core_.timing.fresh_ping_interval / kRecentPingParts)) {
        ping(*w, false);
    }
    burst();
}

void ObserverDetection::tell_askers(Watch& w) {
    const bool is_ours = w.own_alive_at == w.alive_at;
    for (const Asker& asker : w.askers) {
        if (core_.roster.is_live(asker.member)) {
            Alive alive{core_.name_of(w.member), w.instance, is_ours ? asker.sequence : 0,
                        to_wire_ms(core_.now - w.alive_at)};
            core_.begin().alive(core_.envelope(), alive, 0);
            core_.answer(asker.token, core_.endpoint_of(asker.member));
        }
    }
    w.askers.clear();
}

// Proof of life that came after all, for one that was asked in vain: it has taken up the case.
void ObserverDetection::tell_helper(const Watch& w, Slot helper) {
    if (w.alive_at == Instant::min() || !core_.roster.is_live(helper)) {
        return;
    }
    const Alive alive{core_.name_of(w.member), w.instance, 0, to_wire_ms(core_.now - w.alive_at)};
    core_.begin().alive(core_.envelope(), alive, 0);
    core_.request(core_.endpoint_of(helper));
}

void ObserverDetection::on_nack(const Nack& nack, Slot sender) {
    if (sender == kNoSlot) {
        return;
    }
    for (Watch& w : watches_) {
        for (Helper& helper : w.helpers) {
            if (helper.sequence == nack.sequence && helper.member == sender) {
                core_.note_evidence(EvidenceKind::HelperNack, w.member, sender);
                last_answer_ = core_.now;
                helper.has_nack = true;
                w.relay_streak = w.relay == sender ? 0 : w.relay_streak;
                if (!w.case_is_open) {
                    tell_helper(w, sender);
                }
                return;
            }
        }
    }
}

}  // namespace memberd
