// What a member says about itself, encoded once and kept once however many records refer to it.
//
// A profile is immutable: changing a tag makes another profile. Records hold a 4-byte id. In the
// agent the pool belongs to one engine; in the simulator thousands of engines share one, which is
// what lets them fit in memory. Profiles are counted: the last release frees one. Content is
// compared as canonical bytes, so an update about a known profile costs a hash and a comparison, no
// decoding.
//
// Thread rule: one thread. Complexity: acquire and release O(bytes) amortised.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gossip/endpoint.hpp"
#include "gossip/member.hpp"
#include "gossip/transport.hpp"

namespace memberd {

using ProfileId = std::uint32_t;
inline constexpr ProfileId kNoProfile = 0xffffffff;

// The profile in the open, for those who make one or read all of it.
struct Profile {
    std::string name;
    std::uint64_t instance = 0;
    Endpoint endpoint;
    std::string zone;
    std::uint32_t weight_milli = 1000;  // thousandths of the unit weight
    Health health = Health::Ready;
    bool restarting = false;  // announced before a planned restart: keeps its place for a while
    std::vector<std::pair<std::string, std::string>> tags;  // sorted by key, keys distinct

    bool operator==(const Profile&) const = default;
};

// Canonical bytes: [name, instance, address (18 bytes), zone, weight_milli, health, restarting,
// [key, value, ...]]. The profile must be within the limits of messages.hpp; is_valid says whether
// it is.
void encode_profile(const Profile& profile, std::vector<std::uint8_t>& buffer);
bool is_valid(const Profile& profile);
// Nothing unless the bytes are exactly one canonical profile within the limits.
std::optional<Profile> decode_profile(Bytes bytes);

// XXH3, 64 bits, seed 0, of the name: the member's key in digests, rings of observers and
// reconciliation.
std::uint64_t name_key(std::string_view name);

class ProfilePool {
  public:
    // What the core needs of a profile at hand, without decoding.
    struct Entry {
        std::uint64_t key = 0;           // name_key(name)
        std::uint64_t content_hash = 0;  // XXH3 of the encoded bytes
        std::uint64_t ring_term = 0;     // contribution to the ring digest
        std::uint64_t instance = 0;
        Endpoint endpoint;
        bool restarting = false;
        std::uint32_t references = 0;
        std::vector<std::uint8_t> encoded;
        std::uint16_t name_offset = 0;  // of the name inside `encoded`
        std::uint16_t name_bytes = 0;

        [[nodiscard]] std::string_view name() const {
            return {reinterpret_cast<const char*>(encoded.data()) + name_offset, name_bytes};
        }
    };

    ProfilePool();

    // The profile with these canonical bytes, with one reference more; kNoProfile if they are not a
    // valid profile.
    ProfileId acquire(Bytes encoded);
    ProfileId acquire(const Profile& profile);
    void retain(ProfileId id);
    void release(ProfileId id);

    [[nodiscard]] const Entry& operator[](ProfileId id) const { return entries_[id]; }

    [[nodiscard]] Profile open(ProfileId id) const;

    [[nodiscard]] std::size_t size() const { return used_; }

    [[nodiscard]] std::size_t memory_bytes() const;

  private:
    ProfileId insert(Bytes encoded, std::uint64_t hash, const Profile& profile);
    [[nodiscard]] std::size_t slot_of(std::uint64_t hash, Bytes encoded) const;
    void grow();

    std::vector<Entry> entries_;
    std::vector<ProfileId> free_;
    std::vector<ProfileId> table_;  // open addressing by content hash, linear probing
    std::size_t used_ = 0;
};

}  // namespace memberd
