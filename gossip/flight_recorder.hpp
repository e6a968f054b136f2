// What this engine saw and decided about suspected members, lately: the evidence behind `memberctl
// why`.
//
// A bounded ring buffer; the oldest entries go first. Names are kept as keys and as text, since a
// member may be forgotten before somebody asks. Thread rule: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "detector/time.hpp"

namespace memberd {

// The numbers travel (PROTOCOL.md, Evidence): a new kind takes the next one, none is used again.
enum class EvidenceKind : std::uint8_t {
    PingUnanswered = 0,  // the first ping that missed its timeout; `age` since it was sent
    HelperAsked,         // `other` was asked to ping the subject
    HelperAlive,         // `other` reports an answer to a ping sent `age` ago
    HelperNack,          // `other` had no answer either
    Suspected,           // we suspect; `age` of silence, `phi`
    SuspectedBy,         // `other` suspects, with `age` of silence
    Answered,            // the subject answered us after all, `age` after the ping
    Withdrawn,           // the case ended without a death: answered, proven alive, or our own doubt
    DeclaredDead,        // we declared it; one entry for each accuser, `other`
    HeardDead,           // `other` told us of the death
    DeathNotBelieved,    // a relayed death had too few accusers that we know alive
    Returned,            // alive again with greater numbers
    LinkLost,            // our connection to the subject closed or was refused
    AnswersTooLittle,    // to `other`, or us: `misses` of the last 12 probes; suspected therefore
    LinkBroken,          // it does not answer us, and others say again and again that it lives
    LinkMended,          // it answers us again
    HeldBack,  // we, the subject, were removed and stay away for `age`; `other` said so, if it was
               // again
    AccuserNamed,  // `other` is an accuser in the death that we were told of
};

inline constexpr std::uint32_t kEvidenceKindCount = 18;

std::string_view to_string(EvidenceKind kind);

struct EvidenceEntry {
    Instant at;
    EvidenceKind kind = EvidenceKind::PingUnanswered;
    std::string subject;
    std::string other;
    Duration age{};
    double phi = 0.0;
    std::uint32_t misses = 0;
};

class FlightRecorder {
  public:
    explicit FlightRecorder(std::size_t capacity) : capacity_(capacity) {}

    [[nodiscard]] bool is_on() const { return capacity_ > 0; }

    void record(EvidenceEntry entry);
    // Entries about the subject, oldest first. O(capacity).
    [[nodiscard]] std::vector<EvidenceEntry> about(std::string_view subject) const;
    // `count` of them, oldest first: the newest, but half of the places are kept for what is not of
    // helpers (asked, nacks) nor of suspicions by others: one case can have dozens of these.
    // O(capacity).
    [[nodiscard]] std::vector<EvidenceEntry> telling_about(std::string_view subject,
                                                           std::size_t count) const;

    [[nodiscard]] std::size_t size() const { return entries_.size(); }

  private:
    std::size_t capacity_;
    std::size_t next_ = 0;
    std::vector<EvidenceEntry> entries_;
};

}  // namespace memberd
