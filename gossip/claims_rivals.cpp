// The part of Claims that brings rivals for a name together.
#include <algorithm>
#include <vector>

#include "gossip/claims.hpp"

namespace memberd {
namespace {

// Names whose rivals are told of each other at a time.
constexpr std::size_t kRivalsToldMax = 64;

}  // namespace

// Two runs carry one name and one generation: only one of them can end that, by a greater
// generation, and it may not know of the other. Whoever meets both claims tells both to all of them
// that may live.
void Claims::tell_rivals(Slot slot, const Update& update) {
    const std::uint64_t key = core_.roster.profile(slot).key;
    const Duration pause = core_.timing.membership.digest_settle;
    std::erase_if(rivals_told_,
                  [&](const RivalsTold& told) { return core_.now - told.at >= pause; });
    const bool is_told = std::any_of(rivals_told_.begin(), rivals_told_.end(),
                                     [key](const RivalsTold& told) { return told.key == key; });
    if (is_told || rivals_told_.size() >= kRivalsToldMax) {
        return;
    }
    rivals_told_.push_back({key, core_.now});
    std::vector<Endpoint> places;
    if (core_.roster.is_live(slot)) {
        places.push_back(core_.endpoint_of(slot));
    }
    const auto profile = update.profile.empty() ? std::nullopt : decode_profile(update.profile);
    if (!is_gone(update.claim.state) && profile &&
        (places.empty() || places.front() != profile->endpoint)) {
        places.push_back(profile->endpoint);
    }
    for (const Endpoint& place : places) {
        Encoder encoder = core_.begin();
        encoder.gossip(core_.envelope(), 2);
        encoder.update(core_.update_of(slot, true));
        encoder.update(update);
        core_.request(place);
    }
}

}  // namespace memberd
