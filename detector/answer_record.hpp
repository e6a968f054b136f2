// Does this peer answer most of what it is asked? The last kLength probes that count, each answered
// in time or not.
//
// Proof of life ends a silence, so a member that loses four of five messages is never silent for
// long and is never removed by silence alone. What gives it away is the share. Rapid (Suresh et al.
// 2018, section 4.1) calls an edge faulty when 40 % of the last 10 probes failed; here kMissedMin
// of kLength, and the caller demands that most other peers are fine: loss that hits everybody is
// nobody's fault.
//
// A probe counts if the one before it was sent at least `spacing` earlier, so that one pause of the
// peer is few misses, not many. Its answer counts until `due`; a later one is none, nor is anything
// said by others.
//
// 216 bytes, no allocation, every operation O(kLength). Not thread-safe. `now` must never fall.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "detector/time.hpp"

namespace memberd {

struct AnswerShare {
    std::uint32_t missed = 0;
    std::uint32_t all = 0;
};

class AnswerRecord {
  public:
    static constexpr std::size_t kLength = 12;
    static constexpr std::uint32_t kMissedMin = 9;
    // So many missed in a row are worth a closer look; so many answered in a row end a verdict.
    static constexpr std::size_t kInARow = 2;

    // A probe was sent, to be answered by `due`. Too soon after the one before, or too many
    // undecided: not counted.
    void sent(std::uint32_t sequence, Instant now, Instant due, Duration spacing);

    // Nothing, if no such probe waits or it is overdue.
    void answered(std::uint32_t sequence, Instant now);

    // Whatever is overdue was missed.
    void expire(Instant now);

    // What is undecided counts neither way: this process stood still.
    void forget_undecided() { waiting_count_ = 0; }

    // Of the last kLength probes, those sent at `since` or later and decided.
    [[nodiscard]] AnswerShare share(Instant since) const;

    // kLength decided probes since then, kMissedMin of them missed or more, and of the last kInARow
    // at least one: who lost much and answers again is well, before the misses are forgotten.
    [[nodiscard]] bool is_bad(Instant since) const;

    // At most every fourth was missed; false where none is decided.
    [[nodiscard]] bool is_fine(Instant since) const;

    // The last kInARow of the decided, all sent at `since` or later, were missed.
    [[nodiscard]] bool is_doubtful(Instant since) const;

  private:
    // Of the decided the kInARow sent last, if at `since` or later.
    [[nodiscard]] AnswerShare latest(Instant since) const;

    static constexpr std::size_t kWaitingMax = 4;

    struct Waiting {
        std::uint32_t sequence = 0;
        Instant sent;
        Instant due;
    };

    void decide(Instant sent, bool is_missed);

    std::array<Waiting, kWaitingMax> waiting_{};  // the oldest first
    std::array<Instant, kLength> sent_{};         // of the decided, in a circle
    Instant last_sent_ = kNever;                  // kNever: none
    std::uint16_t missed_ = 0;                    // bit i: sent_[i] was missed
    std::uint8_t next_ = 0;                       // where the next one is decided
    std::uint8_t count_ = 0;
    std::uint8_t waiting_count_ = 0;
};

static_assert(sizeof(AnswerRecord) <= 224, "one is kept for every watch of every engine");

}  // namespace memberd
