// One engine among peers that a test plays: messages of peers go in as bytes, what the engine sends
// comes out decoded, and time is the test's.
//
// A peer answers the engine's pings by itself while it is told to; everything else a test says by
// hand. Peers echo the engine's own view digest, so that no reconciliation begins unasked.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gossip/codec.hpp"
#include "gossip/engine.hpp"

namespace memberd::tests {

inline constexpr Instant kRigStart{std::chrono::seconds(1000)};

Endpoint endpoint_at(std::uint16_t port);
Profile profile_of(std::string_view name, std::uint16_t port, std::uint64_t instance);
std::vector<std::uint8_t> bytes_of(const Profile& profile);

// A claim in the open, for messages of peers.
struct Said {
    std::string name;
    Claim claim;
    std::uint32_t age_s = 0;
    std::vector<std::string> accusers;
    std::vector<std::uint8_t> profile;
};

struct Peer {
    Profile profile;
    std::uint64_t generation = 1;
    std::uint32_t incarnation = 0;
    bool answers = true;
    Duration delay = std::chrono::milliseconds(1);
    std::uint32_t next_slot_ms = 0;
    double loss = 0;  // of its answers

    [[nodiscard]] Claim claim(MemberState state = MemberState::Alive,
                              std::uint32_t raised_by = 0) const {
        return {profile.instance, generation, incarnation + raised_by, state};
    }
};

Said alive(const Peer& peer, std::uint32_t raised_by = 0);
Said dead(const Peer& peer, std::vector<std::string> accusers, std::uint32_t age_s = 0);
Said suspect(const Peer& peer, const std::string& accuser);
Said left(const Peer& peer, std::uint32_t age_s = 0);

// The engine's own instance, unless RigOptions gave it another, with any numbers.
Said about_self(MemberState state, std::uint32_t incarnation, std::uint64_t generation = 10);

// The same with the profile, as in syncs.
Said with_profile(Said said, const Peer& peer);
Update update_of(const Said& said);

struct Sent {
    Instant at;
    Endpoint to;
    ReplyToken reply_to = 0;
    bool fresh = false;
    std::vector<std::uint8_t> bytes;

    // Borrows from `bytes`.
    [[nodiscard]] Message message() const;

    template <typename Body>
    [[nodiscard]] bool is() const {
        return std::holds_alternative<Body>(message().body);
    }

    template <typename Body>
    [[nodiscard]] Body body() const {
        return std::get<Body>(message().body);
    }

    [[nodiscard]] std::vector<Said> updates() const;
};

struct SeenChange {
    Instant at;
    ChangeKind kind = ChangeKind::State;
    std::string name;
    MemberState previous = MemberState::Left;
    Claim claim;
    bool is_new = false;
};

struct RigOptions {
    Mode mode = Mode::Memberd;
    std::uint64_t generation = 10;
    std::uint64_t seed = 1;
    std::string cluster = "blue";
    Timing timing = timing_of(TimingProfile::Lan);
    Profile self = profile_of("self", 7000, 0xabc);
};

class EngineRig {
  public:
    explicit EngineRig(const RigOptions& options = {});

    // A peer that the engine holds alive from the beginning. Peers stay where they are.
    Peer& add(const std::string& name);
    // One that the engine does not know.
    Peer& add_stranger(const std::string& name);
    // `count` known peers, named p00, p01 ...
    void add_many(int count);
    [[nodiscard]] Peer& peer(std::string_view name);
    [[nodiscard]] Peer& peer_at(const Endpoint& endpoint);

    [[nodiscard]] Envelope envelope_of(const Peer& peer) const;

    // --- Messages of peers ---
    void hear(std::vector<std::uint8_t> bytes, ReplyToken token = 0);
    void hear_ping(const Peer& from,
                   std::uint32_t sequence,
                   ReplyToken token,
                   const std::vector<Said>& updates = {});
    void hear_ack(const Peer& from, std::uint32_t sequence, std::uint32_t next_slot_ms = 0);
    void hear_gossip(const Peer& from, const std::vector<Said>& updates, ReplyToken token = 77);
    void hear_sync(const Peer& from, const std::vector<Said>& updates, ReplyToken token = 78);
    void hear_ping_req(const Peer& from, const PingReq& ping_req, ReplyToken token);
    void hear_nack(const Peer& from, std::uint32_t sequence);
    void hear_alive(const Peer& from, const Alive& alive);
    void hear_suspicion(const Peer& from,
                        const std::vector<const Peer*>& subjects,
                        Duration age,
                        ReplyToken token = 79,
                        std::uint32_t missed = 0);
    void hear_join(const Peer& from, ReplyToken token, const std::string& cluster = "blue");
    void hear_evidence_request(const Peer& from,
                               std::string_view subject,
                               std::uint64_t cookie,
                               ReplyToken token);
    void hear_evidence(const Peer& from,
                       std::uint64_t cookie,
                       const std::vector<EvidenceItem>& items);
    void hear_leave_ack(const Peer& from, std::uint32_t sequence);
    void hear_refuse(const Refuse& refuse);
    // The transport says that nobody listens where the peer did.
    void refuse(const Peer& peer);

    // --- Time ---
    void run_for(Duration length);

    // Until the first message with this body leaves, at most `limit`; null if none did.
    template <typename Body>
    const Sent* run_until_sent(Duration limit) {
        const std::size_t first = sent.size();
        const Instant end = now + limit;
        while (step(end)) {
            for (std::size_t i = first; i < sent.size(); ++i) {
                if (sent[i].is<Body>()) {
                    return &sent[i];
                }
            }
        }
        return nullptr;
    }

    // One event of engine or peers not later than `end`; false, with now at the end, if there is
    // none.
    bool step(Instant end);
    // Takes out of the output what an input of the test's own made.
    void collect();

    // --- What the engine did ---
    template <typename Body>
    [[nodiscard]] std::vector<const Sent*> all_sent(const Peer* to = nullptr) const {
        std::vector<const Sent*> found;
        for (const Sent& each : sent) {
            if (each.is<Body>() && (to == nullptr || each.to == to->profile.endpoint)) {
                found.push_back(&each);
            }
        }
        return found;
    }

    template <typename Body>
    [[nodiscard]] std::size_t count(const Peer* to = nullptr) const {
        return all_sent<Body>(to).size();
    }

    // What the engine has said of `name` since the past was forgotten, newest last.
    [[nodiscard]] std::vector<Said> said_of(std::string_view name, const Peer* to = nullptr) const;
    // Everything that was sent and seen so far is looked at no more.
    void forget_past();
    [[nodiscard]] MemberState state_of(std::string_view name) const;
    [[nodiscard]] bool knows(std::string_view name) const;
    [[nodiscard]] const Notice* noticed(NoticeKind kind) const;
    // When the member was shown in this state, or kNever.
    [[nodiscard]] Instant time_of(std::string_view name, MemberState state) const;

    ProfilePool pool;
    Instant now = kRigStart;
    Engine engine;
    Output out;
    std::vector<Sent> sent;
    std::vector<SeenChange> changes;
    std::vector<Notice> notices;
    std::vector<ProbeResult> probe_results;
    std::vector<EvidenceReply> evidence_replies;

  private:
    struct Delivery {
        Instant at;
        std::vector<std::uint8_t> bytes;
    };

    void answer(const Sent& message);

    std::uint32_t cluster_hash_;
    Random random_{99};
    std::vector<std::unique_ptr<Peer>> peers_;
    std::vector<Delivery> deliveries_;  // by time
};

}  // namespace memberd::tests
