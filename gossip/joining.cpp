#include "gossip/joining.hpp"

#include <algorithm>
#include <string>

#include "gossip/observers.hpp"

namespace memberd {
namespace {

constexpr std::size_t kNameChecksMax = 64;
constexpr int kCheckPings = 4;
// A leaver tells this many members, or all if there are fewer.
constexpr std::size_t kLeaveAudience = 8;
constexpr int kLeaveTries = 10;
// How long the outcome of a check stands: long enough for the newcomer's next try.
constexpr Duration kVerdictStands = std::chrono::seconds(10);

}  // namespace

void Joining::start() {
    core_.timers.set(core_.now + core_.random.between(Duration::zero(),
                                                      core_.timing.membership.contact_interval),
                     TimerKind::Contact);
}

// --- Joining ---

void Joining::set_seeds(std::span<const Endpoint> seeds) {
    seeds_.clear();
    for (const Endpoint& seed : seeds) {
        if (seed.is_usable() && seed != core_.endpoint_of(core_.self) &&
            std::find(seeds_.begin(), seeds_.end(), seed) == seeds_.end()) {
            seeds_.push_back(seed);
        }
    }
    next_seed_ = 0;
    last_seed_ = 0;
    join_delay_ = core_.timing.membership.join_retry_min;
    for (const Endpoint& seed : seeds_) {
        if (!is_member(seed)) {
            send_join(seed);
        }
    }
    if (!joined_ && !seeds_.empty() && !retry_is_set_) {
        retry_is_set_ = true;
        core_.timers.set(core_.now + join_delay_, TimerKind::JoinRetry);
    }
}

void Joining::on_join_retry() {
    retry_is_set_ = false;
    if (joined_ || core_.is_leaving || seeds_.empty()) {
        return;
    }
    for (const Endpoint& seed : seeds_) {
        send_join(seed);
    }
    join_delay_ = std::min(join_delay_ * 2, core_.timing.membership.join_retry_max);
    retry_is_set_ = true;
    // Spread a little, so that a cluster that lost its seed does not knock in step when it is back.
    core_.timers.set(core_.now + core_.random.between(join_delay_ * 3 / 4, join_delay_),
                     TimerKind::JoinRetry);
}

void Joining::send_join(const Endpoint& seed) {
    const AntiEntropy::Items items = anti_entropy_.whole_table();
    Encoder encoder = core_.begin();
    encoder.join(core_.envelope(), core_.config.cluster, items.count, items.bytes, 1);
    encoder.update(core_.update_of(core_.self, true));
    core_.request(seed);
}

void Joining::on_join(const Message& message, const Join& join, ReplyToken token) {
    Update newcomer;
    ListCursor<Update> cursor(message.updates);
    if (token == 0 || core_.is_leaving || !cursor.next(newcomer) ||
        newcomer.name != message.envelope.name || newcomer.claim.state != MemberState::Alive ||
        newcomer.profile.empty()) {
        return;
    }
    if (!admit(newcomer, token)) {
        return;
    }
    claims_.apply(newcomer, Source::Gossip, core_.roster.find(newcomer.name));
    core_.queue.mark_first_hand(core_.roster.find(newcomer.name));
    joined_ = true;
    anti_entropy_.on_items(join.items, token, kNoSlot, true);
}

bool Joining::admit(const Update& newcomer, ReplyToken token) {
    const Slot holder = core_.roster.find(newcomer.name);
    if (holder == kNoSlot) {
        return true;
    }
    const Claim held = core_.roster.claim(holder);
    if (held.instance == newcomer.claim.instance) {
        return holder != core_.self;  // Itself again, or this very agent through another address.
    }
    if (holder == core_.self) {
        refuse(RefuseCode::NameTaken, 0,
               "this member itself has that name, at " + to_string(core_.endpoint_of(holder)),
               token);
        return false;
    }
    std::erase_if(checks_, [this](const NameCheck& check) { return check.until <= core_.now; });
    const auto profile = decode_profile(newcomer.profile);
    const bool same_place = profile && profile->endpoint == core_.endpoint_of(holder);
    if (core_.roster.is_live(holder) && !same_place) {
        // A restart elsewhere, or a second holder of the name: whoever answers at the old address
        // decides.
        const std::uint64_t key = core_.roster.profile(holder).key;
        const auto check = std::find_if(checks_.begin(), checks_.end(), [&](const NameCheck& c) {
            return c.key == key && c.newcomer == newcomer.claim.instance;
        });
        const bool is_new = check == checks_.end();
        const bool is_open = is_new || check->pings_left > 0;
        if (is_open) {
            refuse(RefuseCode::NameBeingChecked, 0,
                   "looking whether the present holder of that name lives", token);
            if (is_new) {
                check_holder(holder, newcomer);
            }
            return false;
        }
        if (!check->approved) {
            refuse(RefuseCode::NameTaken, 0,
                   "a living member at " + to_string(check->endpoint) + " has that name", token);
            return false;
        }
    }
    if (newcomer.claim.generation <= held.generation) {
        refuse(RefuseCode::GenerationTooLow, held.generation,
               "an earlier run of that name had a greater generation", token);
        return false;
    }
    return true;
}

void Joining::on_welcome(const Message& message,
                         const Welcome& welcome,
                         ReplyToken token,
                         Slot sender) {
    static_cast<void>(message);
    // Not joined_: the welcome's own updates may have told us of the sender before.
    joined_ = true;
    if (!welcomed_) {
        welcomed_ = true;
        core_.notice(NoticeKind::Joined, 0,
                     sender == kNoSlot ? Endpoint{} : core_.endpoint_of(sender));
    }
    anti_entropy_.on_items(welcome.items, token, sender, false);
}

void Joining::on_refuse(const Refuse& refuse) {
    if (refuse.code == RefuseCode::NameBeingChecked) {
        // Asked again in the next turn: with many seeds its verdict would be old before the next
        // round.
        next_seed_ = joined_ ? last_seed_ : next_seed_;
        return;
    }
    if (refuse.code == RefuseCode::GenerationTooLow) {
        const std::uint64_t before = core_.roster[core_.self].generation;
        claims_.raise_generation_above(refuse.number);
        const bool has_risen = core_.roster[core_.self].generation > before;
        for (const Endpoint& seed : seeds_) {
            if (!joined_ && has_risen) {  // The same again would be refused again, at once.
                send_join(seed);
            }
        }
        return;
    }
    if (refuse.code == RefuseCode::NameTaken && welcomed_ && core_.roster.live() == 1) {
        // Once a member and now alone: a cluster that has another living holder of the name will
        // never let this one in again, and nobody here would miss it.
        core_.notice(NoticeKind::NameLost, 0, {}, 0,
                     "a cluster that refuses this agent says: " + std::string(refuse.reason));
        core_.has_stopped = true;
        return;
    }
    std::string text(refuse.reason);
    if (refuse.code == RefuseCode::OtherCluster) {
        text = "it belongs to cluster '" + std::string(refuse.cluster) + "', this agent to '" +
               core_.config.cluster + "'";
    } else if (refuse.code == RefuseCode::OtherVersion) {
        text = "it speaks protocol version " + std::to_string(refuse.version) + ", this agent " +
               std::to_string(kProtocolVersion);
    }
    core_.notice(NoticeKind::JoinRefused, static_cast<std::uint8_t>(refuse.code), {}, refuse.number,
                 std::move(text));
}

void Joining::refuse(RefuseCode code,
                     std::uint64_t number,
                     std::string_view reason,
                     ReplyToken token) {
    if (token == 0) {
        return;
    }
    Refuse message;
    message.version = kProtocolVersion;
    message.code = code;
    message.number = number;
    message.cluster = core_.config.cluster;
    message.reason = reason;
    core_.begin().refuse(message);
    core_.reply(token);
    if (code == RefuseCode::NameTaken) {
        core_.notice(NoticeKind::StrangerRefused, static_cast<std::uint8_t>(code), {}, 0,
                     std::string(reason));
    }
}

void Joining::refuse_stranger(RefuseCode code, ReplyToken token) {
    const char* reason = code == RefuseCode::OtherCluster
                             ? "this member belongs to another cluster"
                             : "this member speaks another version of the protocol";
    refuse(code, kProtocolVersion, reason, token);
}

// --- Names that two claim ---

void Joining::check_holder(Slot holder, const Update& newcomer) {
    if (checks_.size() >= kNameChecksMax) {
        return;
    }
    NameCheck check;
    check.key = core_.roster.profile(holder).key;
    check.claim = core_.roster.claim(holder);
    check.holder = check.claim.instance;
    check.newcomer = newcomer.claim.instance;
    check.endpoint = core_.endpoint_of(holder);
    check.pings_left = kCheckPings;
    checks_.push_back(check);
    send_check(checks_.back());
}

void Joining::check_own_name(const ContestedName& contested) {
    std::erase_if(checks_, [this](const NameCheck& check) { return check.until <= core_.now; });
    const auto running = std::find_if(checks_.begin(), checks_.end(), [&](const NameCheck& check) {
        return check.holder == contested.claim.instance &&
               check.newcomer == core_.roster.claim(core_.self).instance;
    });
    if (running != checks_.end() || checks_.size() >= kNameChecksMax) {
        return;
    }
    NameCheck check;
    check.key = core_.roster.profile(core_.self).key;
    check.claim = contested.claim;
    check.holder = contested.claim.instance;
    check.newcomer = core_.roster.claim(core_.self).instance;
    check.endpoint = contested.endpoint;
    check.pings_left = kCheckPings;
    checks_.push_back(check);
    send_check(checks_.back());
}

void Joining::send_check(NameCheck& check) {
    // All pings of a check ask the same question, so that a slow holder's answer to an earlier one
    // counts.
    if (check.sequence == 0) {
        check.sequence = core_.next_sequence();
    }
    check.until = core_.now + kVerdictStands;
    core_.begin().ping(core_.envelope(), {check.sequence, false}, 0);
    core_.request(check.endpoint);
    core_.timers.set(core_.now + core_.timing.probe_timeout_min, TimerKind::NameCheck,
                     check.sequence);
}

bool Joining::on_ack(const Ack& ack, const Envelope& sender) {
    for (std::size_t i = 0; i < checks_.size(); ++i) {
        if (checks_[i].sequence == ack.sequence && checks_[i].pings_left > 0) {
            if (sender.instance == checks_[i].holder) {
                holder_answered(i, sender);
            } else {
                holder_is_silent(i);  // Somebody else lives there now.
            }
            return true;
        }
    }
    return false;
}

void Joining::on_name_check(const Timer& timer) {
    for (std::size_t i = 0; i < checks_.size(); ++i) {
        if (checks_[i].sequence == timer.key && checks_[i].pings_left > 0) {
            if (--checks_[i].pings_left > 0) {
                send_check(checks_[i]);
            } else {
                holder_is_silent(i);
            }
            return;
        }
    }
}

void Joining::holder_answered(std::size_t index, const Envelope& sender) {
    NameCheck& check = checks_[index];
    check.pings_left = 0;
    check.approved = false;
    check.until = core_.now + kVerdictStands;
    const Claim own = core_.roster.claim(core_.self);
    if (check.newcomer != own.instance) {
        return;
    }
    // Both live. The greater generation keeps the name, then the greater instance: both sides
    // compute the same.
    const bool other_wins = sender.generation != own.generation ? sender.generation > own.generation
                                                                : sender.instance > own.instance;
    if (other_wins) {
        core_.notice(
            NoticeKind::NameLost, 0, check.endpoint, sender.generation,
            "another living member has the name '" + std::string(core_.name_of(core_.self)) + "'");
        core_.has_stopped = true;
        return;
    }
    claims_.raise_generation_above(sender.generation);
}

void Joining::holder_is_silent(std::size_t index) {
    NameCheck& check = checks_[index];
    check.pings_left = 0;
    check.approved = true;
    check.until = core_.now + kVerdictStands;
    if (check.newcomer == core_.roster.claim(core_.self).instance) {
        claims_.raise_generation_above(check.claim.generation);
    }
}

std::size_t Joining::check_count(Instant now) const {
    return static_cast<std::size_t>(
        std::count_if(checks_.begin(), checks_.end(),
                      [now](const NameCheck& check) { return check.until > now; }));
}

// --- Leaving ---

void Joining::leave(bool for_restart) {
    if (core_.is_leaving) {
        return;
    }
    for_restart_ = for_restart;
    // Listeners first: once we have left, nobody is observed by us any more.
    core_.pick_live(kLeaveAudience, {}, leave_asked_);
    if (for_restart) {
        Profile profile = core_.pool.open(core_.roster[core_.self].profile);
        profile.restarting = true;
        profile.health = Health::Draining;
        claims_.restate_self(core_.pool.acquire(profile), UpdateClass::Verdict);
    } else {
        claims_.leave_self();
    }
    core_.is_leaving = true;
    leave_until_ = core_.now + core_.timing.membership.leave_timeout;
    leave_sequence_ = core_.next_sequence();
    if (leave_asked_.empty()) {
        finish_leave();
        return;
    }
    send_leave();
}

void Joining::send_leave() {
    for (const Slot slot : leave_asked_) {
        if (!core_.roster.is_live(slot)) {
            continue;
        }
        const std::uint64_t key = core_.roster.profile(slot).key;
        if (std::find(leave_acked_.begin(), leave_acked_.end(), key) != leave_acked_.end()) {
            continue;
        }
        Encoder encoder = core_.begin();
        encoder.leave(core_.envelope(), {leave_sequence_}, 1);
        encoder.update(core_.update_of(core_.self, for_restart_));
        core_.request(core_.endpoint_of(slot));
    }
    core_.timers.set(core_.now + core_.timing.membership.leave_timeout / kLeaveTries,
                     TimerKind::LeaveRetry);
}

void Joining::on_leave(const Leave& leave, ReplyToken token) {
    if (token != 0) {
        core_.begin().leave_ack(core_.envelope(), {leave.sequence}, 0);
        core_.reply(token);
    }
}

void Joining::on_leave_ack(const LeaveAck& ack, Slot sender) {
    if (!core_.is_leaving || core_.has_stopped || ack.sequence != leave_sequence_ ||
        sender == kNoSlot) {
        return;
    }
    const std::uint64_t key = core_.roster.profile(sender).key;
    if (std::find(leave_asked_.begin(), leave_asked_.end(), sender) == leave_asked_.end() ||
        std::find(leave_acked_.begin(), leave_acked_.end(), key) != leave_acked_.end()) {
        return;
    }
    leave_acked_.push_back(key);
    if (leave_acked_.size() >= leave_asked_.size()) {
        finish_leave();
    }
}

void Joining::on_leave_retry() {
    if (core_.has_stopped) {
        return;
    }
    if (core_.now >= leave_until_) {
        finish_leave();
    } else {
        send_leave();
    }
}

void Joining::finish_leave() {
    core_.has_stopped = true;
    core_.notice(NoticeKind::LeaveAcknowledged, 0, {}, leave_acked_.size());
}

// --- Endless contact ---

bool Joining::is_member(const Endpoint& endpoint) const {
    for (Slot slot = 0; slot < core_.roster.slot_count(); ++slot) {
        if (core_.roster.is_live(slot) && core_.endpoint_of(slot) == endpoint) {
            return true;
        }
    }
    return false;
}

void Joining::on_contact() {
    core_.timers.set(core_.now + core_.timing.membership.contact_interval, TimerKind::Contact);
    if (core_.is_leaving) {
        return;
    }
    // In turn, so that neither starves the other.
    contact_seeds_now_ = !contact_seeds_now_;
    if (contact_seeds_now_) {
        contact_seed();
    } else {
        contact_dead();
    }
}

void Joining::contact_seed() {
    if (!joined_) {
        return;  // The retries of the join see to it.
    }
    for (std::size_t i = 0; i < seeds_.size(); ++i) {
        const Endpoint& seed = seeds_[(next_seed_ + i) % seeds_.size()];
        if (!is_member(seed)) {
            last_seed_ = (next_seed_ + i) % seeds_.size();
            next_seed_ = (last_seed_ + 1) % seeds_.size();
            send_join(seed);
            return;
        }
    }
}

void Joining::contact_dead() {
    const std::uint32_t slots = core_.roster.slot_count();
    for (Slot i = 0; core_.roster.count(MemberState::Dead) > 0 && i < slots; ++i) {
        const Slot slot = (next_dead_ + i) % slots;
        const Record& record = core_.roster[slot];
        if (!record.used || record.state != MemberState::Dead || record.is_forgettable) {
            continue;
        }
        next_dead_ = slot + 1;
        // It hears that it is held dead; if it lives, it refutes.
        Encoder encoder = core_.begin();
        encoder.ping(core_.envelope(), {core_.next_sequence(), false}, 1);
        encoder.update(core_.update_of(slot, false));
        core_.request(core_.endpoint_of(slot));
        return;
    }
}

}  // namespace memberd
