// Profiles, encoded once and kept once however many records refer to them.
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
#include <string_view>
#include <vector>

#include "gossip/endpoint.hpp"
#include "gossip/profile.hpp"
#include "gossip/transport.hpp"

namespace memberd {

using ProfileId = std::uint32_t;
inline constexpr ProfileId kNoProfile = 0xffffffff;

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

    // The entry moves with the next acquire; its name and bytes stay where they are until its last
    // release.
    [[nodiscard]] const Entry& operator[](ProfileId id) const { return entries_[id]; }

    [[nodiscard]] Profile open(ProfileId id) const;

    [[nodiscard]] std::size_t size() const { return used_; }

    [[nodiscard]] std::size_t memory_bytes() const;

  private:
    // Where the profile is in the table, or the empty slot where it would be.
    [[nodiscard]] std::size_t slot_of(std::uint64_t hash, Bytes encoded) const;
    [[nodiscard]] std::size_t empty_slot_of(std::uint64_t hash) const;
    ProfileId insert(Bytes encoded, std::uint64_t hash, const ProfileView& profile);
    void erase_slot(std::size_t slot);
    void grow();

    std::vector<Entry> entries_;
    std::vector<ProfileId> free_;
    // Open addressing by content hash, linear probing; a power of two, at most half full.
    std::vector<ProfileId> table_;
    std::size_t used_ = 0;
    std::vector<std::uint8_t> scratch_;
};

}  // namespace memberd
