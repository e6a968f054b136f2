// The suspicion timer of the modes `swim` and `lifeguard`: how long a suspect has to refute.
//
// Lifeguard (Dadgar, Phillips, Currey 2018), section IV-B: the wait starts at Max and falls towards
// Min with every independent confirmation; C of them out of K expected give
//     timeout = max(Min, Max - (Max - Min) log(C + 1) / log(K + 1))
//     Min = alpha max(1, log10 n) T,   Max = beta Min
// Plain SWIM (SWIM 2002, section 4.2) is the same with beta = 1 and K = 0: a fixed wait of Min.
// Mode `memberd` has no such timer: there a suspicion is evidence with an age.
//
// Not thread-safe. No allocation; every operation is O(K).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "detector/time.hpp"

namespace memberd {

struct SuspicionLimits {
    Duration min{};
    Duration max{};
    std::uint32_t confirmations = 0;  // K
};

// The limits in a cluster of n >= 1 members, this one included. Only n - 2 others can confirm (all
// but the first accuser and the accused), so K is not more than that; where nobody can, the wait is
// Min. Requires alpha > 0, beta >= 1, confirmations <= SuspicionTimer::kConfirmationsMax.
SuspicionLimits suspicion_limits(
    std::uint32_t n, Duration period, double alpha, double beta, std::uint32_t confirmations);

class SuspicionTimer {
  public:
    static constexpr std::uint32_t kConfirmationsMax = 7;

    // Suspected since `now` by `accuser`, whose word is not a confirmation of itself.
    SuspicionTimer(Instant now, std::uint32_t accuser, const SuspicionLimits& limits);

    // True if this is a new accuser and still counts: then it is news that must be passed on
    // (Lifeguard section IV-B), and the deadline may have moved to an earlier time, even past.
    [[nodiscard]] bool confirm(std::uint32_t accuser);

    // Whoever waits stood still for so long: that time gave the suspect no chance to refute.
    void postpone(Duration gap) { since_ += gap; }

    // C, never more than K.
    [[nodiscard]] std::uint32_t confirmations() const { return accuser_count_ - 1; }

    // When the suspect that has not refuted is dead.
    [[nodiscard]] Instant deadline() const;

  private:
    Instant since_;
    SuspicionLimits limits_;
    std::array<std::uint32_t, kConfirmationsMax + 1> accusers_{};
    std::uint32_t accuser_count_ = 1;
};

}  // namespace memberd
