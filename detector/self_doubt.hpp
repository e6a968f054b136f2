// Is it me? While this member has reason to think that it is the sick one, it accuses nobody.
//
// Four reasons, from this member's own requests and its own loop:
// * Silence: a request of mine is unanswered for `silence`, and so is all that I sent after it.
//   Only requests count: hearing others proves that receiving works, not that sending does. A late
//   answer speaks of the time when its request was sent: it ends no silence that has lasted since.
// * Pause: the clock jumped by at least `stall_min` (the process was stopped, the machine slept).
// * LateLoop: a timer fired at least `stall_min` late (starved of CPU).
// * SlowAnswers: the median of my last 9 round trips is above max(slow_floor, slow_ratio x the
//   median of the last `memory`): everybody slow at once is me. Or above slow_max: my timing does
//   not fit this network, and what I suspect means nothing.
// The next answer ends the second and third, and the first if its request is recent enough;
// SlowAnswers ends with the answer that brings the median down. Either way the end is told by
// answered(): every case built meanwhile rests on evidence that I may have spoiled, so all are
// withdrawn and their pings start anew.
//
// Without any answer a doubt cannot last for ever: the last living member of two must be able to
// say that the other is dead. But the more others would have to have fallen silent at once, the
// likelier it is me: with c of them doubt from silence ends doubt_max x ceil(log2(c + 1)) after it
// began (one doubt_max of two members, seven of 128), not before doubt_max after the last stall.
// Then the evidence decides, and alone() says that it is the word of a minority.
//
// The median of the last `memory` is kept in 48 bytes: round trips are counted in 12 classes for
// the current half of that time and for the half before, so what is compared is the median of the
// last 1/2 to 1 times `memory`, rounded up to the edge of its class. The classes begin at
// slow_floor / slow_ratio (below that the floor decides, so all is one class) and each is 2^(1/3)
// = 1.26 times as wide as the one before; the last is open and counts as 12.7 times the first edge.
// A count stops at 65,535. Where no answer came to close a half within a whole `memory` of its
// beginning, both medians begin anew.
//
// 136 bytes, no allocation, every operation O(1). Not thread-safe. `now` must never fall.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "detector/time.hpp"

namespace memberd {

struct SelfDoubtSettings {
    Duration silence = std::chrono::milliseconds(2500);  // W
    Duration doubt_max = std::chrono::seconds(10);
    Duration stall_min = std::chrono::milliseconds(500);
    Duration slow_floor = std::chrono::milliseconds(400);
    Duration memory = std::chrono::minutes(10);
    double slow_ratio = 3;
    // Slow whatever was usual: whoever answers later than this is suspected before it can.
    Duration slow_max = std::chrono::milliseconds(1800);
};

enum class DoubtReason : std::uint8_t {
    None,
    Silence,
    Pause,
    LateLoop,
    SlowAnswers,
    HeldBack,  // said by the engine, not by SelfDoubt: removed, it stays away
};

// What the engine must do about the cases it has open.
enum class AfterAnswer : std::uint8_t {
    GoOn,
    RestartCases,
};

class SelfDoubt {
  public:
    static constexpr std::size_t kRecentCount = 9;

    // `settings` must outlive this.
    explicit SelfDoubt(const SelfDoubtSettings& settings);

    // How many others I hold alive (at least 1 counts); to be told before a silence begins.
    void set_company(std::uint32_t others);

    // A request that wants an answer left for any peer.
    void sent(Instant now);

    // A request of mine was answered, `round_trip` after it was sent (>= 0).
    [[nodiscard]] AfterAnswer answered(Instant now, Duration round_trip);

    // The process stood still for `gap` until now. Shorter than stall_min: no matter.
    void paused(Instant now, Duration gap);

    // A timer that was due `lateness` ago fires now. Shorter than stall_min: no matter.
    void late(Instant now, Duration lateness);

    // Why I doubt myself now; if for several reasons, a stall before silence before slow answers.
    [[nodiscard]] DoubtReason doubts(Instant now) const;

    // True from the end of a doubt that no answer ended until the next answer: nobody hears me, or
    // nobody is left.
    [[nodiscard]] bool alone(Instant now) const;

    // Half of a silence is over: whoever still asks nobody else will soon doubt itself.
    [[nodiscard]] bool is_half_silent(Instant now) const;

    // The first instant after `now` at which doubts() or alone() changes by the passing of time
    // alone; kNever if there is none.
    [[nodiscard]] Instant next_change(Instant now) const;

    // The median of my last 9 round trips; missing ones count as 0.
    [[nodiscard]] Duration recent_median() const;

  private:
    static constexpr std::size_t kClasses = 12;
    using Counts = std::array<std::uint16_t, kClasses>;

    [[nodiscard]] bool is_silent(Instant now) const;
    [[nodiscard]] Instant silence_ends() const;
    [[nodiscard]] Instant stall_ends() const;
    [[nodiscard]] double class_edge(std::size_t index) const;
    [[nodiscard]] double long_median() const;
    [[nodiscard]] bool answers_are_slow() const;
    void stalled(Instant now, DoubtReason reason);
    void remember(Instant now, double round_trip);

    const SelfDoubtSettings* settings_;
    // From when on nothing was answered of what I sent, the last request, the last stall since an
    // answer, the start of the current half; kNever: none.
    Instant unanswered_since_ = kNever;
    Instant last_sent_ = kNever;
    Instant stalled_at_ = kNever;
    Instant half_since_ = kNever;
    Instant remembered_at_ = kNever;  // the last round trip for the long run
    // Seconds; recent_next_ is the oldest. Missing ones count as 0, so that too few never look
    // slow.
    std::array<float, kRecentCount> recent_{};
    Counts current_half_{};
    Counts last_half_{};
    std::uint8_t recent_next_ = 0;
    std::uint8_t company_doublings_ = 1;  // ceil(log2(others + 1))
    DoubtReason stall_reason_ = DoubtReason::None;
    bool slow_ = false;
};

static_assert(sizeof(SelfDoubt) <= 136, "constant, and small enough for 10,000 engines");

}  // namespace memberd
