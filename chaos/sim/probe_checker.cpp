#include "chaos/sim/probe_checker.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "chaos/sim/address.hpp"

namespace memberd::sim {
namespace {

constexpr std::uint32_t kRoundsBetweenLooks = 16;
// As in the engine.
constexpr int kTurnsOfTheHeld = 4;
constexpr std::uint32_t kNoRound = 0xffffffff;

template <typename Value>
Value& at(std::vector<Value>& values, AddressId address, const Value& empty) {
    if (address >= values.size()) {
        values.resize(address + 1U, empty);
    }
    return values[address];
}

// Not a message to the dead, which carries what it is about.
bool is_probe(const EngineCall& call, const SentMessage& sent) {
    Update update;
    ListCursor<Update> cursor(sent.message.updates);
    if (!std::holds_alternative<Ping>(sent.message.body)) {
        return false;
    }
    if (sent.message.updates.count != 1 || !cursor.next(update) ||
        update.claim.state != MemberState::Dead) {
        return true;
    }
    const auto view = call.engine.find(update.name);
    return view && call.pool[view->profile].endpoint != sent.send->to;
}

bool is_leaving(const EngineCall& call) {
    const MemberView self = call.engine.self();
    return self.claim.state == MemberState::Left || call.pool[self.profile].restarting ||
           call.engine.stopped();
}

}  // namespace

void ProbeChecker::judge(const EngineCall& call, bool is_calm, Violations& violations) {
    Prober& prober = probers_[call.ghost.run];
    if (is_leaving(call)) {
        prober = {};
        return;
    }
    if (is_memberd_) {
        judge_subjects(call, prober, violations);
        judge_coverage(call, is_calm, violations);
    } else {
        note_arrivals(call, prober);
        judge_round(call, prober, violations);
    }
}

// --- Modes swim and lifeguard ---

void ProbeChecker::note_arrivals(const EngineCall& call, Prober& prober) {
    for (const Change& change : call.out.changes) {
        const ProfilePool::Entry& profile = call.pool[change.profile];
        const auto address = address_of(profile.endpoint);
        if (!address || is_gone(change.claim.state)) {
            continue;
        }
        const auto [place, is_first] = prober.places.try_emplace(profile.key, *address);
        const bool has_moved = std::exchange(place->second, *address) != *address;
        if (is_first || has_moved || change.is_new || is_gone(change.previous) ||
            change.kind == ChangeKind::Updated) {
            at(prober.last_round, *address, kNoRound) = prober.round;
        }
    }
}

void ProbeChecker::judge_round(const EngineCall& call, Prober& prober, Violations& violations) {
    const std::uint64_t probes = call.engine.counters().probes;
    if (std::exchange(prober.probes, probes) == probes) {
        return;
    }
    ++prober.round;
    const EngineStatus status = call.engine.status(call.local);
    prober.most = std::max(prober.most, status.alive + status.suspect);
    for (const SentMessage& sent : call.sent) {
        const auto address = address_of(sent.send->to);
        if (address && is_probe(call, sent)) {
            judge_gap(call, prober, *address, to_string(sent.send->to), violations);
            at(prober.last_round, *address, kNoRound) = prober.round;
        }
    }
    if (prober.round % kRoundsBetweenLooks != 0) {
        return;
    }
    for (const MemberView& view : call.engine.members()) {
        const ProfilePool::Entry& profile = call.pool[view.profile];
        const auto address = address_of(profile.endpoint);
        if (address && !is_gone(view.claim.state) && profile.name() != call.ghost.name) {
            judge_gap(call, prober, *address, profile.name(), violations);
        }
    }
}

void ProbeChecker::judge_gap(const EngineCall& call,
                             Prober& prober,
                             AddressId address,
                             std::string_view name,
                             Violations& violations) {
    std::uint32_t& last = at(prober.last_round, address, kNoRound);
    if (last == kNoRound) {
        last = prober.round;  // Known without a change, since before its first round.
    }
    const std::uint32_t gap = prober.round - last;
    if (gap > 2 * prober.most) {
        violations.add(call.now, "I13",
                       fmt::format("{} has not probed {} in {} rounds, among {} members",
                                   call.who(), name, gap, prober.most));
    }
}

// --- Mode memberd ---

// A process that is starved, or that stood still unnoticed, is not to blame for it.
void ProbeChecker::excuse_waiting(const EngineCall& call, Prober& prober) {
    for (Subject& subject : prober.subjects) {
        if (call.local > prober.due) {
            subject.since = std::min(call.local, subject.since + (call.local - prober.due));
        }
    }
    prober.due = std::max(call.local, call.engine.next_deadline());
}

void ProbeChecker::judge_subjects(const EngineCall& call, Prober& prober, Violations& violations) {
    excuse_waiting(call, prober);
    for (const SentMessage& sent : call.sent) {
        const auto address = address_of(sent.send->to);
        if (address && std::holds_alternative<Ping>(sent.message.body)) {
            for (Subject& subject : prober.subjects) {
                subject.since = subject.address == *address ? call.local : subject.since;
            }
        }
    }
    // Each answer says when the next ping is wanted, counted from when it comes.
    if (call.heard != nullptr && std::holds_alternative<Ack>(call.heard->body)) {
        const auto view = call.engine.find(call.heard->envelope.name);
        const auto address =
            view ? address_of(call.pool[view->profile].endpoint) : std::optional<AddressId>();
        for (Subject& subject : prober.subjects) {
            subject.since = address && subject.address == *address ? call.local : subject.since;
        }
    }
    if (prober.looked_at > call.local - period_) {
        return;
    }
    prober.looked_at = call.local;
    const bool is_held = call.engine.status(call.local).held_for > Duration::zero();
    if (std::exchange(prober.is_held, is_held) && !is_held) {
        for (Subject& subject : prober.subjects) {
            subject.since = call.local;
        }
    }
    const Duration most = period_ * (ring_count_ + 2) * (is_held ? kTurnsOfTheHeld : 1);
    std::vector<Subject> subjects;
    for (const std::string_view name : call.engine.subjects()) {
        const auto view = call.engine.find(name);
        const auto address =
            view ? address_of(call.pool[view->profile].endpoint) : std::optional<AddressId>();
        if (!address) {
            continue;
        }
        const auto known =
            std::find_if(prober.subjects.begin(), prober.subjects.end(),
                         [&](const Subject& subject) { return subject.address == *address; });
        const Instant since = known == prober.subjects.end() ? call.local : known->since;
        subjects.push_back({*address, since});
        if (call.local - since > most) {
            violations.add(call.now, "I13",
                           fmt::format("{} has not pinged its subject {} for {:.1f} s", call.who(),
                                       name, seconds(call.local - since)));
        }
    }
    prober.subjects.swap(subjects);
}

void ProbeChecker::judge_coverage(const EngineCall& call, bool is_calm, Violations& violations) {
    if (!is_calm) {
        pinged_at_.clear();
        return;
    }
    for (const SentMessage& sent : call.sent) {
        const auto address = address_of(sent.send->to);
        if (!address || !is_probe(call, sent)) {
            continue;
        }
        Instant& last = at(pinged_at_, *address, kNever);
        if (last != kNever && call.now - last > 2 * period_) {
            violations.add(call.now, "I13",
                           fmt::format("nobody has pinged {} for {:.2f} s where nothing happens",
                                       to_string(sent.send->to), seconds(call.now - last)));
        }
        last = call.now;
    }
}

}  // namespace memberd::sim
