#include "chaos/sim/world.hpp"

#include <algorithm>

#include "chaos/sim/call_log.hpp"
#include "chaos/sim/checker.hpp"
#include "detector/check.hpp"

namespace memberd::sim {
namespace {

// Names of the separate streams of chance.
constexpr std::uint64_t kScheduleStream = 1;
constexpr std::uint64_t kNetworkStream = 2;
constexpr std::uint64_t kMemberStream = 3;

std::uint64_t stream_seed(std::uint64_t seed, std::uint64_t stream) {
    return mix64(mix64(seed) ^ stream);
}

}  // namespace

World::World(WorldOptions options)
    : options_(std::move(options)),
      schedule_(stream_seed(options_.seed, kScheduleStream)),
      member_seed_(stream_seed(options_.seed, kMemberStream)),
      network_(stream_seed(options_.seed, kNetworkStream),
               options_.carrying,
               options_.stream,
               events_,
               packets_),
      checker_(std::make_unique<Checker>(options_.engine, pool_, network_)) {}

World::~World() = default;

ProcessId World::add_process() {
    processes_.emplace_back();
    return static_cast<ProcessId>(processes_.size() - 1);
}

World::Process& World::running(ProcessId id) {
    MEMBERD_CHECK(processes_.at(id).life != Life::Absent, "the process doesn't run");
    return processes_[id];
}

const Engine& World::engine(ProcessId process) const {
    MEMBERD_CHECK(processes_.at(process).engine != nullptr, "the process doesn't run");
    return *processes_[process].engine;
}

std::uint64_t World::generation(ProcessId id) const {
    const Process& process = processes_.at(id);
    return process.engine ? process.engine->self().claim.generation : process.generation;
}

void World::start(ProcessId id, const Start& start) {
    Process& process = processes_.at(id);
    MEMBERD_CHECK(process.life == Life::Absent, "the process runs already");
    ++process.run;
    const std::uint64_t seed =
        mix64(member_seed_ ^ mix64(static_cast<std::uint64_t>(id) << 32U | process.run));
    Profile profile;
    profile.name = start.name;
    profile.instance = mix64(seed) | 1U;
    profile.endpoint = endpoint_of(start.address);
    profile.zone = start.zone;
    profile.weight_milli = start.weight_milli;
    profile.tags = start.tags;
    process.clock = LocalClock(kBeginning, start.drift_ppm);
    process.life = Life::Up;
    process.blocking = Blocking::Nothing;
    process.deaths_declared = 0;
    process.planned = kNever;
    process.instance = profile.instance;
    EngineConfig config = options_.engine;
    if (!start.cluster.empty()) {
        config.cluster = start.cluster;
    }
    process.engine = std::make_unique<Engine>(std::move(config), profile, start.generation, pool_,
                                              seed, local_now(process));
    process.speech = start.dialect == Dialect::Ours
                         ? nullptr
                         : std::make_unique<Speech>(start.dialect, mix64(seed));
    by_instance_[profile.instance] = id;
    network_.listen(id, process.run, start.address);
    trace_.add(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
    trace_.add(profile.instance);
    if (is_checked()) {
        checker_->began(now_, id, *process.engine,
                        start.cluster.empty() ? options_.engine.cluster : start.cluster);
    }
    plan_deadline(id, process);
}

void World::end(ProcessId id, bool machine_is_off) {
    Process& process = running(id);
    if (process.engine) {
        if (is_checked()) {
            checker_->ended(now_, id);
        }
        process.generation = process.engine->self().claim.generation;
        process.engine.reset();
    }
    process.hears.reset();
    process.life = Life::Absent;
    process.blocking = Blocking::Nothing;
    process.planned = kNever;
    process.inbox_bytes = 0;
    process.outbox_bytes = 0;
    drop(process.inbox, 0);
    if (process.loop) {
        drop(process.loop->batch, process.loop->batch_next);
        process.loop.reset();
    }
    process.outbox.clear();
    trace_.add(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
    trace_.add(process.instance ^ 1U);
    network_.end(now_, id, machine_is_off);
}

void World::kill(ProcessId process) {
    end(process, false);
}

void World::power_off(ProcessId process) {
    end(process, true);
}

void World::join(ProcessId id, std::span<const Endpoint> seeds) {
    Process& process = running(id);
    process.seed_count = seeds.size();
    process.engine->join(local_now(process), seeds, out_);
    finish(id);
}

void World::leave(ProcessId id) {
    Process& process = running(id);
    process.engine->leave(local_now(process), out_);
    finish(id);
}

void World::announce_restart(ProcessId id) {
    Process& process = running(id);
    process.engine->announce_restart(local_now(process), out_);
    finish(id);
}

bool World::set_attributes(ProcessId id, const Attributes& attributes) {
    Process& process = running(id);
    const bool is_done = process.engine->set_attributes(local_now(process), attributes, out_);
    finish(id);
    return is_done;
}

bool World::forget(ProcessId id, std::string_view name) {
    Process& process = running(id);
    const bool is_done = process.engine->forget(local_now(process), name, out_);
    finish(id);
    return is_done;
}

std::vector<std::string> World::ask_evidence(ProcessId id,
                                             std::string_view subject,
                                             std::uint64_t cookie) {
    Process& process = running(id);
    std::vector<std::string> asked =
        process.engine->ask_evidence(local_now(process), subject, cookie, out_);
    finish(id);
    return asked;
}

void World::restore(ProcessId id, std::span<const MemberView> members) {
    Process& process = running(id);
    process.engine->restore(local_now(process), members, out_);
    // These changes never happened: nobody is told of them.
    out_.changes.clear();
    if (is_checked()) {
        checker_->restored(id);
    }
    finish(id);
}

void World::mark_faulty(ProcessId process, bool is_faulty) {
    processes_.at(process).is_faulty = is_faulty;
}

bool World::is_healthy(ProcessId id) const {
    const Process& process = processes_.at(id);
    return process.life == Life::Up && process.blocking == Blocking::Nothing && !process.loop &&
           !process.hears && !process.is_faulty;
}

bool World::reaches(ProcessId from, ProcessId to) const {
    const Conditions conditions = network_.topology().resolve(from, to);
    return !conditions.cut && conditions.loss < 1.0;
}

void World::expect_accuracy(const AccuracyBudget& budget) {
    checker_->expect_accuracy(budget, [this](ProcessId observer, ProcessId member) {
        const Topology& topology = network_.topology();
        return is_healthy(observer) && is_healthy(member) && !topology.is_cut(observer, member) &&
               !topology.is_cut(member, observer);
    });
}

void World::log_calls(CallLogChoice choice) {
    checker_->log_calls(std::move(choice));
}

void World::allow_forgeries() {
    checker_->allow_forgeries();
}

const std::vector<Violation>& World::violations() const {
    return checker_->violations();
}

void World::close() {
    for (ProcessId id = 0; id < processes_.size(); ++id) {
        if (processes_[id].life != Life::Absent) {
            power_off(id);
        }
    }
    while (!events_.empty()) {
        const Event event = events_.pop();
        now_ = std::max(now_, event.at);
        if (event.kind() == EventKind::Deadline || event.kind() == EventKind::Action) {
            continue;
        }
        const Arrival arrival = network_.handle(event);
        if (arrival.packet != kNone) {
            packets_.release(arrival.packet);
        }
    }
    checker_->left_over(now_, packets_.in_use(), pool_.size());
}

void World::at(Instant when, std::function<void()> action) {
    std::uint32_t slot = 0;
    if (free_actions_.empty()) {
        slot = static_cast<std::uint32_t>(actions_.size());
        actions_.push_back(std::move(action));
    } else {
        slot = free_actions_.back();
        free_actions_.pop_back();
        actions_[slot] = std::move(action);
    }
    events_.push(std::max(when, now_), EventKind::Action, slot);
}

bool World::step(Instant until) {
    if (!checker_->violations().empty()) {
        return false;
    }
    if (events_.empty() || events_.top().at > until) {
        now_ = std::max(now_, until);
        return false;
    }
    const Event event = events_.pop();
    now_ = event.at;
    handle(event);
    return true;
}

void World::run_until(Instant until) {
    while (step(until)) {
    }
}

}  // namespace memberd::sim
