#include "gossip/claims.hpp"

#include <algorithm>
#include <string>

#include "detector/check.hpp"

namespace memberd {
namespace {

constexpr std::size_t kPendingDeathsMax = 1024;
constexpr int kTellings = 3;
// Accused that are told in half a period.
constexpr std::size_t kToldAtOnceMax = 16;
// After the end of the window a record stays this long outside the digest, so that members whose
// windows end at slightly different times do not bring it back to one another.
constexpr Duration kForgettableFor = std::chrono::minutes(2);
// At most max(this, live members) of the dead are remembered.
constexpr std::size_t kDeadCountMin = 256;

std::array<std::uint64_t, kAccuserCountMax> keys_of_accusers(const Update& update) {
    std::array<std::uint64_t, kAccuserCountMax> keys{};
    for (std::size_t i = 0; i < update.accuser_count; ++i) {
        keys[i] = name_key(update.accusers[i]);
    }
    return keys;
}

}  // namespace

void Claims::apply(const Update& update, Source source, Slot teller) {
    if (core_.config.mode == Mode::Memberd && update.claim.state == MemberState::Suspect) {
        ++core_.counters.claims_refused;  // In this mode suspicion travels as evidence.
        return;
    }
    const Slot slot = core_.roster.find(update.name);
    if (slot == core_.self) {
        about_self(update, teller);
        return;
    }
    if (slot == kNoSlot) {
        learn(update);
        return;
    }
    if (!is_plausible(slot, update.claim)) {
        ++core_.counters.claims_refused;
        return;
    }
    switch (compare(core_.roster.claim(slot), update.claim)) {
        case Verdict::Newer:
            replace(slot, update, source, teller);
            return;
        case Verdict::Same:
            if (update.claim.state == MemberState::Suspect && update.accuser_count > 0) {
                core_.happened(MembershipEventKind::Suspected, slot,
                               core_.roster.find(update.accusers[0]));
            }
            return;
        case Verdict::Older:
            outdated_.push_back(slot);
            return;
        case Verdict::Conflict:
            ++core_.counters.conflicts;
            tell_rivals(slot, update);
            return;
    }
}

bool Claims::is_plausible(Slot slot, const Claim& claim) const {
    const Record& held = core_.roster[slot];
    if (generation_jumps(held.generation, claim.generation)) {
        return false;
    }
    return claim.generation != held.generation || claim.incarnation <= held.incarnation ||
           claim.incarnation - held.incarnation <= kIncarnationJumpMax;
}

void Claims::learn(const Update& update) {
    if (!has_room_for(update.claim.state)) {
        ++core_.counters.members_refused;
        return;
    }
    const ProfileId profile = core_.pool.acquire(update.profile);
    if (profile == kNoProfile) {
        return;  // Nobody that we could reach or show; a sync brings the whole record.
    }
    const bool gone = is_gone(update.claim.state);
    const Instant since = since_of(update);
    if (gone && core_.now - since > window_of(update.claim.state)) {
        core_.pool.release(profile);
        return;
    }
    const Slot slot = core_.roster.insert(profile, update.claim, since, !gone);
    view_changed();
    if (gone) {
        // A tombstone: remembered against resurrection, not shown, not passed on.
        if (update.claim.state == MemberState::Dead) {
            const auto keys = keys_of_accusers(update);
            core_.remember_death(slot, std::span(keys).first(update.accuser_count));
        }
        return;
    }
    core_.neighbours.changed(slot);
    core_.note_change(ChangeKind::State, slot, MemberState::Left, true);
    core_.queue.add(slot, UpdateClass::Arrival);
    core_.happened(MembershipEventKind::Arrived, slot);
    if (update.claim.state == MemberState::Suspect) {
        const Slot accuser =
            update.accuser_count > 0 ? core_.roster.find(update.accusers[0]) : kNoSlot;
        core_.happened(MembershipEventKind::Suspected, slot, accuser);
    }
}

void Claims::replace(Slot slot, const Update& update, Source source, Slot teller) {
    switch (update.claim.state) {
        case MemberState::Alive:
            accept_alive(slot, update);
            return;
        case MemberState::Suspect:
            accept_suspect(
                slot, update.claim,
                update.accuser_count > 0 ? core_.roster.find(update.accusers[0]) : teller);
            return;
        case MemberState::Dead:
            consider_death(slot, update, source, teller);
            return;
        case MemberState::Left:
            accept_left(slot, update);
            return;
    }
}

// A claim about another run needs the profile that says which.
bool Claims::adopt_profile(Slot slot, const Update& update, ProfileId& profile) {
    profile = update.profile.empty() ? kNoProfile : core_.pool.acquire(update.profile);
    const Claim held = core_.roster.claim(slot);
    return profile != kNoProfile ||
           (update.claim.generation == held.generation && update.claim.instance == held.instance);
}

void Claims::accept_alive(Slot slot, const Update& update) {
    ProfileId profile = kNoProfile;
    if (!adopt_profile(slot, update, profile) || profile == kNoProfile) {
        return;  // Attributes may have changed with the incarnation: without them the claim is only
                 // half known.
    }
    const MemberState previous = core_.shown_state(slot);
    const Record before = core_.roster[slot];
    core_.retire_profile(before.profile);
    core_.pool.retain(before.profile);
    const bool other_content = before.profile != profile;
    const bool restarted = update.claim.generation != before.generation;
    const bool was_gone = is_gone(before.state);
    const Instant since = before.state == MemberState::Alive ? before.since : core_.now;
    core_.roster.update(slot, update.claim, profile, since);
    core_.forget_death(slot);
    view_changed();
    if (was_gone) {
        core_.roster.list(slot);
        core_.neighbours.changed(slot);
        core_.note_evidence(EvidenceKind::Returned, slot);
        core_.note_change(ChangeKind::State, slot, previous, !before.is_listed);
        core_.happened(MembershipEventKind::Arrived, slot);
    } else {
        core_.happened(MembershipEventKind::Renewed, slot);
        if (before.state == MemberState::Suspect) {
            core_.note_change(ChangeKind::State, slot, previous, false);
        } else if (other_content || restarted) {
            core_.note_change(ChangeKind::Updated, slot, previous, false);
        }
    }
    const bool refutes = before.state != MemberState::Alive || !(other_content || restarted);
    core_.queue.add(slot, refutes     ? UpdateClass::Verdict
                          : restarted ? UpdateClass::Arrival
                                      : UpdateClass::Attributes);
}

// Only its owner raises a generation, so the run that is held here is over, whatever became of the
// later one: that one takes its place. Not passed on, since the others know more.
bool Claims::adopt_later_run(Slot slot, const Update& update) {
    Update life = update;
    life.claim.state = MemberState::Alive;
    accept_alive(slot, life);
    core_.queue.remove(slot);
    return core_.roster[slot].generation == update.claim.generation;
}

void Claims::accept_suspect(Slot slot, const Claim& claim, Slot accuser) {
    if (claim.generation != core_.roster[slot].generation) {
        return;  // A run that we don't know yet can't be held alive, so it can't be suspected
                 // either.
    }
    const MemberState previous = core_.shown_state(slot);
    const bool revived = is_gone(previous);
    const bool was_listed = core_.roster[slot].is_listed;
    core_.roster.update(slot, claim, kNoProfile, core_.now);
    view_changed();
    if (revived) {
        core_.forget_death(slot);
        core_.roster.list(slot);
        core_.neighbours.changed(slot);
        core_.happened(MembershipEventKind::Arrived, slot);
    }
    if (previous != MemberState::Suspect) {
        core_.note_change(ChangeKind::State, slot, previous, !was_listed);
    }
    core_.note_evidence(EvidenceKind::SuspectedBy, slot, accuser);
    core_.queue.add(slot, UpdateClass::Verdict, accuser);
    core_.happened(MembershipEventKind::Suspected, slot, accuser);
}

// The record of the dead or left now says so of another run; whoever is shown it is told.
void Claims::bury_later_run(Slot slot, const Update& update) {
    ProfileId profile = kNoProfile;
    if (!adopt_profile(slot, update, profile)) {
        return;
    }
    const MemberState previous = core_.shown_state(slot);
    core_.retire_profile(core_.roster[slot].profile);
    core_.pool.retain(core_.roster[slot].profile);
    core_.roster.update(slot, update.claim, profile, since_of(update));
    view_changed();
    if (core_.roster[slot].is_listed) {
        core_.note_change(previous == update.claim.state ? ChangeKind::Updated : ChangeKind::State,
                          slot, previous, false);
    }
}

void Claims::consider_death(Slot slot, const Update& update, Source source, Slot teller) {
    const Claim held = core_.roster.claim(slot);
    if (update.claim.generation != held.generation || update.claim.instance != held.instance) {
        if (is_gone(held.state)) {
            bury_later_run(slot, update);
            return;
        }
        // The death of a run whose life is unknown here: a sync brings both.
        if (source != Source::Sync || !adopt_later_run(slot, update)) {
            return;
        }
    }
    if (!is_gone(core_.roster[slot].state)) {
        if (core_.config.mode != Mode::Memberd) {
            if (source == Source::Sync) {
                // memberlist's rule: a death learnt from a table is a suspicion, so that its
                // subject may answer.
                Claim suspicion = update.claim;
                suspicion.state = MemberState::Suspect;
                if (compare(core_.roster.claim(slot), suspicion) == Verdict::Newer) {
                    accept_suspect(slot, suspicion, teller);
                }
                return;
            }
        } else if (source == Source::Sync) {
            wait_for_refutation(slot, update);
            return;
        } else if (live_accusers(update, slot) <
                   std::min<std::size_t>(2, core_.roster.live() - 1)) {
            core_.note_evidence(EvidenceKind::DeathNotBelieved, slot, teller);
            core_.happened(MembershipEventKind::LookAt, slot, teller);
            return;
        }
    }
    const auto keys = keys_of_accusers(update);
    note_death_heard(slot, teller, std::span(keys).first(update.accuser_count));
    accept_death(slot, update.claim, since_of(update), std::span(keys).first(update.accuser_count));
}

// With its accusers: they hold the evidence that this member may have seen none of.
void Claims::note_death_heard(Slot slot, Slot teller, std::span<const std::uint64_t> accuser_keys) {
    core_.note_evidence(EvidenceKind::HeardDead, slot, teller);
    for (const std::uint64_t key : accuser_keys) {
        if (const Slot accuser = core_.roster.find_key(key); accuser != kNoSlot) {
            core_.note_evidence(EvidenceKind::AccuserNamed, slot, accuser);
        }
    }
}

std::size_t Claims::live_accusers(const Update& update, Slot accused) const {
    std::size_t live = 0;
    for (std::size_t i = 0; i < update.accuser_count; ++i) {
        const Slot accuser = core_.roster.find(update.accusers[i]);
        if (accuser != kNoSlot && accuser != accused && core_.roster.is_live(accuser)) {
            ++live;
        }
    }
    return live;
}

void Claims::accept_death(Slot slot,
                          const Claim& claim,
                          Instant since,
                          std::span<const std::uint64_t> accuser_keys) {
    const MemberState previous = core_.shown_state(slot);
    const bool was_gone = is_gone(previous);
    core_.roster.set_suspected(slot, false);
    core_.roster.update(slot, claim, kNoProfile, since);
    core_.remember_death(slot, accuser_keys);
    view_changed();
    if (was_gone) {
        return;
    }
    core_.neighbours.changed(slot);
    core_.note_change(ChangeKind::State, slot, previous, false);
    core_.queue.add(slot, UpdateClass::Verdict);
    core_.happened(MembershipEventKind::Departed, slot);
}

void Claims::accept_left(Slot slot, const Update& update) {
    ProfileId profile = kNoProfile;
    if (!adopt_profile(slot, update, profile)) {
        return;
    }
    const MemberState previous = core_.shown_state(slot);
    core_.retire_profile(core_.roster[slot].profile);
    core_.pool.retain(core_.roster[slot].profile);
    core_.roster.set_suspected(slot, false);
    core_.roster.update(slot, update.claim, profile, since_of(update));
    core_.forget_death(slot);
    view_changed();
    core_.queue.add(slot, UpdateClass::Departure);
    if (previous == MemberState::Dead) {
        // Said of the dead it means: forget it. The record stays as a tombstone, nobody sees it.
        if (core_.roster[slot].is_listed) {
            core_.note_change(ChangeKind::Forgotten, slot, previous, false);
            core_.roster.unlist(slot);
        }
        return;
    }
    if (!is_gone(previous)) {
        core_.neighbours.changed(slot);
        core_.note_change(ChangeKind::State, slot, previous, false);
        core_.happened(MembershipEventKind::Departed, slot);
    } else if (core_.roster[slot].is_listed) {
        core_.note_change(ChangeKind::Updated, slot, previous, false);  // of another run
    }
}

void Claims::wait_for_refutation(Slot slot, const Update& update) {
    const std::uint64_t key = core_.roster.profile(slot).key;
    const auto known = std::find_if(pending_.begin(), pending_.end(),
                                    [key](const PendingDeath& p) { return p.key == key; });
    if (known != pending_.end() || pending_.size() >= kPendingDeathsMax) {
        return;
    }
    PendingDeath pending;
    pending.member = slot;
    pending.key = key;
    pending.claim = update.claim;
    pending.age_s = update.age_s;
    pending.accuser_count = update.accuser_count;
    pending.accuser_keys = keys_of_accusers(update);
    pending.tellings_left = kTellings;
    tell_accused(pending);
    core_.timers.set(core_.now + core_.timing.period / 2, TimerKind::PendingDeath, slot);
    pending_.push_back(pending);
}

void Claims::tell_accused(const PendingDeath& pending) {
    if (stays_away(core_.now)) {
        return;  // Who is dead itself tells nobody so: those that live do, and most are held as it
                 // is.
    }
    if (core_.now >= telling_since_ + core_.timing.period / 2) {
        telling_since_ = core_.now;
        told_count_ = 0;
    }
    if (told_count_ >= kToldAtOnceMax) {
        return;  // So many deaths are hardly news, except to us.
    }
    ++told_count_;
    Update update;
    update.name = core_.name_of(pending.member);
    update.claim = pending.claim;
    update.age_s = pending.age_s;
    Encoder encoder = core_.begin();
    encoder.gossip(core_.envelope(), 1);
    encoder.update(update);
    core_.request(core_.endpoint_of(pending.member));
}

void Claims::on_pending_death(const Timer& timer) {
    const auto found =
        std::find_if(pending_.begin(), pending_.end(),
                     [&timer](const PendingDeath& p) { return p.member == timer.key; });
    if (found == pending_.end()) {
        return;
    }
    const Slot slot = found->member;
    const bool stands = core_.roster.is_live(slot) &&
                        core_.roster.profile(slot).key == found->key &&
                        compare(core_.roster.claim(slot), found->claim) == Verdict::Newer;
    if (stands && --found->tellings_left > 0) {
        tell_accused(*found);
        core_.timers.set(core_.now + core_.timing.period / 2, TimerKind::PendingDeath, slot);
        return;
    }
    const PendingDeath pending = *found;
    pending_.erase(found);
    if (stands) {
        const auto keys = std::span(pending.accuser_keys).first(pending.accuser_count);
        note_death_heard(slot, kNoSlot, keys);
        accept_death(slot, pending.claim, core_.now - std::chrono::seconds(pending.age_s), keys);
    }
}

void Claims::declare_dead(Slot member, std::span<const std::uint64_t> accuser_keys) {
    Claim claim = core_.roster.claim(member);
    claim.state = MemberState::Dead;
    ++core_.counters.deaths;
    if (accuser_keys.size() < 2 && core_.roster.live() > 2) {
        alone_at_ = core_.now;
    }
    accept_death(member, claim, core_.now, accuser_keys);
    core_.queue.mark_first_hand(member);
}

void Claims::declare_suspect(Slot member, Slot accuser) {
    Claim claim = core_.roster.claim(member);
    claim.state = MemberState::Suspect;
    ++core_.counters.suspicions;
    accept_suspect(member, claim, accuser);
}

bool Claims::forget(Slot member) {
    if (member == kNoSlot || core_.roster[member].state != MemberState::Dead) {
        return false;
    }
    Update update;
    update.claim = core_.roster.claim(member);
    update.claim.state = MemberState::Left;
    accept_left(member, update);
    core_.queue.mark_first_hand(member);
    return true;
}

void Claims::restore(const MemberView& member) {
    const ProfilePool::Entry& entry = core_.pool[member.profile];
    if (core_.roster.find_key(entry.key) != kNoSlot) {
        return;
    }
    core_.pool.retain(member.profile);
    core_.neighbours.changed(core_.roster.insert(member.profile, member.claim, member.since, true));
}

Instant Claims::since_of(const Update& update) const {
    return core_.now - std::chrono::seconds(update.age_s);
}

// How long a member that is dead or left is remembered.
Duration Claims::window_of(MemberState state) const {
    return state == MemberState::Dead ? core_.timing.membership.dead_window
                                      : core_.timing.membership.tombstone_window;
}

void Claims::sweep() {
    if (core_.roster.count(MemberState::Dead) + core_.roster.count(MemberState::Left) == 0) {
        return;
    }
    for (Slot slot = 0; slot < core_.roster.slot_count(); ++slot) {
        const Record& record = core_.roster[slot];
        if (!record.used || slot == core_.self || !is_gone(record.state)) {
            continue;
        }
        const Duration window = window_of(record.state);
        const Duration age = core_.now - record.since;
        if (age > window + kForgettableFor) {
            erase(slot);
        } else if (age > window && !record.is_forgettable) {
            core_.roster.set_forgettable(slot);
            view_changed();
        }
    }
    bound_the_dead();
}

std::size_t Claims::dead_limit() const {
    return std::max<std::size_t>(kDeadCountMin, core_.roster.live());
}

bool Claims::has_room_for(MemberState state) const {
    return core_.roster.size() < kRecordCountMax &&
           (state != MemberState::Dead || core_.roster.count(MemberState::Dead) < 2 * dead_limit());
}

void Claims::bound_the_dead() {
    const std::size_t limit = dead_limit();
    while (core_.roster.count(MemberState::Dead) > limit) {
        Slot oldest = kNoSlot;
        for (Slot slot = 0; slot < core_.roster.slot_count(); ++slot) {
            const Record& record = core_.roster[slot];
            if (record.used && record.state == MemberState::Dead &&
                (oldest == kNoSlot || record.since < core_.roster[oldest].since)) {
                oldest = slot;
            }
        }
        erase(oldest);
        view_changed();
    }
}

void Claims::erase(Slot slot) {
    core_.queue.remove(slot);
    core_.forget_death(slot);
    if (core_.roster[slot].is_listed) {
        core_.note_change(ChangeKind::Forgotten, slot, core_.roster[slot].state, false);
    }
    core_.roster.erase(slot);
}

}  // namespace memberd
