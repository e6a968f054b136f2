// Slow processes: the agent's loop, with work that takes time.
//
// A turn reads the time once, hands over all that waits and comes meanwhile, then lets the engine
// fire what was due at its beginning. What is sent leaves when the work that causes it is done.
// libzmq's threads are taken to keep up: connections open as fast as ever.
#include <algorithm>

#include "chaos/sim/world.hpp"

namespace memberd::sim {
namespace {

// As many messages the agent reads in one turn.
constexpr std::size_t kMessagesATurn = 1000;

}  // namespace

void World::limit_cpu(ProcessId id, const CpuLimits& limits) {
    Process& process = running(id);
    if (limits.are_none()) {
        quicken(id);
        return;
    }
    if (!process.loop) {
        process.loop = std::make_unique<Loop>();
        process.loop->planned = process.clock.global(process.engine->next_deadline());
    }
    process.loop->limits = limits;
    plan_turn(id, process);
}

// What waits is read at once.
void World::quicken(ProcessId id) {
    Process& process = processes_[id];
    if (!process.loop) {
        return;
    }
    std::vector<Held>& batch = process.loop->batch;
    const auto next = batch.begin() + static_cast<std::ptrdiff_t>(process.loop->batch_next);
    process.inbox.insert(process.inbox.begin(), next, batch.end());
    process.loop.reset();
    if (process.life == Life::Up && !blocks_receives(process.blocking)) {
        drain_inbox(id);
    }
    if (process.engine != nullptr) {
        plan_deadline(id, process);
    }
}

bool World::has_mail(const Process& process) {
    const bool is_empty =
        process.inbox.empty() && process.loop->batch_next == process.loop->batch.size();
    return !is_empty && !blocks_receives(process.blocking);
}

// When the loop goes on: with the work in hand, with mail, or when something is due.
void World::plan_turn(ProcessId id, Process& process) {
    const Loop& loop = *process.loop;
    if (process.life != Life::Up) {
        return;
    }
    Instant when = now_;
    if (loop.is_turning) {
        when = std::max(now_, loop.busy_until);
    } else if (!has_mail(process)) {
        const Instant deadline = process.engine->next_deadline();
        if (deadline == kNever) {
            return;
        }
        when = std::max(now_, process.clock.global(deadline));
    }
    plan(id, process, loop.is_turning ? when : runs_at(loop.limits, when));
}

void World::turn(ProcessId id) {
    Process& process = processes_[id];
    if (!process.loop->is_turning && !begin_turn(id)) {
        return;
    }
    while (process.loop) {
        if (process.loop->in_hand == Work::None && !take_work(process)) {
            end_turn(id);
            return;
        }
        if (process.loop->busy_until > now_) {
            plan_turn(id, process);
            return;
        }
        do_work(id);
    }
}

// False if the process has ended, or if it is not its turn after all.
bool World::begin_turn(ProcessId id) {
    Process& process = processes_[id];
    Loop& loop = *process.loop;
    if (runs_at(loop.limits, now_) > now_) {
        plan_turn(id, process);
        return false;
    }
    loop.is_turning = true;
    loop.has_advanced = false;
    loop.read_count = 0;
    loop.turned_at = now_;
    loop.busy_until = now_;
    if (loop.planned < now_) {
        const Duration late = now_ - loop.planned;
        process.faults.latest_turn = std::max(process.faults.latest_turn, late);
        stood_still(id, late);
    }
    return process.loop != nullptr;
}

void World::end_turn(ProcessId id) {
    Process& process = processes_[id];
    Loop& loop = *process.loop;
    loop.is_turning = false;
    const Instant deadline = process.engine->next_deadline();
    loop.planned =
        deadline == kNever ? kNever : std::max(loop.turned_at, process.clock.global(deadline));
    plan_turn(id, process);
}

bool World::take_work(Process& process) {
    Loop& loop = *process.loop;
    if (has_mail(process) && loop.read_count < kMessagesATurn) {
        if (loop.batch_next == loop.batch.size()) {
            loop.batch.clear();
            loop.batch.swap(process.inbox);
            loop.batch_next = 0;
        }
        const bool is_message = loop.batch[loop.batch_next].packet != kNone;
        loop.in_hand = Work::Message;
        loop.busy_until =
            done_at(loop.limits, now_, is_message ? loop.limits.per_message : Duration::zero());
        return true;
    }
    if (!loop.has_advanced && process.engine->next_deadline() <= local_now(process)) {
        loop.has_advanced = true;
        loop.in_hand = Work::Timers;
        loop.busy_until = done_at(loop.limits, now_, loop.limits.per_timer);
        return true;
    }
    return false;
}

void World::do_work(ProcessId id) {
    Process& process = processes_[id];
    Loop& loop = *process.loop;
    if (std::exchange(loop.in_hand, Work::None) == Work::Timers) {
        advance(id);
        return;
    }
    const Held held = loop.batch[loop.batch_next++];
    ++loop.read_count;
    hand_over(id, held);
}

}  // namespace memberd::sim
