#include "gossip/profile.hpp"

#include <algorithm>

#include <xxhash.h>

#include "gossip/messages.hpp"

namespace memberd {
namespace {

constexpr std::uint32_t kProfileElements = 8;
constexpr std::size_t kAddressBytes = 18;  // 16 of IPv6 or of IPv4 mapped into it, 2 of the port

Endpoint read_address(wire::Reader& reader) {
    Endpoint endpoint;
    const Bytes bytes = reader.binary(kAddressBytes);
    if (bytes.size() != kAddressBytes) {
        reader.fail();
        return endpoint;
    }
    std::copy_n(bytes.begin(), endpoint.ip.size(), endpoint.ip.begin());
    endpoint.port = static_cast<std::uint16_t>(bytes[16] << 8U | bytes[17]);
    if (!endpoint.is_usable()) {
        reader.fail();
    }
    return endpoint;
}

void read_tags(wire::Reader& reader, ProfileView& profile) {
    const std::uint32_t texts = reader.array(2 * kTagCountMax);
    if (texts % 2 != 0) {
        reader.fail();
    }
    const std::size_t start = reader.position();
    std::string_view previous;  // Keys are never empty, so the first is above this.
    for (std::uint32_t i = 0; i < texts && reader.ok(); i += 2) {
        const std::string_view key = reader.text(kTagKeyBytesMax);
        reader.text(kTagValueBytesMax);
        if (key <= previous) {
            reader.fail();
        }
        previous = key;
    }
    profile.tags = reader.since(start);
    profile.tag_count = texts / 2;
}

}  // namespace

void encode_profile(const Profile& profile, std::vector<std::uint8_t>& buffer) {
    std::array<std::uint8_t, kAddressBytes> address{};
    std::copy(profile.endpoint.ip.begin(), profile.endpoint.ip.end(), address.begin());
    address[16] = static_cast<std::uint8_t>(profile.endpoint.port >> 8U);
    address[17] = static_cast<std::uint8_t>(profile.endpoint.port & 0xffU);

    wire::Writer writer(buffer);
    writer.array(kProfileElements);
    writer.text(profile.name);
    writer.unsigned_integer(profile.instance);
    writer.binary(address);
    writer.text(profile.zone);
    writer.unsigned_integer(profile.weight_milli);
    writer.unsigned_integer(static_cast<std::uint8_t>(profile.health));
    writer.boolean(profile.restarting);
    writer.array(2 * profile.tags.size());
    for (const auto& [key, value] : profile.tags) {
        writer.text(key);
        writer.text(value);
    }
}

bool is_valid(const Profile& profile) {
    std::vector<std::uint8_t> bytes;
    encode_profile(profile, bytes);
    return decode_profile(bytes).has_value();
}

bool read_profile(wire::Reader& reader, ProfileView& profile) {
    const std::size_t start = reader.position();
    const std::uint32_t elements = reader.array(kElementCountMax);
    if (elements < kProfileElements) {
        reader.fail();
        return false;
    }
    profile.name = reader.text(kNameBytesMax);
    profile.instance = reader.unsigned_integer(UINT64_MAX);
    profile.endpoint = read_address(reader);
    profile.zone = reader.text(kZoneBytesMax);
    profile.weight_milli = static_cast<std::uint32_t>(reader.unsigned_integer(kWeightMilliMax));
    profile.health =
        static_cast<Health>(reader.unsigned_integer(static_cast<std::uint8_t>(Health::Unhealthy)));
    profile.restarting = reader.boolean();
    read_tags(reader, profile);
    for (std::uint32_t i = kProfileElements; i < elements && reader.ok(); ++i) {
        reader.skip();
    }
    if (profile.name.empty() || profile.instance == 0 ||
        reader.since(start).size() > kProfileBytesMax) {
        reader.fail();
    }
    return reader.ok();
}

std::optional<Profile> decode_profile(Bytes bytes) {
    wire::Reader reader(bytes);
    ProfileView view;
    if (!read_profile(reader, view) || !reader.at_end()) {
        return std::nullopt;
    }
    Profile profile{std::string(view.name), view.instance, view.endpoint,   std::string(view.zone),
                    view.weight_milli,      view.health,   view.restarting, {}};
    wire::Reader tags(view.tags);
    profile.tags.reserve(view.tag_count);
    for (std::uint32_t i = 0; i < view.tag_count; ++i) {
        std::string key(tags.text(kTagKeyBytesMax));
        profile.tags.emplace_back(std::move(key), tags.text(kTagValueBytesMax));
    }
    return profile;
}

std::uint64_t name_key(std::string_view name) {
    return XXH3_64bits(name.data(), name.size());
}

}  // namespace memberd
