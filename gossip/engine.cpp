#include "gossip/engine.hpp"

#include <utility>
#include <variant>

#include "gossip/engine_impl.hpp"

namespace memberd {
namespace {

constexpr Duration kCallerProbeTimeout = std::chrono::seconds(2);
constexpr std::size_t kCallerProbesMax = 1024;

}  // namespace

std::string_view to_string(Mode mode) {
    switch (mode) {
        case Mode::Swim:
            return "swim";
        case Mode::Lifeguard:
            return "lifeguard";
        case Mode::Memberd:
            return "memberd";
    }
    return "unknown";
}

std::optional<Mode> parse_mode(std::string_view text) {
    for (const Mode mode : {Mode::Swim, Mode::Lifeguard, Mode::Memberd}) {
        if (text == to_string(mode)) {
            return mode;
        }
    }
    return std::nullopt;
}

// --- The public face ---

Engine::Engine(EngineConfig config,
               const Profile& self,
               std::uint64_t generation,
               ProfilePool& pool,
               std::uint64_t seed,
               Instant now)
    : impl_(std::make_unique<EngineImpl>(std::move(config), self, generation, pool, seed, now)) {}

Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

void Engine::receive(Instant now, ReplyToken reply_token, Bytes bytes, Output& out) {
    if (impl_->core.has_stopped) {
        return;
    }
    impl_->begin(now, out);
    impl_->receive(reply_token, bytes);
    impl_->end();
}

void Engine::advance(Instant now, Output& out) {
    if (impl_->core.has_stopped) {
        return;
    }
    impl_->begin(now, out);
    impl_->fire(now);
    impl_->end();
}

void Engine::link(Instant now, const LinkEvent& event, Output& out) {
    if (impl_->core.has_stopped) {
        return;
    }
    impl_->begin(now, out);
    if (ObserverDetection* observers = impl_->observer_detection()) {
        observers->on_link(event);
    }
    impl_->end();
}

void Engine::resumed(Instant now, Duration gap, Output& out) {
    if (impl_->core.has_stopped) {
        return;
    }
    impl_->begin(now, out);
    if (ObserverDetection* observers = impl_->observer_detection()) {
        impl_->claims.resumed();
        impl_->joining.resumed();
        observers->resumed(gap);
    } else {
        std::get<SwimDetection>(impl_->detection).resumed(gap);
    }
    impl_->end();
}

void Engine::join(Instant now, std::span<const Endpoint> seeds, Output& out) {
    if (impl_->core.has_stopped) {
        return;
    }
    impl_->begin(now, out);
    impl_->joining.set_seeds(seeds);
    impl_->end();
}

void Engine::leave(Instant now, Output& out) {
    if (impl_->core.has_stopped) {
        return;
    }
    impl_->begin(now, out);
    impl_->joining.leave(false);
    impl_->end();
}

void Engine::announce_restart(Instant now, Output& out) {
    if (impl_->core.has_stopped) {
        return;
    }
    impl_->begin(now, out);
    impl_->joining.leave(true);
    impl_->end();
}

bool Engine::set_attributes(Instant now, const Attributes& attributes, Output& out) {
    Core& core = impl_->core;
    Profile profile = core.pool.open(core.roster[core.self].profile);
    profile.zone = attributes.zone;
    profile.weight_milli = attributes.weight_milli;
    profile.health = attributes.health;
    profile.tags = attributes.tags;
    if (core.has_stopped || core.is_leaving || !is_valid(profile)) {
        return false;
    }
    impl_->begin(now, out);
    const ProfileId id = core.pool.acquire(profile);
    if (id == core.roster[core.self].profile) {
        core.pool.release(id);
    } else {
        impl_->claims.restate_self(id, UpdateClass::Attributes);
    }
    impl_->end();
    return true;
}

bool Engine::forget(Instant now, std::string_view name, Output& out) {
    if (impl_->core.has_stopped) {
        return false;
    }
    impl_->begin(now, out);
    const bool done = impl_->claims.forget(impl_->core.roster.find(name));
    impl_->end();
    return done;
}

bool Engine::probe(Instant now, std::string_view name, std::uint64_t cookie, Output& out) {
    Core& core = impl_->core;
    const Slot member = core.roster.find(name);
    if (core.has_stopped || member == kNoSlot || member == core.self ||
        !core.roster[member].is_listed || impl_->caller_probes.size() >= kCallerProbesMax) {
        return false;
    }
    impl_->begin(now, out);
    const std::uint32_t sequence = core.next_sequence();
    impl_->caller_probes.push_back({cookie, core.roster.profile(member).instance, sequence, now});
    core.begin().ping(core.envelope(), {sequence, false}, 0);
    core.request(core.endpoint_of(member));
    core.timers.set(now + kCallerProbeTimeout, TimerKind::CallerProbe, sequence);
    impl_->end();
    return true;
}

std::vector<std::string> Engine::ask_evidence(Instant now,
                                              std::string_view subject,
                                              std::uint64_t cookie,
                                              Output& out) {
    if (impl_->core.has_stopped) {
        return {};
    }
    impl_->begin(now, out);
    std::vector<std::string> asked = impl_->evidence.ask(subject, cookie);
    impl_->end();
    return asked;
}

void Engine::restore(Instant now, std::span<const MemberView> members, Output& out) {
    impl_->begin(now, out);
    impl_->core.roster.reserve(members.size() + 1);
    for (const MemberView& member : members) {
        impl_->claims.restore(member);
    }
    impl_->core.view_changed_at = now;
    impl_->end();
}

Instant Engine::next_deadline() const {
    return impl_->core.has_stopped ? kNever : impl_->core.timers.next();
}

MemberView Engine::self() const {
    const Core& core = impl_->core;
    return {core.roster[core.self].profile, core.roster.claim(core.self),
            core.roster[core.self].since};
}

bool Engine::stopped() const {
    return impl_->core.has_stopped;
}

std::optional<MemberView> Engine::find(std::string_view name) const {
    const Core& core = impl_->core;
    const Slot slot = core.roster.find(name);
    if (slot == kNoSlot || !core.roster[slot].is_listed) {
        return std::nullopt;
    }
    MemberView view{core.roster[slot].profile, core.roster.claim(slot), core.roster[slot].since};
    view.claim.state = core.shown_state(slot);
    return view;
}

std::vector<MemberView> Engine::members() const {
    const Core& core = impl_->core;
    std::vector<MemberView> found;
    found.reserve(core.roster.size());
    for (Slot slot = 0; slot < core.roster.slot_count(); ++slot) {
        if (core.roster[slot].used && core.roster[slot].is_listed) {
            MemberView view{core.roster[slot].profile, core.roster.claim(slot),
                            core.roster[slot].since};
            view.claim.state = core.shown_state(slot);
            found.push_back(view);
        }
    }
    return found;
}

std::optional<Observation> Engine::observation(Instant now, std::string_view name) const {
    const Slot slot = impl_->core.roster.find(name);
    if (slot == kNoSlot) {
        return std::nullopt;
    }
    return std::visit([&](const auto& d) { return d.observation(now, slot); }, impl_->detection);
}

EngineStatus Engine::status(Instant now) const {
    const Core& core = impl_->core;
    EngineStatus status;
    status.view_digest = core.roster.view_digest();
    status.ring_digest = core.roster.ring_digest();
    const bool claims_suspicion = core.config.mode != Mode::Memberd;
    status.suspect =
        claims_suspicion ? core.roster.count(MemberState::Suspect) : core.roster.suspected();
    status.alive = core.roster.live() - status.suspect;
    status.dead = core.roster.count(MemberState::Dead);
    status.left = core.roster.count(MemberState::Left);
    for (const EngineImpl::DigestHeard& heard : impl_->digests) {
        if (now - heard.at <= kDigestsHeardFor && core.roster.is_live(heard.member)) {
            ++status.digests_heard;
            status.digests_equal += heard.ring_digest == status.ring_digest ? 1 : 0;
        }
    }
    status.local_health =
        std::visit([](const auto& d) { return d.local_health(); }, impl_->detection);
    if (const auto* observers = std::get_if<ObserverDetection>(&impl_->detection)) {
        status.doubt = observers->doubt_text();
    }
    status.held_for = impl_->claims.held_for(now);
    status.joined = impl_->joining.joined();
    return status;
}

const EngineCounters& Engine::counters() const {
    return impl_->core.counters;
}

const FlightRecorder& Engine::flight_recorder() const {
    return impl_->core.recorder;
}

const ProfilePool& Engine::profiles() const {
    return impl_->core.pool;
}

std::size_t Engine::table_bytes() const {
    return impl_->core.roster.memory_bytes();
}

EngineBacklog Engine::backlog(Instant now) const {
    EngineBacklog backlog;
    backlog.records = impl_->core.roster.size();
    backlog.updates = impl_->core.queue.size();
    backlog.cases = std::visit([](const auto& d) { return d.case_count(); }, impl_->detection);
    backlog.pending_deaths = impl_->claims.pending_death_count();
    backlog.name_checks = impl_->joining.check_count(now);
    return backlog;
}

std::vector<std::string_view> Engine::subjects() const {
    std::vector<std::string_view> names;
    if (ObserverDetection* observers = impl_->observer_detection()) {
        for (const Slot slot : observers->subjects()) {
            names.push_back(impl_->core.name_of(slot));
        }
    }
    return names;
}

std::vector<std::string_view> Engine::observers() const {
    std::vector<std::string_view> names;
    if (ObserverDetection* observers = impl_->observer_detection()) {
        for (const Slot slot : observers->observers()) {
            names.push_back(impl_->core.name_of(slot));
        }
    }
    return names;
}

}  // namespace memberd
