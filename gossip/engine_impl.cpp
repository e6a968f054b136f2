#include "gossip/engine_impl.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "detector/check.hpp"
#include "detector/random.hpp"

namespace memberd {
namespace {

constexpr Duration kSweepInterval = std::chrono::seconds(20);
constexpr std::size_t kFloodBytes = kProbeBytesMax - 160;
constexpr int kFloodPagesMax = 16;
// More changes than this at once go to few of the subjects, in longer messages: each ring alone
// leads to everybody.
constexpr std::size_t kFewChanges = 6;
constexpr std::size_t kLongFloodWays = 4;
constexpr std::size_t kLongFloodBytes = 4096 - 160;
constexpr std::size_t kOutdatedToldMax = 16;
// No further claim is added to an answer that is longer than this; with one more profile it is
// still far below kMessageBytesMax.
constexpr std::size_t kOutdatedBytes = std::size_t{16} * 1024;
// Where more members live, one in so many tells a dead one so.
constexpr std::uint32_t kAllTell = 16;
constexpr std::uint64_t kTellOneIn = 4;
constexpr std::size_t kDigestsHeardMax = 256;

std::variant<SwimDetection, ObserverDetection> make_detection(Core& core, Claims& claims) {
    if (core.config.mode == Mode::Memberd) {
        return ObserverDetection(core, claims);
    }
    return SwimDetection(core, claims);
}

}  // namespace

EngineImpl::EngineImpl(EngineConfig config,
                       const Profile& self,
                       std::uint64_t generation,
                       ProfilePool& pool,
                       std::uint64_t seed,
                       Instant now)
    : core(std::move(config), self, generation, pool, seed, now),
      claims(core),
      anti_entropy(core),
      joining(core, claims, anti_entropy),
      evidence(core),
      detection(make_detection(core, claims)) {
    core.timers.set(now + core.random.between(Duration::zero(), kSweepInterval), TimerKind::Sweep);
    if (core.config.mode != Mode::Memberd) {
        const Duration interval = core.timing.baseline.sync_interval;
        core.timers.set(now + core.random.between(Duration::zero(), interval), TimerKind::Sync);
    }
    joining.start();
    std::visit([](auto& d) { d.start(); }, detection);
}

void EngineImpl::begin(Instant now, Output& out) {
    MEMBERD_CHECK(now >= core.now, "time went backwards");
    core.now = now;
    core.out = &out;
    core.release_retired();
    // Also before a message is heard: what waited while this process stood still is no evidence of
    // today.
    const Instant due = core.timers.next();
    if (ObserverDetection* observers = observer_detection(); observers != nullptr && due < now) {
        observers->late(now - due);
    }
}

void EngineImpl::end() {
    pass_events();
    if (!core.has_stopped) {
        if (ObserverDetection* observers = observer_detection()) {
            observers->settle();
            pass_events();
            set_flush();
        }
    }
    core.out = nullptr;
}

// --- Messages ---

void EngineImpl::receive(ReplyToken token, Bytes bytes) {
    ++core.counters.received;
    Message message;
    switch (decode(bytes, message)) {
        case DecodeStatus::Ok:
            break;
        case DecodeStatus::Malformed:
            ++core.counters.malformed;
            return;
        case DecodeStatus::OtherVersion:
            ++core.counters.other_version;
            joining.refuse_stranger(RefuseCode::OtherVersion, token);
            return;
        case DecodeStatus::UnknownType:
            ++core.counters.unknown_type;
            return;
    }
    if (const auto* refuse = std::get_if<Refuse>(&message.body)) {
        joining.on_refuse(*refuse);
        return;
    }
    if (message.envelope.cluster != core.cluster_hash) {
        ++core.counters.other_cluster;
        if (const auto* join = std::get_if<Join>(&message.body)) {
            core.notice(
                NoticeKind::StrangerRefused, static_cast<std::uint8_t>(RefuseCode::OtherCluster),
                {}, 0,
                std::string(message.envelope.name) + " of cluster '" + std::string(join->cluster) +
                    "' asked to join, this agent belongs to cluster '" + core.config.cluster + "'");
        }
        joining.refuse_stranger(RefuseCode::OtherCluster, token);
        return;
    }
    if (message.envelope.instance == core.roster.profile(core.self).instance) {
        return;  // Our own words, through a seed address that leads back here.
    }
    if (!joining.joined() && std::holds_alternative<Ping>(message.body) &&
        message.envelope.name == core.name_of(core.self)) {
        // A member with our name asks whether we live. Whoever is no member yet must not win the
        // name from one that is, and then be refused itself.
        return;
    }
    if (const auto* join = std::get_if<Join>(&message.body)) {
        joining.on_join(message, *join, token);
        enlighten(message, token, core.roster.find(message.envelope.name));
        return;
    }
    apply_updates(message, core.roster.find(message.envelope.name));
    pass_events();
    if (core.has_stopped) {
        return;
    }
    const Slot sender = find_sender(message.envelope);
    dispatch(message, token, sender);
    pass_events();
    enlighten(message, token, core.roster.find(message.envelope.name));
}

// The sender's slot if the run that speaks is the one that we know.
Slot EngineImpl::find_sender(const Envelope& envelope) {
    const Slot sender = core.roster.find(envelope.name);
    if (sender == kNoSlot || sender == core.self ||
        core.roster.profile(sender).instance != envelope.instance) {
        return kNoSlot;
    }
    if (core.roster.is_live(sender)) {
        joining.heard_from_member();
        note_digest(sender, envelope.ring_digest);
    }
    return sender;
}

void EngineImpl::apply_updates(const Message& message, Slot sender) {
    const bool from_table =
        std::holds_alternative<Sync>(message.body) || std::holds_alternative<Welcome>(message.body);
    Update update;
    for (ListCursor<Update> cursor(message.updates); cursor.next(update);) {
        claims.apply(update, from_table ? Source::Sync : Source::Gossip, sender);
        pass_events();
    }
}

void EngineImpl::dispatch(const Message& message, ReplyToken token, Slot sender) {
    if (const auto* welcome = std::get_if<Welcome>(&message.body)) {
        joining.on_welcome(message, *welcome, token, sender);
    } else if (const auto* sync = std::get_if<Sync>(&message.body)) {
        anti_entropy.on_items(sync->items, token, sender, false);
    } else if (const auto* leave = std::get_if<Leave>(&message.body)) {
        joining.on_leave(*leave, token);
    } else if (const auto* leave_ack = std::get_if<LeaveAck>(&message.body)) {
        joining.on_leave_ack(*leave_ack, sender);
    } else if (const auto* request = std::get_if<EvidenceRequest>(&message.body)) {
        evidence.on_request(*request, token, sender);
    } else if (const auto* reply = std::get_if<Evidence>(&message.body)) {
        evidence.on_evidence(*reply, sender);
    } else {
        probing(message, token, sender);
    }
}

void EngineImpl::probing(const Message& message, ReplyToken token, Slot sender) {
    ObserverDetection* observers = observer_detection();
    if (const auto* ack = std::get_if<Ack>(&message.body)) {
        if (on_caller_ack(*ack, message.envelope) || joining.on_ack(*ack, message.envelope)) {
            return;
        }
        if (sender != kNoSlot && core.config.mode == Mode::Memberd) {
            anti_entropy.compare_digests(message.envelope, sender);
        }
        if (const auto sent = claims.on_return_ack(*ack, message.envelope)) {
            if (sender != kNoSlot && observers != nullptr) {
                observers->on_other_ack(sender, *sent);
            }
            return;
        }
    }
    SwimDetection* swim = std::get_if<SwimDetection>(&detection);
    if (const auto* ping = std::get_if<Ping>(&message.body)) {
        if (token != 0) {
            std::visit([&](auto& d) { d.on_ping(*ping, sender, token); }, detection);
        }
    } else if (const auto* ack = std::get_if<Ack>(&message.body)) {
        observers != nullptr ? observers->on_ack(*ack, message.envelope, sender)
                             : swim->on_ack(*ack, message.envelope);
    } else if (const auto* ping_req = std::get_if<PingReq>(&message.body)) {
        std::visit([&](auto& d) { d.on_ping_req(*ping_req, sender, token); }, detection);
    } else if (const auto* nack = std::get_if<Nack>(&message.body)) {
        observers != nullptr ? observers->on_nack(*nack, sender) : swim->on_nack(*nack, sender);
    } else if (const auto* alive = std::get_if<Alive>(&message.body)) {
        observers != nullptr ? observers->on_alive(*alive, sender) : swim->on_alive(*alive, sender);
    } else if (const auto* suspicion = std::get_if<Suspicion>(&message.body);
               suspicion != nullptr && observers != nullptr) {
        observers->on_suspicion(suspicion->entries, sender, token);
    }
}

// Whoever told us something old, or does not know what we hold of it, hears the newer claims.
void EngineImpl::enlighten(const Message& message, ReplyToken token, Slot sender) {
    std::vector<Slot>& outdated = claims.outdated();
    if (const auto contested = std::exchange(claims.contested(), std::nullopt)) {
        joining.check_own_name(*contested);
    }
    const bool sender_is_known = sender != kNoSlot && sender != core.self;
    const bool same_run =
        sender_is_known && core.roster.profile(sender).instance == message.envelope.instance;
    // Two that hold themselves back would tell each other of their deaths for ever.
    const bool is_held = claims.held_for(core.now) > Duration::zero();
    const bool is_ping = std::holds_alternative<Ping>(message.body);
    if (same_run && !core.roster.is_live(sender) && !is_held &&
        (is_ping || !others_will_tell(sender)) &&
        core.roster[sender].generation == message.envelope.generation &&
        core.roster[sender].incarnation >= message.envelope.incarnation) {
        outdated.push_back(
            sender);  // It speaks, and we hold it dead: it must hear that, to refute.
    }
    const bool probe =
        std::holds_alternative<Ping>(message.body) || std::holds_alternative<PingReq>(message.body);
    if (!same_run && probe && token != 0 && !core.is_leaving) {
        anti_entropy.start_on(token);  // A member that we don't know: its table and ours differ.
    }
    const bool racing = std::holds_alternative<Gossip>(message.body) &&
                        core.now - core.view_changed_at < core.timing.membership.digest_settle;
    if (racing) {
        // News cross on their way all the time; what is really stale is said again.
        std::erase_if(outdated, [&](Slot slot) { return slot != sender && slot != core.self; });
    }
    std::sort(outdated.begin(), outdated.end());
    outdated.erase(std::unique(outdated.begin(), outdated.end()), outdated.end());
    std::erase_if(outdated, [this](Slot slot) { return !core.roster[slot].used; });
    outdated.resize(std::min(outdated.size(), kOutdatedToldMax));
    if (!outdated.empty() && (token != 0 || sender_is_known) &&
        !(sender_is_known && was_told(sender, outdated))) {
        core.scratch.clear();
        std::uint32_t count = 0;
        for (const Slot slot : outdated) {
            Encoder(core.scratch).update(core.update_of(slot, false));
            ++count;
            if (core.scratch.size() > kOutdatedBytes) {
                break;  // Profiles may be long; whoever lacks the rest will ask again.
            }
        }
        // With the answer to a ping, if that has just been written.
        if (!is_ping || !same_run || !core.add_to_reply(token, count, core.scratch)) {
            Encoder encoder = core.begin();
            encoder.gossip(core.envelope(), count);
            encoder.raw(core.scratch);
            core.answer(token, token == 0 ? core.endpoint_of(sender) : Endpoint{});
        }
    }
    outdated.clear();
}

// Mode memberd. Whoever is still wrong after a period is told again: what was said may be lost. Who
// is wrong about us is always told.
bool EngineImpl::was_told(Slot listener, const std::vector<Slot>& news) {
    const bool is_of_self = std::find(news.begin(), news.end(), core.self) != news.end();
    if (core.config.mode != Mode::Memberd || is_of_self) {
        return false;
    }
    std::uint64_t key = core.roster.profile(listener).instance;
    for (const Slot slot : news) {
        const Claim claim = core.roster.claim(slot);
        key = mix64(key ^ claim.generation) + claim.incarnation;
        key = mix64(key ^ slot) + static_cast<std::uint64_t>(claim.state);
    }
    return told.repeats(mix64(key), core.now, core.timing.period);
}

// A member that stood still has something to say to many: who asked it meanwhile, who was to hear
// its suspicions. Of those some suffice to tell it that it is dead, and whom it pings.
bool EngineImpl::others_will_tell(Slot dead) const {
    const std::uint64_t pair =
        core.roster.profile(core.self).instance ^ core.roster.profile(dead).instance;
    return core.config.mode == Mode::Memberd && core.roster.live() > kAllTell &&
           mix64(pair) % kTellOneIn != 0;
}

void EngineImpl::pass_events() {
    // Handlers may cause further events; they are appended and passed on in turn.
    for (std::size_t i = 0; i < core.events.size(); ++i) {
        const MembershipEvent event = core.events[i];
        std::visit([&event](auto& d) { d.on_event(event); }, detection);
    }
    core.events.clear();
}

void EngineImpl::note_digest(Slot sender, std::uint64_t ring_digest) {
    std::erase_if(digests, [&](const DigestHeard& d) {
        return d.member == sender || core.now - d.at > kDigestsHeardFor;
    });
    if (digests.size() < kDigestsHeardMax) {
        digests.push_back({sender, ring_digest, core.now});
    }
}

bool EngineImpl::on_caller_ack(const Ack& ack, const Envelope& envelope) {
    const auto found =
        std::find_if(caller_probes.begin(), caller_probes.end(),
                     [&](const CallerProbe& p) { return p.sequence == ack.sequence; });
    if (found == caller_probes.end()) {
        return false;
    }
    if (found->instance == envelope.instance) {
        core.out->probe_results.push_back({found->cookie, true, core.now - found->sent});
        caller_probes.erase(found);
    }
    return true;
}

void EngineImpl::on_caller_timeout(std::uint32_t sequence) {
    const auto found =
        std::find_if(caller_probes.begin(), caller_probes.end(),
                     [sequence](const CallerProbe& p) { return p.sequence == sequence; });
    if (found != caller_probes.end()) {
        core.out->probe_results.push_back({found->cookie, false, core.now - found->sent});
        caller_probes.erase(found);
    }
}

// --- Time ---

void EngineImpl::fire(Instant now) {
    Timer timer;
    while (!core.has_stopped && core.timers.pop(now, timer)) {
        fire(timer);
        pass_events();
    }
}

void EngineImpl::fire(const Timer& timer) {
    switch (timer.kind) {
        case TimerKind::Sweep:
            core.timers.set(core.now + kSweepInterval, TimerKind::Sweep);
            claims.sweep();
            return;
        case TimerKind::Flush:
            flush();
            return;
        case TimerKind::Contact:
            joining.on_contact();
            return;
        case TimerKind::JoinRetry:
            joining.on_join_retry();
            return;
        case TimerKind::LeaveRetry:
            joining.on_leave_retry();
            return;
        case TimerKind::NameCheck:
            joining.on_name_check(timer);
            return;
        case TimerKind::PendingDeath:
            claims.on_pending_death(timer);
            return;
        case TimerKind::HoldEnd:
            claims.on_hold_end();
            return;
        case TimerKind::Sync:
            start_sync();
            return;
        case TimerKind::CallerProbe:
            on_caller_timeout(timer.key);
            return;
        case TimerKind::SubjectPing:
        case TimerKind::PingTimeout:
        case TimerKind::CaseTick:
        case TimerKind::AccusationEnd:
        case TimerKind::Backlog:
        case TimerKind::RandomContact:
        case TimerKind::SwimPeriod:
        case TimerKind::SwimProbeTimeout:
        case TimerKind::SwimHelperTimeout:
        case TimerKind::SuspicionEnd:
        case TimerKind::SwimGossip:
            if (!core.is_leaving) {
                std::visit([&timer](auto& d) { d.on_timer(timer); }, detection);
            }
            return;
    }
}

void EngineImpl::start_sync() {
    core.timers.set(core.now + core.timing.baseline.sync_interval, TimerKind::Sync);
    core.pick_live(1, {}, nobody);
    if (!nobody.empty() && !core.is_leaving) {
        anti_entropy.start(core.endpoint_of(nobody.front()));
    }
}

// --- Dissemination of mode memberd: a flood over the rings ---

void EngineImpl::set_flush() {
    if (!flush_is_set && !core.queue.empty()) {
        flush_is_set = true;
        // A few changes go out at once; where many come one after the other, each flood carries
        // more of them.
        const MembershipTiming& timing = core.timing.membership;
        constexpr auto kGaps = static_cast<Duration::rep>(kFloodsAtOnce);
        core.timers.set(
            std::max(core.now + timing.flood_delay, floods.front() + timing.flood_gap * kGaps),
            TimerKind::Flush);
    }
}

// `count` of them, by chance.
void EngineImpl::choose(std::size_t count, std::vector<Slot>& members) {
    for (std::size_t i = 0; i < count && i < members.size(); ++i) {
        std::swap(members[i], members[i + core.random.below(members.size() - i)]);
    }
    members.resize(std::min(members.size(), count));
}

void EngineImpl::flush() {
    flush_is_set = false;
    const bool is_storm = floods[kFloodsAtOnce - 2] + core.timing.membership.flood_storm > core.now;
    std::rotate(floods.begin(), floods.begin() + 1, floods.end());
    floods.back() = core.now;
    ObserverDetection* observers = observer_detection();
    if (observers == nullptr) {
        return;
    }
    if (claims.held_for(core.now) > Duration::zero()) {
        // What the dead learn, the living know; but who joined through us is known to nobody else,
        // nor may be what we found ourselves just before.
        core.queue.keep(UpdateClass::Arrival);
    }
    std::vector<Slot> neighbours = observers->subjects();
    const bool is_long = core.queue.size() > kFewChanges;
    if (is_long || is_storm) {
        // In a storm each change has several ways to everybody in one direction alone; and who does
        // not answer does not hear either.
        std::erase_if(neighbours, [&](Slot slot) { return observers->is_silent(slot); });
        if (is_long) {
            choose(kLongFloodWays, neighbours);
        }
    } else if (core.queue.has_first_hand(core.self) || core.timing.membership.floods_both_ways) {
        // Whoever brings the news sends it both ways around the rings, whoever passes it on one
        // way where a step takes little.
        neighbours.insert(neighbours.end(), observers->observers().begin(),
                          observers->observers().end());
        std::sort(neighbours.begin(), neighbours.end());
        neighbours.erase(std::unique(neighbours.begin(), neighbours.end()), neighbours.end());
    }
    const std::size_t budget = is_long ? kLongFloodBytes : kFloodBytes;
    for (int page = 0; page < kFloodPagesMax && !core.queue.empty(); ++page) {
        const std::uint32_t count = core.take_piggyback(budget, core.scratch);
        for (const Slot neighbour : neighbours) {
            Encoder encoder = core.begin();
            encoder.gossip(core.envelope(), count);
            encoder.raw(core.scratch);
            core.request(core.endpoint_of(neighbour));
        }
    }
}

}  // namespace memberd
