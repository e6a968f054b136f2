#include "gossip/swim_detection.hpp"

#include <algorithm>
#include <array>

namespace memberd {
namespace {

// Room for envelope and body beside the piggyback of a probe. An update that is longer travels as
// gossip only: a probe beyond kProbeBytesMax is no message.
constexpr std::size_t kPiggybackBytes = kProbeBytesMax - 320;
constexpr std::size_t kSwimRelaysMax = 1024;
// A helper gives up on its ping, and says so, a little before the asker's own patience ends
// (Lifeguard IV-A: 80 %).
constexpr int kNackPercent = 80;

}  // namespace

SwimDetection::SwimDetection(Core& core, Claims& claims)
    : core_(core),
      claims_(claims),
      order_(1, core.random.next()),
      position_(1) {}

void SwimDetection::start() {
    const BaselineTiming& timing = core_.timing.baseline;
    // Members that start together must not probe together.
    core_.timers.set(core_.now + core_.random.between(Duration::zero(), timing.period),
                     TimerKind::SwimPeriod);
    core_.timers.set(core_.now + core_.random.between(Duration::zero(), timing.gossip_interval),
                     TimerKind::SwimGossip);
}

void SwimDetection::on_timer(const Timer& timer) {
    switch (timer.kind) {
        case TimerKind::SwimPeriod:
            on_period();
            return;
        case TimerKind::SwimProbeTimeout:
            on_probe_timeout(timer.key);
            return;
        case TimerKind::SwimHelperTimeout:
            on_helper_timeout(timer.key);
            return;
        case TimerKind::SuspicionEnd:
            on_suspicion_end(timer.key);
            return;
        case TimerKind::SwimGossip:
            on_gossip();
            return;
        default:
            return;
    }
}

// --- Probing ---

void SwimDetection::on_period() {
    conclude_probe();
    const BaselineTiming& timing = core_.timing.baseline;
    core_.timers.set(core_.now + scaled(timing.period), TimerKind::SwimPeriod);
    const Slot member = next_member();
    if (member == kNoSlot) {
        return;
    }
    probe_ = {member, core_.roster.profile(member).instance, core_.next_sequence(), core_.now,
              false};
    helpers_.clear();
    ++core_.counters.probes;
    send_ping(member, probe_.sequence);
    core_.timers.set(core_.now + scaled(timing.probe_timeout), TimerKind::SwimProbeTimeout,
                     probe_.sequence);
}

void SwimDetection::conclude_probe() {
    if (probe_.answered) {
        return;
    }
    probe_.answered = true;
    if (!probed_run_stands()) {
        return;  // It has restarted meanwhile: nobody could answer.
    }
    ++core_.counters.probes_missed;
    if (is_lifeguard()) {
        judge_own_health();
    }
    if (!core_.roster.is_live(probe_.member)) {
        return;
    }
    core_.note_evidence(EvidenceKind::PingUnanswered, probe_.member, kNoSlot,
                        core_.now - probe_.sent);
    if (core_.roster[probe_.member].state == MemberState::Alive) {
        claims_.declare_suspect(probe_.member, core_.self);
    } else {
        core_.happened(MembershipEventKind::Suspected, probe_.member, core_.self);
    }
}

// Lifeguard section IV-A. Without helpers that could have sent a nack the miss itself counts; with
// them, what is missing of their nacks does.
void SwimDetection::judge_own_health() {
    if (helpers_.empty()) {
        health_.probe_failed();
    }
    for (const Helper& helper : helpers_) {
        if (!helper.said_nack) {
            health_.nack_missed();
        }
    }
}

// The run that was pinged is still the one that we know, alive or gone.
bool SwimDetection::probed_run_stands() const {
    return core_.roster[probe_.member].used &&
           core_.roster.profile(probe_.member).instance == probe_.instance;
}

// SWIM section 4.3: every member once in a random order, then another order. A member that joins
// meanwhile comes in the next.
Slot SwimDetection::next_member() {
    for (std::uint32_t tries = 0; tries < 2 * core_.roster.slot_count() + 2; ++tries) {
        if (position_ >= order_.size()) {
            order_ = Permutation(core_.roster.slot_count(), core_.random.next());
            position_ = 0;
        }
        const Slot slot = order_.at(position_++);
        if (slot != core_.self && core_.roster.is_live(slot)) {
            return slot;
        }
    }
    return kNoSlot;
}

void SwimDetection::send_ping(Slot member, std::uint32_t sequence) {
    std::uint32_t count =
        core_.take_piggyback(kPiggybackBytes, core_.scratch, Core::TooLong::Never);
    // Lifeguard IV-C, buddy system: a suspect hears of it with the very next ping.
    if (is_lifeguard() && core_.roster[member].state == MemberState::Suspect) {
        Encoder(core_.scratch).update(core_.update_of(member, false));
        ++count;
    }
    Encoder encoder = core_.begin();
    encoder.ping(core_.envelope(), {sequence, false}, count);
    encoder.raw(core_.scratch);
    core_.request(core_.endpoint_of(member));
}

void SwimDetection::on_ping(const Ping& ping, Slot sender, ReplyToken token) {
    static_cast<void>(sender);
    const std::uint32_t count =
        core_.take_piggyback(kPiggybackBytes, core_.scratch, Core::TooLong::Never);
    Encoder encoder = core_.begin();
    encoder.ack(core_.envelope(), {ping.sequence, 0}, count);
    encoder.raw(core_.scratch);
    core_.reply(token);
}

void SwimDetection::on_ack(const Ack& ack, const Envelope& envelope) {
    if (ack.sequence == probe_.sequence && !probe_.answered &&
        envelope.instance == probe_.instance) {
        probe_answered();
        return;
    }
    const auto relay = std::find_if(relays_.begin(), relays_.end(), [&](const Relay& r) {
        return r.sequence == ack.sequence && r.instance == envelope.instance;
    });
    if (relay == relays_.end()) {
        ++core_.counters.late_acks;
        return;
    }
    const auto age = std::chrono::ceil<std::chrono::milliseconds>(core_.now - relay->sent).count();
    const Alive alive{core_.name_of(relay->subject), relay->instance, relay->asker_sequence,
                      static_cast<std::uint32_t>(age)};
    core_.begin().alive(core_.envelope(), alive, 0);
    core_.reply(relay->token);
    relays_.erase(relay);
}

void SwimDetection::probe_answered() {
    probe_.answered = true;
    if (is_lifeguard()) {
        health_.probe_succeeded();
    }
}

void SwimDetection::on_probe_timeout(std::uint32_t sequence) {
    if (probe_.answered || probe_.sequence != sequence || !probed_run_stands() ||
        !core_.roster.is_live(probe_.member)) {
        return;
    }
    const Slot excluded[] = {probe_.member};
    core_.pick_live(core_.timing.baseline.ping_req_count, excluded, picked_);
    for (const Slot helper : picked_) {
        const std::uint32_t count =
            core_.take_piggyback(kPiggybackBytes, core_.scratch, Core::TooLong::Never);
        PingReq ping_req{sequence, core_.name_of(probe_.member), probe_.instance, 0};
        Encoder encoder = core_.begin();
        encoder.ping_req(core_.envelope(), ping_req, count);
        encoder.raw(core_.scratch);
        core_.request(core_.endpoint_of(helper));
        ++core_.counters.ping_reqs;
        core_.note_evidence(EvidenceKind::HelperAsked, probe_.member, helper);
        helpers_.push_back({helper, false});
    }
}

void SwimDetection::on_ping_req(const PingReq& ping_req, Slot sender, ReplyToken token) {
    drop_old_relays();
    const Slot subject = core_.roster.find(ping_req.subject);
    if (subject == kNoSlot || subject == core_.self || relays_.size() >= kSwimRelaysMax ||
        core_.roster.profile(subject).instance != ping_req.subject_instance) {
        return;
    }
    Relay relay{core_.next_sequence(),
                ping_req.sequence,
                sender,
                subject,
                ping_req.subject_instance,
                token,
                core_.now};
    relays_.push_back(relay);
    send_ping(subject, relay.sequence);
    core_.timers.set(core_.now + core_.timing.baseline.probe_timeout * kNackPercent / 100,
                     TimerKind::SwimHelperTimeout, relay.sequence);
}

void SwimDetection::on_helper_timeout(std::uint32_t sequence) {
    const auto relay = std::find_if(relays_.begin(), relays_.end(),
                                    [sequence](const Relay& r) { return r.sequence == sequence; });
    if (relay == relays_.end()) {
        return;
    }
    if (is_lifeguard() && relay->token != 0) {
        core_.begin().nack(core_.envelope(), {relay->asker_sequence}, 0);
        core_.reply(relay->token);
    }
    drop_old_relays();
}

void SwimDetection::drop_old_relays() {
    // An answer later than the asker's period is of no use to anybody.
    std::erase_if(relays_, [this](const Relay& r) {
        return core_.now - r.sent > core_.timing.baseline.period;
    });
}

// Only those that were asked are helpers: others may have heard of the sequence, not of the
// subject.
SwimDetection::Helper* SwimDetection::helper_of(Slot sender) {
    const auto found = std::find_if(helpers_.begin(), helpers_.end(),
                                    [sender](const Helper& h) { return h.member == sender; });
    return sender == kNoSlot || found == helpers_.end() ? nullptr : &*found;
}

void SwimDetection::on_nack(const Nack& nack, Slot sender) {
    Helper* helper = helper_of(sender);
    if (helper != nullptr && nack.sequence == probe_.sequence) {
        helper->said_nack = true;
    }
}

void SwimDetection::on_alive(const Alive& alive, Slot sender) {
    if (helper_of(sender) != nullptr && alive.sequence == probe_.sequence && !probe_.answered &&
        alive.subject_instance == probe_.instance) {
        probe_answered();
    }
}

// --- Suspicion ---

void SwimDetection::on_event(const MembershipEvent& event) {
    switch (event.kind) {
        case MembershipEventKind::Suspected:
            on_suspected(event.member, event.accuser);
            return;
        case MembershipEventKind::Arrived:
        case MembershipEventKind::Renewed:
        case MembershipEventKind::Departed:
            // A claim with suspicion that came with an arrival starts its timer by the event that
            // follows.
            std::erase_if(suspects_,
                          [&event](const Suspect& s) { return s.member == event.member; });
            return;
        case MembershipEventKind::Refuted:
            if (is_lifeguard()) {
                health_.suspicion_refuted();
            }
            return;
        case MembershipEventKind::LookAt:
            return;
    }
}

void SwimDetection::on_suspected(Slot member, Slot accuser) {
    if (!core_.roster.is_live(member) || core_.roster[member].state != MemberState::Suspect) {
        return;
    }
    const std::uint32_t incarnation = core_.roster[member].incarnation;
    // An accusation of a later incarnation means that the earlier one was refuted, though we missed
    // that.
    std::erase_if(suspects_, [&](const Suspect& s) {
        return s.member == member && s.incarnation != incarnation;
    });
    const auto known = std::find_if(suspects_.begin(), suspects_.end(),
                                    [member](const Suspect& s) { return s.member == member; });
    if (known == suspects_.end()) {
        const BaselineTiming& timing = core_.timing.baseline;
        const SuspicionLimits limits = suspicion_limits(
            core_.roster.live(), timing.period, timing.alpha, is_lifeguard() ? timing.beta : 1.0,
            is_lifeguard() ? timing.confirmations : 0);
        suspects_.push_back({member, incarnation, SuspicionTimer(core_.now, accuser, limits)});
        core_.timers.set(suspects_.back().timer.deadline(), TimerKind::SuspicionEnd, member);
        return;
    }
    // Whoever we do not know confirms nothing: names are free to make up.
    if (accuser != kNoSlot && known->timer.confirm(accuser)) {
        // Lifeguard IV-B: an independent suspicion is news, so that others may shorten their timers
        // too.
        core_.queue.add(member, UpdateClass::Verdict, accuser);
        core_.timers.set(std::max(core_.now, known->timer.deadline()), TimerKind::SuspicionEnd,
                         member);
    }
}

void SwimDetection::on_suspicion_end(Slot member) {
    const auto known = std::find_if(suspects_.begin(), suspects_.end(),
                                    [member](const Suspect& s) { return s.member == member; });
    if (known == suspects_.end() || known->timer.deadline() > core_.now) {
        return;
    }
    suspects_.erase(known);
    if (core_.roster.is_live(member) && core_.roster[member].state == MemberState::Suspect) {
        const std::array<std::uint64_t, 1> accusers{core_.roster.profile(core_.self).key};
        core_.note_evidence(EvidenceKind::DeclaredDead, member, core_.self);
        claims_.declare_dead(member, accusers);
    }
}

// A refutation could not be heard meanwhile: the suspects have the rest of their time still.
void SwimDetection::resumed(Duration gap) {
    for (Suspect& suspect : suspects_) {
        suspect.timer.postpone(gap);
        core_.timers.set(std::max(core_.now, suspect.timer.deadline()), TimerKind::SuspicionEnd,
                         suspect.member);
    }
}

// --- Dissemination ---

void SwimDetection::on_gossip() {
    const BaselineTiming& timing = core_.timing.baseline;
    core_.timers.set(core_.now + timing.gossip_interval, TimerKind::SwimGossip);
    if (core_.queue.empty()) {
        return;
    }
    core_.pick_live(timing.gossip_fanout, {}, picked_);
    for (const Slot member : picked_) {
        const std::uint32_t count = core_.take_piggyback(kPiggybackBytes, core_.scratch);
        if (count == 0) {
            return;
        }
        Encoder encoder = core_.begin();
        encoder.gossip(core_.envelope(), count);
        encoder.raw(core_.scratch);
        core_.request(core_.endpoint_of(member));
    }
}

std::optional<Observation> SwimDetection::observation(Instant /*now*/, Slot /*member*/) const {
    return std::nullopt;
}

}  // namespace memberd
