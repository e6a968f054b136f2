#include "tests/unit/support/ring_samples.hpp"

#include <utility>

namespace memberd {

std::vector<RingMember> equal_members(std::size_t count, std::size_t zones) {
    std::vector<RingMember> members;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string digits = std::to_string(i);
        RingMember member;
        member.name = "m-" + std::string(digits.size() < 4 ? 4 - digits.size() : 0, '0') + digits;
        member.address = "192.0.2.1:" + std::to_string(10000 + i);
        member.zone = zones == 0 ? "" : "zone-" + std::to_string(i % zones);
        members.push_back(std::move(member));
    }
    return members;
}

std::vector<RingMember> random_members(Random& random, std::size_t count_max) {
    std::vector<RingMember> members(random.below(count_max + 1));
    for (std::size_t i = 0; i < members.size(); ++i) {
        members[i].name = std::to_string(random.below(1000)) + "." + std::to_string(i);
        members[i].address = "192.0.2.1:" + std::to_string(1 + random.below(65535));
        members[i].weight_milli = static_cast<std::uint32_t>(random.below(8) * 250);
        const std::uint64_t zone = random.below(5);
        members[i].zone = zone == 0 ? "" : "zone-" + std::to_string(zone);
    }
    return members;
}

std::vector<std::uint64_t> fixed_key_hashes(std::size_t count) {
    std::vector<std::uint64_t> hashes;
    for (std::size_t i = 0; i < count; ++i) {
        hashes.push_back(ring_key_hash("key-" + std::to_string(i)));
    }
    return hashes;
}

std::string owner_name(const Ring& ring, std::uint64_t key_hash) {
    const RingMember* owner = ring.owner(key_hash);
    return owner == nullptr ? std::string() : owner->name;
}

std::vector<std::string> preference_names(const Ring& ring,
                                          std::uint64_t key_hash,
                                          std::size_t replicas) {
    std::vector<std::string> names;
    for (const RingMember* member : ring.preference(key_hash, replicas)) {
        names.push_back(member->name);
    }
    return names;
}

}  // namespace memberd
