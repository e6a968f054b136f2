// Everything the core wants done, in one plain value. The caller owns it, hands it to an input,
// carries out what it holds and clears it; it is reused, so that a busy engine allocates nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "detector/time.hpp"
#include "gossip/endpoint.hpp"
#include "gossip/flight_recorder.hpp"
#include "gossip/member.hpp"
#include "gossip/profile_pool.hpp"
#include "gossip/transport.hpp"

namespace memberd {

// One message to send: an answer where reply_to is not zero, else a request to `to`.
struct Send {
    Endpoint to;
    ReplyToken reply_to = 0;
    bool fresh = false;        // on a new connection, giving up the present one (requests only)
    std::uint32_t offset = 0;  // into Output::bytes
    std::uint32_t size = 0;
};

enum class ChangeKind : std::uint8_t {
    State,      // entered `claim.state` from `previous`; a member never seen before comes from Left
    Updated,    // same state, other attributes, address or generation
    Forgotten,  // no longer listed
};

// A change of what this engine shows of a member. Changes come in the order in which they happened.
struct Change {
    ChangeKind kind = ChangeKind::State;
    bool is_new = false;  // the member was not listed before
    MemberState previous = MemberState::Left;
    Claim claim;  // state Suspect while the member is shown as suspect, also where suspicion is no
                  // claim
    ProfileId profile = kNoProfile;  // valid until the next input to the engine
};

enum class NoticeKind : std::uint8_t {
    Joined,             // a seed has welcomed us
    JoinRefused,        // a seed refused us; `code` says why, `text` is its sentence
    StrangerRefused,    // we refused somebody; `code` says why
    NameLost,           // another live member holds our name and wins: this engine has stopped
    LeaveAcknowledged,  // the leave is over; `number` members have acknowledged it
    DoubtBegan,         // we doubt ourselves and accuse nobody; `text` says why
    DoubtEnded,
    Minority,          // alone for long enough that our own evidence decides
    GenerationRaised,  // `number` is our generation now: worth keeping on disk
    HeldBack,          // removed again, or answered by too few: we try to come back in `number` ms
    LinkBroken,        // `text` does not answer us, and others say again and again that it lives
    LinkMended,        // `text` answers again
};

// Something for the operator or the agent that is no change of a member. Rare.
struct Notice {
    NoticeKind kind = NoticeKind::Joined;
    std::uint8_t code = 0;  // RefuseCode, where the kind says so
    Endpoint peer;
    std::uint64_t number = 0;
    std::string text;
};

// The end of a probe that a caller asked for (Engine::probe).
struct ProbeResult {
    std::uint64_t cookie = 0;
    bool answered = false;
    Duration round_trip{};
};

// What a member answered to Engine::ask_evidence.
struct EvidenceReply {
    std::uint64_t cookie = 0;
    std::string source;  // whose flight recorder holds it
    // Without the subject, which the cookie tells. `at` is on our timeline, later than true by the
    // time that the answer took.
    std::vector<EvidenceEntry> entries;
};

struct Output {
    std::vector<std::uint8_t> bytes;
    std::vector<Send> sends;
    std::vector<Change> changes;
    std::vector<Notice> notices;
    std::vector<ProbeResult> probe_results;
    std::vector<EvidenceReply> evidence_replies;

    [[nodiscard]] Bytes bytes_of(const Send& send) const {
        return Bytes(bytes).subspan(send.offset, send.size);
    }

    void clear() {
        bytes.clear();
        sends.clear();
        changes.clear();
        notices.clear();
        probe_results.clear();
        evidence_replies.clear();
    }
};

}  // namespace memberd
