// What the kernel does with events and with what engines answer.
#include <algorithm>
#include <iterator>

#include "chaos/sim/checker.hpp"
#include "chaos/sim/engine_call.hpp"
#include "chaos/sim/world.hpp"
#include "detector/check.hpp"

namespace memberd::sim {
namespace {

// An engine whose next deadline stays in the past would stop the clock for ever.
constexpr std::uint32_t kFiresAtOnceMax = 10'000;
// Refusals of one round of joins come this close together, as the agent has it.
constexpr Duration kRefusalRound = std::chrono::milliseconds(150);

std::uint64_t word_of(Instant at) {
    return static_cast<std::uint64_t>(at.time_since_epoch().count());
}

}  // namespace

void World::handle(const Event& event) {
    switch (event.kind()) {
        case EventKind::Deadline:
            fire_deadline(event.subject);
            return;
        case EventKind::Action: {
            const std::function<void()> action = std::move(actions_[event.subject]);
            actions_[event.subject] = nullptr;
            free_actions_.push_back(event.subject);
            action();
            return;
        }
        case EventKind::Deliver:
        case EventKind::Attend:
        case EventKind::Retransmit:
        case EventKind::Resend:
        case EventKind::Refused:
        case EventKind::Closed: {
            Arrival arrival = network_.handle(event);
            if (arrival.to != kNone) {
                receive(arrival);
            }
            return;
        }
    }
}

// Deadlines that have moved leave their events behind; those are told by their time.
void World::fire_deadline(ProcessId id) {
    Process& process = processes_[id];
    if (process.planned != now_) {
        return;
    }
    process.planned = kNever;
    if (process.life != Life::Up) {
        return;
    }
    if (process.loop) {
        turn(id);
        return;
    }
    const Instant local = local_now(process);
    if (process.engine->next_deadline() > local) {
        plan_deadline(id, process);
        return;
    }
    advance(id);
}

void World::advance(ProcessId id) {
    Process& process = processes_[id];
    process.fired = process.fired_at == now_ ? process.fired + 1 : 0;
    process.fired_at = now_;
    MEMBERD_CHECK(process.fired < kFiresAtOnceMax, "an engine's deadline does not move");
    ++history_.events;
    process.engine->advance(local_now(process), out_);
    finish(id);
}

void World::hand_over(ProcessId id, const Held& held) {
    Process& process = processes_[id];
    if (process.hears) {
        hear(process, held);
        return;
    }
    const Instant local = local_now(process);
    if (held.link) {
        trace_.add(word_of(now_));
        trace_.add(static_cast<std::uint64_t>(id) << 8U |
                   static_cast<std::uint64_t>(held.link->state));
        process.engine->link(local, *held.link, out_);
        if (is_checked()) {
            checker_->learns(*held.link);
        }
        finish(id);
    }
    if (held.packet == kNone) {
        return;
    }
    const Packet& packet = packets_[held.packet];
    process.inbox_bytes -= std::min(process.inbox_bytes, packet.bytes.size());
    process.faults.longest_wait = std::max(process.faults.longest_wait, now_ - held.since);
    if (processes_[id].engine != nullptr) {
        trace_.add(word_of(now_));
        trace_.add(static_cast<std::uint64_t>(packet.from) << 32U | id);
        trace_.add(Bytes(packet.bytes));
        ++history_.events;
        ++history_.deliveries;
        if (recorder_) {
            recorder_->note(now_, id, packet.bytes);
        }
        const Bytes bytes =
            process.speech ? process.speech->hear(packet.bytes) : Bytes(packet.bytes);
        if (is_checked()) {
            checker_->hears(id, bytes);
        }
        process.engine->receive(local, held.token, bytes, out_);
        finish(id);
    }
    packets_.release(held.packet);
}

void World::finish(ProcessId id) {
    Process& process = processes_[id];
    if (is_checked()) {
        checker_->judge(now_, local_now(process), id, out_);
    }
    if (!out_.sends.empty()) {
        carry_out_sends(id, process);
    }
    if (!out_.changes.empty()) {
        note_changes(id, process);
    }
    const bool ends = !out_.notices.empty() && note_notices(process);
    std::move(out_.evidence_replies.begin(), out_.evidence_replies.end(),
              std::back_inserter(process.evidence_replies));
    out_.clear();
    if (ends) {
        end(id, false);
        return;
    }
    plan_deadline(id, process);
}

void World::carry_out_sends(ProcessId id, Process& process) {
    for (const Send& send : out_.sends) {
        const Bytes bytes = out_.bytes_of(send);
        const std::size_t type = message_type(bytes);
        ++history_.sent.messages[type];
        history_.sent.bytes[type] += bytes.size();
        if (process.speech == nullptr) {
            let_out(id, send, bytes);
            continue;
        }
        let_out(id, send, process.speech->say(bytes));
        if (const Bytes more = process.speech->add(); !more.empty()) {
            let_out(id, send, more);
        }
    }
}

void World::note_changes(ProcessId id, Process& process) {
    const std::uint64_t declared = process.engine->counters().deaths;
    std::uint64_t first_hand = declared - process.deaths_declared;
    process.deaths_declared = declared;
    for (const Change& change : out_.changes) {
        trace_.add(word_of(now_));
        trace_.add(static_cast<std::uint64_t>(id) << 32U |
                   static_cast<std::uint64_t>(change.kind) << 16U |
                   static_cast<std::uint64_t>(change.previous) << 8U |
                   static_cast<std::uint64_t>(change.claim.state));
        trace_.add(change.claim.instance);
        trace_.add(change.claim.generation << 32U ^ change.claim.incarnation);
        ++history_.changes;
        if (is_death(change)) {
            // Engines count what they declare; several in one step are told apart by their order.
            note_death(id, process, change, first_hand > 0);
            first_hand -= first_hand > 0 ? 1U : 0U;
        } else if (change.kind == ChangeKind::State) {
            history_.suspicions += change.claim.state == MemberState::Suspect ? 1U : 0U;
            if (change.claim.state == MemberState::Alive && change.previous == MemberState::Dead) {
                ++history_.returns;
                if (is_checked()) {
                    checker_->returned(id, change.claim.instance);
                }
            }
        }
    }
}

void World::note_death(ProcessId observer,
                       Process& process,
                       const Change& change,
                       bool first_hand) {
    const auto found = by_instance_.find(change.claim.instance);
    Death death;
    death.at = now_;
    death.observer = observer;
    death.is_first_hand = first_hand;
    death.observer_is_healthy = is_healthy(observer) && process.life == Life::Up;
    if (found != by_instance_.end()) {
        death.victim = found->second;
        const Process& victim = processes_[death.victim];
        death.is_of_present_run = victim.engine != nullptr &&
                                  victim.instance == change.claim.instance &&
                                  !victim.engine->stopped();
        death.is_false = death.is_of_present_run && is_healthy(death.victim) &&
                         reaches(observer, death.victim) && reaches(death.victim, observer);
    }
    const std::tuple run{change.claim.instance, change.claim.generation, change.claim.incarnation};
    if (first_hand) {
        bool& is_false = declared_falsely_[run];
        is_false = is_false || death.is_false;
    } else if (const auto declared = declared_falsely_.find(run);
               declared != declared_falsely_.end()) {
        death.is_false = death.is_false && declared->second;
    }
    history_.deaths.push_back(death);
    if (is_checked()) {
        checker_->died(death, processes_.size());
    }
}

bool World::note_notices(Process& process) {
    bool ends = false;
    for (const Notice& notice : out_.notices) {
        ends = ends_the_process(process, notice) || ends;
    }
    process.notices.insert(process.notices.end(), out_.notices.begin(), out_.notices.end());
    return ends;
}

// Where a running agent would end itself. A refusal ends nobody who has joined; and whoever has not
// needs one of every seed, unless the name is taken (Agent::take_refusal).
bool World::ends_the_process(Process& process, const Notice& notice) {
    switch (notice.kind) {
        case NoticeKind::LeaveAcknowledged:
        case NoticeKind::NameLost:
            return true;
        case NoticeKind::JoinRefused:
            if (now_ - kRefusalRound > process.refused_at) {
                process.refused_at = now_;
                process.refused_count = 0;
            }
            ++process.refused_count;
            return !process.engine->status(local_now(process)).joined &&
                   (notice.code == static_cast<std::uint8_t>(RefuseCode::NameTaken) ||
                    process.refused_count >= process.seed_count);
        case NoticeKind::Joined:
        case NoticeKind::StrangerRefused:
        case NoticeKind::DoubtBegan:
        case NoticeKind::DoubtEnded:
        case NoticeKind::Minority:
        case NoticeKind::GenerationRaised:
        case NoticeKind::HeldBack:
        case NoticeKind::LinkBroken:
        case NoticeKind::LinkMended:
            return false;
    }
    return false;
}

void World::plan_deadline(ProcessId id, Process& process) {
    if (process.loop) {
        if (!process.loop->is_turning) {
            plan_turn(id, process);
        }
        return;
    }
    const Instant deadline = process.engine->next_deadline();
    if (deadline == kNever || process.life != Life::Up) {
        return;
    }
    plan(id, process, std::max(process.clock.global(deadline), now_));
}

void World::plan(ProcessId id, Process& process, Instant when) {
    if (when < process.planned) {
        process.planned = when;
        events_.push(when, EventKind::Deadline, id);
    }
}

}  // namespace memberd::sim
