#include "detector/flap_damping.hpp"

#include <algorithm>

#include "detector/check.hpp"

namespace memberd {

Duration FlapDamping::removed(Instant now, const FlapSettings& settings) {
    MEMBERD_CHECK(settings.first >= Duration::zero() && settings.next >= settings.first,
                  "a hold does not shrink with the number of removals");
    if (removals_ == 0 || now - returns_at_ >= settings.window) {
        removals_ = 1;
        returns_at_ = now;
        return Duration::zero();
    }
    const Duration hold = removals_ == 1 ? settings.first : settings.next;
    removals_ = 2;
    returns_at_ = now + hold;
    return hold;
}

void FlapDamping::returned(Instant now) {
    returns_at_ = std::max(returns_at_, now);
}

}  // namespace memberd
