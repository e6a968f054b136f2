// Processes without an engine, and what was said among those with one.
#include "chaos/sim/world.hpp"
#include "detector/check.hpp"

namespace memberd::sim {

void World::start_outsider(ProcessId id, AddressId address, Hears hears) {
    Process& process = processes_.at(id);
    MEMBERD_CHECK(process.life == Life::Absent, "the process runs already");
    ++process.run;
    process.life = Life::Up;
    process.blocking = Blocking::Nothing;
    process.planned = kNever;
    process.hears = std::make_unique<Hears>(std::move(hears));
    network_.listen(id, process.run, address);
    allow_forgeries();
}

void World::say(ProcessId id, const Endpoint& to, Bytes bytes) {
    MEMBERD_CHECK(running(id).hears != nullptr, "only outsiders say what they are told to");
    Send send;
    send.to = to;
    let_out(id, send, bytes);
}

void World::hear(Process& process, const Held& held) {
    if (held.packet == kNone) {
        return;
    }
    // Its bytes outlive the call: others may say something meanwhile.
    const std::vector<std::uint8_t> bytes = packets_[held.packet].bytes;
    packets_.release(held.packet);
    (*process.hears)(held.token, bytes);
}

void World::record_packets(std::size_t count_max) {
    recorder_ = std::make_unique<PacketRecorder>(count_max);
}

}  // namespace memberd::sim
