// The messages of the protocol as the core sees them. PROTOCOL.md gives every byte; codec.hpp turns
// one into the other.
//
// A decoded message borrows: its strings and lists point into the received bytes and live as long
// as those do. Lists are validated once as a whole by the decoder and then walked without
// allocation.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "gossip/endpoint.hpp"
#include "gossip/member.hpp"
#include "gossip/transport.hpp"

namespace memberd {

inline constexpr std::uint64_t kProtocolVersion = 1;

// Limits of what is accepted; PROTOCOL.md repeats them. Sizes in bytes of UTF-8.
inline constexpr std::size_t kNameBytesMax = 64;
inline constexpr std::size_t kClusterBytesMax = 64;
inline constexpr std::size_t kZoneBytesMax = 64;
inline constexpr std::size_t kTagKeyBytesMax = 64;
inline constexpr std::size_t kTagValueBytesMax = 512;
inline constexpr std::size_t kTagCountMax = 64;
inline constexpr std::size_t kProfileBytesMax = 8192;
inline constexpr std::uint32_t kWeightMilliMax = 100'000;
inline constexpr std::size_t kAccuserCountMax = 4;
inline constexpr std::size_t kReasonBytesMax = 256;
inline constexpr std::size_t kSuspicionCountMax = 64;
inline constexpr std::size_t kSyncItemCountMax = 256;
inline constexpr std::size_t kListingCountMax = 64;
inline constexpr std::size_t kUpdateCountMax = 4096;
inline constexpr std::size_t kEvidenceCountMax = 64;
// Of any array of fixed elements, those that a later version appends included.
inline constexpr std::uint32_t kElementCountMax = 64;
inline constexpr std::size_t kMessageBytesMax = 65'536;  // any message
// Ping, ack, ping-req, nack, alive, suspicion, evidence-request. Gossip is kept below it too unless
// a single update is longer, so the decoder lets gossip be as long as any message.
inline constexpr std::size_t kProbeBytesMax = 1200;
inline constexpr std::size_t kEvidenceBytesMax = 8192;  // Evidence, but not the request for it

enum class MessageType : std::uint8_t {
    Ping = 1,
    Ack = 2,
    PingReq = 3,
    Nack = 4,
    Alive = 5,      // a helper's proof of life about the subject of a ping-req or of a suspicion
    Gossip = 6,     // updates only
    Suspicion = 7,  // evidence against subjects, mode memberd
    Join = 8,
    Welcome = 9,
    Refuse = 10,
    Sync = 11,
    Leave = 12,
    LeaveAck = 13,
    EvidenceRequest = 14,  // what does the receiver's flight recorder hold about a member?
    Evidence = 15,
};

// Who sent a message and what it holds to be true. Rides in every message but Refuse.
struct Envelope {
    std::uint32_t cluster = 0;  // low half of XXH3 of the cluster's name
    std::string_view name;
    std::uint64_t instance = 0;
    std::uint64_t generation = 0;
    std::uint32_t incarnation = 0;
    std::uint64_t view_digest = 0;
    std::uint64_t ring_digest = 0;
};

struct Ping {
    std::uint32_t sequence = 0;
    bool suspects_you =
        false;  // the sender's other pings went unanswered for long enough to accuse
};

struct Ack {
    std::uint32_t sequence = 0;
    std::uint32_t next_slot_ms =
        0;  // when the answering subject wants this observer's next ping; 0: no wish
};

struct PingReq {
    std::uint32_t sequence = 0;
    std::string_view subject;
    std::uint64_t subject_instance = 0;
    std::uint32_t age_ms = 0;  // how long the asker's oldest ping has been unanswered
};

struct Nack {
    std::uint32_t sequence = 0;  // of the ping-req
};

struct Alive {
    std::string_view subject;
    std::uint64_t subject_instance = 0;
    std::uint32_t sequence = 0;  // of the ping-req; 0 when it answers a suspicion
    std::uint32_t age_ms = 0;    // how long ago the ping was sent that the subject has answered
    // How many of the sender's own last probes the subject has answered, where that is most of
    // them: it contradicts an accusation by misses. 0: one answer, no more.
    std::uint32_t answered = 0;
};

struct Gossip {};

struct SuspicionEntry {
    std::string_view subject;
    std::uint64_t subject_instance = 0;
    std::uint64_t generation = 0;
    std::uint32_t incarnation = 0;
    std::uint32_t age_ms = 0;  // how long the accuser's oldest ping has been unanswered
    // Of the accuser's last AnswerRecord::kLength probes, where so few are answered that this is
    // the accusation; 0: it is the silence.
    std::uint32_t missed = 0;
};

// A validated list inside a message: `count` elements, encoded one behind the other.
template <typename Element>
struct EncodedList {
    Bytes bytes;
    std::uint32_t count = 0;
};

struct Suspicion {
    EncodedList<SuspicionEntry> entries;
};

enum class SyncItemKind : std::uint8_t {
    Summary = 0,  // how many records the sender holds in the range, and the sum of their hashes
    Listing = 1,  // every record that the sender holds in the range, by key and hash
    Wanted = 2,   // keys whose records the sender asks for
};

struct ListingEntry {
    std::uint64_t key = 0;     // XXH3 of the member's name
    std::uint64_t digest = 0;  // of the record; not encoded, 0, in Wanted
};

// One step of the reconciliation of a range of keys, both ends inclusive.
struct SyncItem {
    SyncItemKind kind = SyncItemKind::Summary;
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    std::uint32_t count = 0;            // Summary
    std::uint64_t digest = 0;           // Summary
    EncodedList<ListingEntry> entries;  // Listing, Wanted
};

struct Join {
    std::string_view cluster;
    EncodedList<SyncItem> items;
};

struct Welcome {
    EncodedList<SyncItem> items;
};

enum class RefuseCode : std::uint8_t {
    OtherCluster = 1,
    OtherVersion = 2,
    NameTaken = 3,
    GenerationTooLow = 4,  // `number` is the generation to exceed
    NameBeingChecked = 5,  // ask again soon
};

// Its layout is the same in every version of the protocol. A code that is none of the above comes
// from a later version: a refusal all the same, whose reason says why.
struct Refuse {
    std::uint64_t version = 0;  // of the sender
    RefuseCode code = RefuseCode::OtherCluster;
    std::uint64_t number = 0;
    std::string_view cluster;  // of the sender
    std::string_view reason;   // one sentence for a person
};

struct Sync {
    EncodedList<SyncItem> items;
};

struct Leave {
    std::uint32_t sequence = 0;
};

struct LeaveAck {
    std::uint32_t sequence = 0;
};

struct EvidenceRequest {
    std::uint64_t cookie = 0;  // the asker's; the answer repeats it
    std::string_view subject;
};

// An entry of the sender's flight recorder.
struct EvidenceItem {
    std::uint32_t kind = 0;  // an EvidenceKind, or one of a later version
    std::string_view other;  // a member's name, or empty
    std::uint32_t ago_ms = 0;
    std::uint32_t age_ms = 0;
    std::uint32_t phi_milli = 0;  // thousandths; kPhiMilliInfinite: beyond every number
    std::uint32_t misses = 0;
};

inline constexpr std::uint32_t kPhiMilliInfinite = 0xffffffff;

struct Evidence {
    std::uint64_t cookie = 0;
    EncodedList<EvidenceItem> items;  // the newest, oldest first
};

using Body = std::variant<Ping,
                          Ack,
                          PingReq,
                          Nack,
                          Alive,
                          Gossip,
                          Suspicion,
                          Join,
                          Welcome,
                          Refuse,
                          Sync,
                          Leave,
                          LeaveAck,
                          EvidenceRequest,
                          Evidence>;

// A claim about a member, as it travels. Alive claims, and all claims inside Join, Welcome and
// Sync, carry the profile; other claims may leave it out, since their receivers mostly know the
// member.
struct Update {
    std::string_view name;
    Claim claim;
    std::uint32_t age_s =
        0;  // of a death or a leave: how long ago, so that it is forgotten everywhere at one time
    std::uint8_t accuser_count = 0;
    std::string_view accusers[kAccuserCountMax];  // names of those whose evidence made the death;
                                                  // the accuser of a suspicion
    Bytes profile;                                // encoded, see profile_pool.hpp; empty: left out
};

struct Message {
    Envelope envelope;  // empty for Refuse
    Body body;
    EncodedList<Update> updates;  // empty for Refuse
};

}  // namespace memberd
