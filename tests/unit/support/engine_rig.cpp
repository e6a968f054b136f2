#include "tests/unit/support/engine_rig.hpp"

#include <stdexcept>
#include <utility>

namespace memberd::tests {

Endpoint endpoint_at(std::uint16_t port) {
    return *parse_endpoint("127.0.0.1:" + std::to_string(port));
}

Profile profile_of(std::string_view name, std::uint16_t port, std::uint64_t instance) {
    Profile profile;
    profile.name = name;
    profile.instance = instance;
    profile.endpoint = endpoint_at(port);
    return profile;
}

std::vector<std::uint8_t> bytes_of(const Profile& profile) {
    std::vector<std::uint8_t> bytes;
    encode_profile(profile, bytes);
    return bytes;
}

Said alive(const Peer& peer, std::uint32_t raised_by) {
    return {peer.profile.name,
            peer.claim(MemberState::Alive, raised_by),
            0,
            {},
            bytes_of(peer.profile)};
}

Said dead(const Peer& peer, std::vector<std::string> accusers, std::uint32_t age_s) {
    return {peer.profile.name, peer.claim(MemberState::Dead), age_s, std::move(accusers), {}};
}

Said suspect(const Peer& peer, const std::string& accuser) {
    return {peer.profile.name, peer.claim(MemberState::Suspect), 0, {accuser}, {}};
}

Said left(const Peer& peer, std::uint32_t age_s) {
    return {peer.profile.name, peer.claim(MemberState::Left), age_s, {}, {}};
}

Said about_self(MemberState state, std::uint32_t incarnation, std::uint64_t generation) {
    const Profile self = RigOptions{}.self;
    Said said{self.name, {self.instance, generation, incarnation, state}, 0, {}, {}};
    if (state == MemberState::Alive) {
        said.profile = bytes_of(self);
    }
    return said;
}

Said with_profile(Said said, const Peer& peer) {
    said.profile = bytes_of(peer.profile);
    return said;
}

Update update_of(const Said& said) {
    Update update;
    update.name = said.name;
    update.claim = said.claim;
    update.age_s = said.age_s;
    for (const std::string& accuser : said.accusers) {
        update.accusers[update.accuser_count++] = accuser;
    }
    update.profile = said.profile;
    return update;
}

Message Sent::message() const {
    Message decoded;
    if (decode(bytes, decoded) != DecodeStatus::Ok) {
        throw std::runtime_error("the engine has sent a message that no member accepts, of " +
                                 std::to_string(bytes.size()) + " bytes");
    }
    return decoded;
}

std::vector<Said> Sent::updates() const {
    const Message decoded = message();
    std::vector<Said> found;
    Update update;
    for (ListCursor<Update> cursor(decoded.updates); cursor.next(update);) {
        Said said{std::string(update.name), update.claim, update.age_s, {}, {}};
        for (std::size_t i = 0; i < update.accuser_count; ++i) {
            said.accusers.emplace_back(update.accusers[i]);
        }
        said.profile.assign(update.profile.begin(), update.profile.end());
        found.push_back(std::move(said));
    }
    return found;
}

EngineRig::EngineRig(const RigOptions& options)
    : engine({options.mode, options.timing, options.cluster, 4096},
             options.self,
             options.generation,
             pool,
             options.seed,
             kRigStart),
      cluster_hash_(static_cast<std::uint32_t>(name_key(options.cluster))) {}

Peer& EngineRig::add_stranger(const std::string& name) {
    const auto number = static_cast<std::uint16_t>(peers_.size() + 1);
    peers_.push_back(std::make_unique<Peer>());
    Peer& peer = *peers_.back();
    peer.profile = profile_of(name, static_cast<std::uint16_t>(8000 + number), 0x1000U + number);
    return peer;
}

Peer& EngineRig::add(const std::string& name) {
    Peer& peer = add_stranger(name);
    const MemberView view{pool.acquire(peer.profile), peer.claim(), now};
    engine.restore(now, std::span(&view, 1), out);
    pool.release(view.profile);
    collect();
    return peer;
}

void EngineRig::add_many(int count) {
    for (int i = 0; i < count; ++i) {
        add((i < 10 ? "p0" : "p") + std::to_string(i));
    }
}

Peer& EngineRig::peer(std::string_view name) {
    for (const auto& peer : peers_) {
        if (peer->profile.name == name) {
            return *peer;
        }
    }
    throw std::runtime_error("no peer " + std::string(name));
}

Peer& EngineRig::peer_at(const Endpoint& endpoint) {
    for (const auto& peer : peers_) {
        if (peer->profile.endpoint == endpoint) {
            return *peer;
        }
    }
    throw std::runtime_error("nobody lives at " + to_string(endpoint));
}

Envelope EngineRig::envelope_of(const Peer& peer) const {
    Envelope envelope;
    envelope.cluster = cluster_hash_;
    envelope.name = peer.profile.name;
    envelope.instance = peer.profile.instance;
    envelope.generation = peer.generation;
    envelope.incarnation = peer.incarnation;
    const EngineStatus status = engine.status(now);
    envelope.view_digest = status.view_digest;
    envelope.ring_digest = status.ring_digest;
    return envelope;
}

void EngineRig::hear(std::vector<std::uint8_t> bytes, ReplyToken token) {
    engine.receive(now, token, bytes, out);
    collect();
}

namespace {

void append(Encoder& encoder, const std::vector<Said>& updates) {
    for (const Said& said : updates) {
        encoder.update(update_of(said));
    }
}

std::uint32_t count_of(const std::vector<Said>& updates) {
    return static_cast<std::uint32_t>(updates.size());
}

}  // namespace

void EngineRig::hear_ping(const Peer& from,
                          std::uint32_t sequence,
                          ReplyToken token,
                          const std::vector<Said>& updates) {
    std::vector<std::uint8_t> bytes;
    Encoder encoder(bytes);
    encoder.ping(envelope_of(from), {sequence, false}, count_of(updates));
    append(encoder, updates);
    hear(std::move(bytes), token);
}

void EngineRig::hear_ack(const Peer& from, std::uint32_t sequence, std::uint32_t next_slot_ms) {
    std::vector<std::uint8_t> bytes;
    Encoder(bytes).ack(envelope_of(from), {sequence, next_slot_ms}, 0);
    hear(std::move(bytes));
}

void EngineRig::hear_gossip(const Peer& from, const std::vector<Said>& updates, ReplyToken token) {
    std::vector<std::uint8_t> bytes;
    Encoder encoder(bytes);
    encoder.gossip(envelope_of(from), count_of(updates));
    append(encoder, updates);
    hear(std::move(bytes), token);
}

void EngineRig::hear_sync(const Peer& from, const std::vector<Said>& updates, ReplyToken token) {
    std::vector<std::uint8_t> bytes;
    Encoder encoder(bytes);
    encoder.sync(envelope_of(from), 0, {}, count_of(updates));
    append(encoder, updates);
    hear(std::move(bytes), token);
}

void EngineRig::hear_ping_req(const Peer& from, const PingReq& ping_req, ReplyToken token) {
    std::vector<std::uint8_t> bytes;
    Encoder(bytes).ping_req(envelope_of(from), ping_req, 0);
    hear(std::move(bytes), token);
}

void EngineRig::hear_nack(const Peer& from, std::uint32_t sequence) {
    std::vector<std::uint8_t> bytes;
    Encoder(bytes).nack(envelope_of(from), {sequence}, 0);
    hear(std::move(bytes));
}

void EngineRig::hear_alive(const Peer& from, const Alive& alive) {
    std::vector<std::uint8_t> bytes;
    Encoder(bytes).alive(envelope_of(from), alive, 0);
    hear(std::move(bytes));
}

void EngineRig::hear_suspicion(const Peer& from,
                               const std::vector<const Peer*>& subjects,
                               Duration age,
                               ReplyToken token,
                               std::uint32_t missed) {
    std::vector<std::uint8_t> bytes;
    Encoder encoder(bytes);
    encoder.suspicion(envelope_of(from), static_cast<std::uint32_t>(subjects.size()), 0);
    for (const Peer* subject : subjects) {
        SuspicionEntry entry;
        entry.subject = subject->profile.name;
        entry.subject_instance = subject->profile.instance;
        entry.generation = subject->generation;
        entry.incarnation = subject->incarnation;
        entry.age_ms = static_cast<std::uint32_t>(milliseconds(age));
        entry.missed = missed;
        encoder.suspicion_entry(entry);
    }
    hear(std::move(bytes), token);
}

void EngineRig::hear_join(const Peer& from, ReplyToken token, const std::string& cluster) {
    std::vector<std::uint8_t> items;
    Encoder(items).sync_summary(0, ~std::uint64_t{0}, 1, 12345);
    Envelope envelope = envelope_of(from);
    envelope.cluster = static_cast<std::uint32_t>(name_key(cluster));
    std::vector<std::uint8_t> bytes;
    Encoder encoder(bytes);
    encoder.join(envelope, cluster, 1, items, 1);
    append(encoder, {alive(from)});
    hear(std::move(bytes), token);
}

void EngineRig::hear_evidence_request(const Peer& from,
                                      std::string_view subject,
                                      std::uint64_t cookie,
                                      ReplyToken token) {
    std::vector<std::uint8_t> bytes;
    Encoder(bytes).evidence_request(envelope_of(from), {cookie, subject}, 0);
    hear(std::move(bytes), token);
}

void EngineRig::hear_evidence(const Peer& from,
                              std::uint64_t cookie,
                              const std::vector<EvidenceItem>& items) {
    std::vector<std::uint8_t> bytes;
    Encoder encoder(bytes);
    encoder.evidence(envelope_of(from), cookie, static_cast<std::uint32_t>(items.size()), 0);
    for (const EvidenceItem& item : items) {
        encoder.evidence_item(item);
    }
    hear(std::move(bytes));
}

void EngineRig::hear_leave_ack(const Peer& from, std::uint32_t sequence) {
    std::vector<std::uint8_t> bytes;
    Encoder(bytes).leave_ack(envelope_of(from), {sequence}, 0);
    hear(std::move(bytes));
}

void EngineRig::hear_refuse(const Refuse& refuse) {
    std::vector<std::uint8_t> bytes;
    Encoder(bytes).refuse(refuse);
    hear(std::move(bytes));
}

void EngineRig::refuse(const Peer& peer) {
    engine.link(now, {peer.profile.endpoint, LinkState::Refused}, out);
    collect();
}

void EngineRig::answer(const Sent& message) {
    if (!message.is<Ping>()) {
        return;
    }
    for (const auto& peer : peers_) {
        if (peer->answers && peer->profile.endpoint == message.to) {
            if (peer->loss > 0 && random_.chance(peer->loss)) {
                return;
            }
            Delivery delivery{now + peer->delay, {}};
            Encoder(delivery.bytes)
                .ack(envelope_of(*peer), {message.body<Ping>().sequence, peer->next_slot_ms}, 0);
            deliveries_.insert(
                std::upper_bound(deliveries_.begin(), deliveries_.end(), delivery.at,
                                 [](Instant at, const Delivery& d) { return at < d.at; }),
                std::move(delivery));
            return;
        }
    }
}

bool EngineRig::step(Instant end) {
    const Instant due = engine.next_deadline();
    const Instant arrival = deliveries_.empty() ? kNever : deliveries_.front().at;
    if (std::min(due, arrival) > end) {
        now = end;
        return false;
    }
    if (arrival <= due) {
        now = arrival;
        const Delivery delivery = std::move(deliveries_.front());
        deliveries_.erase(deliveries_.begin());
        engine.receive(now, 0, delivery.bytes, out);
    } else {
        now = std::max(now, due);
        engine.advance(now, out);
    }
    collect();
    return true;
}

void EngineRig::run_for(Duration length) {
    const Instant end = now + length;
    while (step(end)) {
    }
}

void EngineRig::collect() {
    const std::size_t first = sent.size();
    for (const Send& send : out.sends) {
        const Bytes bytes = out.bytes_of(send);
        sent.push_back({now, send.to, send.reply_to, send.fresh, {bytes.begin(), bytes.end()}});
    }
    for (const Change& change : out.changes) {
        changes.push_back({now, change.kind, std::string(pool[change.profile].name()),
                           change.previous, change.claim, change.is_new});
    }
    notices.insert(notices.end(), out.notices.begin(), out.notices.end());
    probe_results.insert(probe_results.end(), out.probe_results.begin(), out.probe_results.end());
    evidence_replies.insert(evidence_replies.end(), out.evidence_replies.begin(),
                            out.evidence_replies.end());
    out.clear();
    for (std::size_t i = first; i < sent.size(); ++i) {
        answer(sent[i]);
    }
}

std::vector<Said> EngineRig::said_of(std::string_view name, const Peer* to) const {
    std::vector<Said> found;
    for (const Sent& each : sent) {
        if (to == nullptr || each.to == to->profile.endpoint) {
            for (const Said& said : each.updates()) {
                if (said.name == name) {
                    found.push_back(said);
                }
            }
        }
    }
    return found;
}

void EngineRig::forget_past() {
    sent.clear();
    changes.clear();
    notices.clear();
    probe_results.clear();
    evidence_replies.clear();
}

bool EngineRig::knows(std::string_view name) const {
    return engine.find(name).has_value();
}

MemberState EngineRig::state_of(std::string_view name) const {
    const auto view = engine.find(name);
    if (!view) {
        throw std::runtime_error("the engine shows no " + std::string(name));
    }
    return view->claim.state;
}

const Notice* EngineRig::noticed(NoticeKind kind) const {
    const auto found = std::find_if(notices.begin(), notices.end(),
                                    [kind](const Notice& n) { return n.kind == kind; });
    return found == notices.end() ? nullptr : &*found;
}

Instant EngineRig::time_of(std::string_view name, MemberState state) const {
    for (const SeenChange& change : changes) {
        if (change.name == name && change.claim.state == state &&
            change.kind == ChangeKind::State) {
            return change.at;
        }
    }
    return kNever;
}

}  // namespace memberd::tests
