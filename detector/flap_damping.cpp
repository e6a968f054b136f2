#include "detector/flap_damping.hpp"

#include <algorithm>

#include "detector/check.hpp"

namespace memberd {

Duration FlapDamping::removed(Instant now, const FlapSettings& settings) {
    MEMBERD_CHECK(settings.first >= Duration::zero() && settings.next >= settings.first,
                  "a hold does not shrink with the number of removals");
    const Instant horizon = now - settings.window;
    const auto recent = std::count_if(removals_.begin(), removals_.end(),
                                      [horizon](Instant at) { return at > horizon; });
    removals_ = {removals_[1], now};
    if (recent == 0) {
        return Duration::zero();
    }
    return recent == 1 ? settings.first : settings.next;
}

}  // namespace memberd
