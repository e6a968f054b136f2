#include "gossip/told_record.hpp"

namespace memberd {

bool ToldRecord::repeats(std::uint64_t key, Instant now, Duration pause) {
    Entry& entry = entries_[key % kSize];
    if (entry.key == key && entry.at != kNever && now - entry.at < pause) {
        return true;
    }
    entry = {key, now};
    return false;
}

}  // namespace memberd
