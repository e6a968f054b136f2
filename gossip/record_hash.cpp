#include "gossip/record_hash.hpp"

#include "detector/random.hpp"

namespace memberd {

std::uint64_t record_hash(std::uint64_t key, std::uint64_t content_hash, const Claim& claim) {
    const bool lives = claim.state == MemberState::Alive || claim.state == MemberState::Suspect;
    const auto state = static_cast<std::uint64_t>(claim.state);
    std::uint64_t hash = mix64(key);
    hash = mix64(hash ^ (lives ? content_hash : claim.instance));
    hash = mix64(hash ^ claim.generation);
    return mix64(hash ^ (std::uint64_t{claim.incarnation} << 8U | state));
}

}  // namespace memberd
