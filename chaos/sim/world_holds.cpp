// Processes that hold still or hold back: pauses and blocks, and what waits meanwhile.
#include <algorithm>

#include "chaos/sim/checker.hpp"
#include "chaos/sim/world.hpp"
#include "detector/pause.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

// The agent's loop turns at least this often.
constexpr Duration kTurnMax = 1s;

}  // namespace

void World::pause(ProcessId id) {
    Process& process = running(id);
    if (process.life == Life::Paused) {
        return;
    }
    process.life = Life::Paused;
    process.paused_at = now_;
    network_.freeze(id);
}

void World::resume(ProcessId id) {
    Process& process = running(id);
    if (process.life != Life::Paused) {
        return;
    }
    process.life = Life::Up;
    network_.thaw(now_, id);
    if (process.loop) {
        plan_turn(id, process);
        return;
    }
    if (process.hears) {
        drain_inbox(id);
        return;
    }
    tell_of_pause(id);
    if (processes_[id].engine != nullptr && !blocks_receives(process.blocking)) {
        drain_inbox(id);
    }
    if (processes_[id].engine != nullptr) {
        process.engine->advance(local_now(process), out_);
        finish(id);
    }
}

// As Agent::turn() judges it: by how much later than planned the loop turns. Shorter ones the
// engine sees by its own timers.
void World::tell_of_pause(ProcessId id) {
    Process& process = processes_[id];
    const Instant paused_at = process.clock.local(process.paused_at);
    const Instant planned =
        std::clamp(process.engine->next_deadline(), paused_at, paused_at + kTurnMax);
    stood_still(id, local_now(process) - planned);
}

void World::stood_still(ProcessId id, Duration gap) {
    Process& process = processes_[id];
    if (gap > notable_pause(options_.engine.timing)) {
        ++process.faults.pauses_noticed;
        network_.forget_all(id);
        if (is_checked()) {
            checker_->stood_still(now_, local_now(process), id, gap);
        }
        process.engine->resumed(local_now(process), gap, out_);
        finish(id);
    }
}

void World::block(ProcessId id, Blocking what) {
    Process& process = running(id);
    process.blocking = what;
    if (!blocks_sends(what)) {
        release_outbox(id);
    }
    if (blocks_receives(what) || process.life != Life::Up) {
        return;
    }
    if (process.loop) {
        plan_turn(id, process);
    } else {
        drain_inbox(id);
    }
}

void World::receive(Arrival& arrival) {
    Process& process = processes_[arrival.to];
    const Held held{now_, arrival.packet, arrival.token, arrival.link};
    const bool can_receive = process.life == Life::Up && !blocks_receives(process.blocking);
    if (can_receive && !process.loop) {
        hand_over(arrival.to, held);
        return;
    }
    hold(process, held);
    if (can_receive) {
        plan_turn(arrival.to, process);
    }
}

void World::hold(Process& process, const Held& held) {
    const std::size_t bytes = held.packet == kNone ? 0 : packets_[held.packet].bytes.size();
    if (process.inbox_bytes + bytes > options_.receive_buffer_bytes) {
        ++process.faults.dropped_receives;
        ++history_.dropped_while_paused;
        packets_.release(held.packet);
        return;
    }
    ++process.faults.held_receives;
    process.inbox_bytes += bytes;
    process.inbox.push_back(held);
}

void World::drain_inbox(ProcessId id) {
    std::vector<Held> inbox;
    inbox.swap(processes_[id].inbox);
    processes_[id].inbox_bytes = 0;
    for (std::size_t i = 0; i < inbox.size(); ++i) {
        if (processes_[id].life == Life::Absent) {
            drop(inbox, i);
            return;
        }
        hand_over(id, inbox[i]);
    }
}

void World::drop(std::vector<Held>& messages, std::size_t first) {
    for (std::size_t i = first; i < messages.size(); ++i) {
        if (messages[i].packet != kNone) {
            packets_.release(messages[i].packet);
        }
    }
    messages.clear();
}

void World::let_out(ProcessId id, const Send& send, Bytes bytes) {
    Process& process = processes_[id];
    if (blocks_sends(process.blocking)) {
        hold(process, send, bytes);
    } else {
        this->send(id, send, bytes);
    }
}

void World::send(ProcessId id, const Send& send, Bytes bytes) {
    if (send.reply_to != 0) {
        network_.reply(now_, id, send.reply_to, bytes);
    } else {
        network_.request(now_, id, send.to, bytes, send.fresh);
    }
}

void World::hold(Process& process, const Send& send, Bytes bytes) {
    if (process.outbox_bytes + bytes.size() > options_.send_buffer_bytes) {
        ++process.faults.dropped_sends;
        return;
    }
    ++process.faults.held_sends;
    process.outbox_bytes += bytes.size();
    process.outbox.push_back({send, {bytes.begin(), bytes.end()}});
}

void World::release_outbox(ProcessId id) {
    std::vector<HeldSend> outbox;
    outbox.swap(processes_[id].outbox);
    processes_[id].outbox_bytes = 0;
    for (const HeldSend& held : outbox) {
        send(id, held.send, held.bytes);
    }
}

}  // namespace memberd::sim
