// The clock of one simulated process: it may run fast or slow by parts in a million.
#pragma once

#include "detector/time.hpp"

namespace memberd::sim {

class LocalClock {
  public:
    LocalClock() = default;

    LocalClock(Instant origin, std::int32_t drift_ppm) : origin_(origin), drift_ppm_(drift_ppm) {}

    [[nodiscard]] Instant local(Instant global) const {
        const Duration passed = global - origin_;
        return global + passed * drift_ppm_ / 1'000'000;
    }

    // The first global instant at which local() is not before `local`.
    [[nodiscard]] Instant global(Instant wanted) const {
        if (drift_ppm_ == 0 || wanted == kNever) {
            return wanted;
        }
        const Duration passed = wanted - origin_;
        Instant result = wanted - passed * drift_ppm_ / (1'000'000 + drift_ppm_);
        while (local(result) < wanted) {
            result += Duration(1);
        }
        return result;
    }

  private:
    Instant origin_;
    std::int32_t drift_ppm_ = 0;
};

}  // namespace memberd::sim
