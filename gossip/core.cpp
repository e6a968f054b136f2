#include "gossip/core.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "detector/check.hpp"

namespace memberd {
namespace {

// Room for the envelope and the body of a probe, so that piggyback never breaks its limit.
constexpr std::size_t kPiggybackCandidates = 64;
// The longest head of a list of updates.
constexpr std::size_t kUpdateListBytes = 3;

}  // namespace

Core::Core(EngineConfig engine_config,
           const Profile& self_profile,
           std::uint64_t generation,
           ProfilePool& profile_pool,
           std::uint64_t seed,
           Instant start)
    : config(std::move(engine_config)),
      timing(config.timing),
      pool(profile_pool),
      random(seed),
      roster(pool, config.mode == Mode::Memberd ? SuspicionIs::Evidence : SuspicionIs::Claim),
      queue(roster),
      recorder(config.flight_recorder_entries),
      self(0),
      cluster_hash(static_cast<std::uint32_t>(name_key(config.cluster))),
      now(start),
      view_changed_at(start),
      neighbours(roster, self, static_cast<int>(timing.ring_count)) {
    MEMBERD_CHECK(is_valid(self_profile), "this member's own profile breaks a limit");
    MEMBERD_CHECK(generation >= 1 && generation <= kGenerationMax, "generation out of range");
    const Claim claim{self_profile.instance, generation, 0, MemberState::Alive};
    self = roster.insert(pool.acquire(self_profile), claim, start, true);
    last_sequence_ = static_cast<std::uint32_t>(random.next());
}

std::uint32_t Core::next_sequence() {
    // 0 means "no sequence" in some messages.
    do {
        ++last_sequence_;
    } while (last_sequence_ == 0);
    return last_sequence_;
}

Envelope Core::envelope() const {
    const Record& own = roster[self];
    const ProfilePool::Entry& profile = roster.profile(self);
    Envelope envelope;
    envelope.cluster = cluster_hash;
    envelope.name = profile.name();
    envelope.instance = profile.instance;
    envelope.generation = own.generation;
    envelope.incarnation = own.incarnation;
    envelope.view_digest = roster.view_digest();
    envelope.ring_digest = roster.ring_digest();
    return envelope;
}

Encoder Core::begin() {
    message_start_ = out->bytes.size();
    return Encoder(out->bytes);
}

void Core::request(const Endpoint& to, bool fresh) {
    const auto size = static_cast<std::uint32_t>(message_bytes());
    out->sends.push_back({to, 0, fresh, static_cast<std::uint32_t>(message_start_), size});
    ++counters.sent;
    counters.sent_bytes += size;
}

void Core::reply(ReplyToken to) {
    const auto size = static_cast<std::uint32_t>(message_bytes());
    out->sends.push_back({{}, to, false, static_cast<std::uint32_t>(message_start_), size});
    ++counters.sent;
    counters.sent_bytes += size;
}

void Core::answer(ReplyToken token, const Endpoint& otherwise) {
    if (token != 0) {
        reply(token);
    } else {
        request(otherwise);
    }
}

void Core::reply_bare(ReplyToken to) {
    reply(to);
    bare_reply_ = to;
}

bool Core::add_to_reply(ReplyToken to,
                        std::uint32_t count,
                        const std::vector<std::uint8_t>& updates) {
    if (to == 0 || to != bare_reply_ || out->sends.empty() || out->sends.back().reply_to != to) {
        return false;
    }
    Send& reply = out->sends.back();
    if (reply.size + kUpdateListBytes + updates.size() > kProbeBytesMax) {
        return false;
    }
    bare_reply_ = 0;
    out->bytes.pop_back();
    Encoder encoder(out->bytes);
    encoder.update_list(count);
    encoder.raw(updates);
    const auto size = static_cast<std::uint32_t>(out->bytes.size() - reply.offset);
    counters.sent_bytes += size - reply.size;
    reply.size = size;
    return true;
}

Update Core::update_of(Slot slot, bool with_profile, Slot accuser) const {
    const Record& record = roster[slot];
    const ProfilePool::Entry& profile = roster.profile(slot);
    Update update;
    update.name = profile.name();
    update.claim = roster.claim(slot);
    if (with_profile || record.state == MemberState::Alive) {
        update.profile = profile.encoded;
    }
    if (record.state == MemberState::Dead || record.state == MemberState::Left) {
        const auto age =
            std::chrono::duration_cast<std::chrono::seconds>(now - record.since).count();
        update.age_s = static_cast<std::uint32_t>(std::clamp<std::int64_t>(age, 0, 0xffffffff));
    }
    if (record.state == MemberState::Suspect && accuser != kNoSlot && roster[accuser].used) {
        update.accusers[update.accuser_count++] = name_of(accuser);
    }
    if (const DeathRecord* death = record.state == MemberState::Dead ? death_of(slot) : nullptr) {
        for (std::size_t i = 0; i < death->accuser_count; ++i) {
            const Slot known = roster.find_key(death->accuser_keys[i]);
            if (known != kNoSlot) {
                update.accusers[update.accuser_count++] = name_of(known);
            }
        }
    }
    return update;
}

std::uint32_t Core::take_piggyback(std::size_t budget,
                                   std::vector<std::uint8_t>& buffer,
                                   TooLong too_long) {
    buffer.clear();
    if (queue.empty()) {
        return 0;
    }
    const std::vector<QueuedUpdate>& entries = queue.front(kPiggybackCandidates);
    const std::size_t candidates = std::min(entries.size(), kPiggybackCandidates);
    Encoder encoder(buffer);
    std::uint32_t taken = 0;
    while (taken < candidates) {
        const std::size_t before = buffer.size();
        encoder.update(update_of(entries[taken].member, false, entries[taken].accuser));
        if (buffer.size() > budget && (taken > 0 || too_long == TooLong::Never)) {
            buffer.resize(before);
            break;
        }
        ++taken;
        if (buffer.size() > budget) {
            break;  // A single update larger than a message: the caller sends it alone.
        }
    }
    queue.sent(taken, retransmit_limit());
    return taken;
}

std::uint32_t Core::retransmit_limit() const {
    if (config.mode == Mode::Memberd) {
        return 1;  // A flood passes every change once to each neighbour; digests find what is lost.
    }
    const double digits = std::ceil(std::log10(static_cast<double>(roster.live()) + 1.0));
    return static_cast<std::uint32_t>(timing.baseline.retransmit_multiplier) *
           static_cast<std::uint32_t>(std::max(1.0, digits));
}

void Core::tell(const Endpoint& to, Slot member, bool with_profile) {
    Encoder encoder = begin();
    encoder.gossip(envelope(), 1);
    encoder.update(update_of(member, with_profile));
    request(to);
}

void Core::note_change(ChangeKind kind, Slot slot, MemberState previous, bool is_new) {
    Claim claim = roster.claim(slot);
    claim.state = shown_state(slot);
    out->changes.push_back({kind, is_new, previous, claim, roster[slot].profile});
    pool.retain(roster[slot].profile);
    retire_profile(roster[slot].profile);
}

void Core::notice(NoticeKind kind,
                  std::uint8_t code,
                  const Endpoint& peer,
                  std::uint64_t number,
                  std::string text) {
    out->notices.push_back({kind, code, peer, number, std::move(text)});
}

void Core::note_evidence(
    EvidenceKind kind, Slot subject, Slot other, Duration age, double measure) {
    if (recorder.is_on()) {
        const bool counts_misses = kind == EvidenceKind::AnswersTooLittle;
        const std::string_view other_name = other == kNoSlot ? std::string_view() : name_of(other);
        recorder.record({now, kind, std::string(name_of(subject)), std::string(other_name), age,
                         counts_misses ? 0.0 : measure,
                         counts_misses ? static_cast<std::uint32_t>(measure) : 0U});
    }
}

MemberState Core::shown_state(Slot slot) const {
    const Record& record = roster[slot];
    return record.state == MemberState::Alive && record.is_suspected ? MemberState::Suspect
                                                                     : record.state;
}

void Core::pick_live(std::size_t count, std::span<const Slot> excluded, std::vector<Slot>& picked) {
    picked.clear();
    const std::uint32_t slots = roster.slot_count();
    const auto is_candidate = [&](Slot slot) {
        return slot != self && roster.is_live(slot) &&
               std::find(excluded.begin(), excluded.end(), slot) == excluded.end() &&
               std::find(picked.begin(), picked.end(), slot) == picked.end();
    };
    // Blind draws are enough while the living are many among the slots; a walk from a random place
    // ends what they miss.
    for (std::size_t draw = 0; draw < count * 4 && picked.size() < count; ++draw) {
        const auto slot = static_cast<Slot>(random.below(slots));
        if (is_candidate(slot)) {
            picked.push_back(slot);
        }
    }
    const auto start = static_cast<Slot>(random.below(slots));
    for (Slot i = 0; i < slots && picked.size() < count; ++i) {
        const Slot slot = (start + i) % slots;
        if (is_candidate(slot)) {
            picked.push_back(slot);
        }
    }
}

void Core::retire_profile(ProfileId profile) {
    retired_.push_back(profile);
}

void Core::release_retired() {
    for (const ProfileId profile : retired_) {
        pool.release(profile);
    }
    retired_.clear();
}

const DeathRecord* Core::death_of(Slot slot) const {
    const auto found = std::find_if(deaths.begin(), deaths.end(), [slot](const DeathRecord& death) {
        return death.member == slot;
    });
    return found == deaths.end() ? nullptr : &*found;
}

void Core::remember_death(Slot slot, std::span<const std::uint64_t> accuser_keys) {
    forget_death(slot);
    DeathRecord death;
    death.member = slot;
    death.accuser_count =
        static_cast<std::uint8_t>(std::min(accuser_keys.size(), kAccuserCountMax));
    std::copy_n(accuser_keys.begin(), death.accuser_count, death.accuser_keys.begin());
    deaths.push_back(death);
}

void Core::forget_death(Slot slot) {
    std::erase_if(deaths, [slot](const DeathRecord& death) { return death.member == slot; });
}

}  // namespace memberd
