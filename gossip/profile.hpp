// What a member says about itself, and its bytes.
//
// Members compare profiles as bytes, never as values: hashes, interning and the view digest all
// rest on the canonical form, which exactly one encoding of a profile has.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gossip/endpoint.hpp"
#include "gossip/member.hpp"
#include "gossip/transport.hpp"
#include "gossip/wire.hpp"

namespace memberd {

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

// A valid profile in place: it borrows the bytes that it was read from.
struct ProfileView {
    std::string_view name;
    std::uint64_t instance = 0;
    Endpoint endpoint;
    std::string_view zone;
    std::uint32_t weight_milli = 0;
    Health health = Health::Ready;
    bool restarting = false;
    Bytes tags;  // key, value, key, value ..., one behind the other
    std::uint32_t tag_count = 0;
};

// Canonical bytes: [name, instance, address (18 bytes), zone, weight_milli, health, restarting,
// [key, value, ...]]. The profile must be within the limits of messages.hpp; is_valid says whether
// it is. Appends to the buffer.
void encode_profile(const Profile& profile, std::vector<std::uint8_t>& buffer);
bool is_valid(const Profile& profile);

// Reads one profile, validated wholly, without allocation; false, with the reader failed, if there
// is none. Elements that a later version appended to the known ones are accepted: they stay part of
// the bytes, which is what lets members of both versions agree on a hash.
bool read_profile(wire::Reader& reader, ProfileView& profile);

// Nothing unless the bytes are exactly one canonical profile within the limits.
std::optional<Profile> decode_profile(Bytes bytes);

// XXH3, 64 bits, seed 0, of the name: the member's key in digests, rings of observers and
// reconciliation.
std::uint64_t name_key(std::string_view name);

}  // namespace memberd
