// Lifeguard's local health multiplier: how much this member trusts its own timing.
//
// Lifeguard (Dadgar, Phillips, Currey 2018), section IV-A: a score from 0 (healthy) to 8 that grows
// when others seem to hear or answer late, because the common cause is this member. Probe interval
// and probe timeout are multiplied by score + 1. Used by mode `lifeguard`.
//
// Not thread-safe. O(1).
#pragma once

#include <cstdint>

#include "detector/time.hpp"

namespace memberd {

class LocalHealth {
  public:
    static constexpr std::uint32_t kScoreMax = 8;

    // A probe was answered, directly or through others.
    void probe_succeeded() {
        if (score_ > 0) {
            --score_;
        }
    }

    // A probe was answered by nobody in its period.
    void probe_failed() { worsen(); }

    // This member had to refute a suspicion about itself.
    void suspicion_refuted() { worsen(); }

    // A peer that was asked for an indirect probe sent neither ack nor nack in time.
    void nack_missed() { worsen(); }

    [[nodiscard]] std::uint32_t score() const { return score_; }

    [[nodiscard]] Duration scaled(Duration interval) const { return interval * (score_ + 1); }

  private:
    void worsen() {
        if (score_ < kScoreMax) {
            ++score_;
        }
    }

    std::uint32_t score_ = 0;
};

}  // namespace memberd
