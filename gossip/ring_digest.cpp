#include "gossip/ring_digest.hpp"

#include <cstddef>
#include <string>

#include <xxhash.h>

namespace memberd {
namespace {

template <typename Integer>
void append_little_endian(std::string& bytes, Integer value) {
    for (std::size_t i = 0; i < sizeof value; ++i) {
        bytes.push_back(static_cast<char>(static_cast<unsigned char>(value >> (8 * i))));
    }
}

// The length in front keeps ("ab", "c") and ("a", "bc") apart.
void append_text(std::string& bytes, std::string_view text) {
    append_little_endian(bytes, static_cast<std::uint32_t>(text.size()));
    bytes.append(text);
}

}  // namespace

std::uint64_t ring_digest_term(std::string_view name,
                               std::string_view address,
                               std::uint32_t weight_milli,
                               std::string_view zone) {
    std::string bytes;
    bytes.reserve(4 * sizeof(std::uint32_t) + name.size() + address.size() + zone.size());
    append_text(bytes, name);
    append_text(bytes, address);
    append_text(bytes, zone);
    append_little_endian(bytes, weight_milli);
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), kRingTermSeed);
}

std::uint64_t RingDigest::value() const {
    std::string bytes;
    append_little_endian(bytes, kRingVersion);
    append_little_endian(bytes, kRingPointsPerWeight);
    append_little_endian(bytes, sum_);
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), kRingDigestSeed);
}

}  // namespace memberd
