// The bytes of every message, fixed: a change here is a change of the protocol.

#include <fstream>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "chaos/sim/reencode.hpp"
#include "gossip/codec.hpp"
#include "tests/unit/support/wire_samples.hpp"

namespace memberd {
namespace {

using tests::message_samples;
using tests::profile_samples;
using tests::to_hex;

std::map<std::string, std::string> stored_vectors() {
    std::ifstream file(MEMBERD_WIRE_VECTORS);
    std::map<std::string, std::string> vectors;
    std::string name;
    std::string hex;
    while (file >> name >> hex) {
        vectors.emplace(name, hex);
    }
    return vectors;
}

std::vector<std::uint8_t> from_hex(const std::string& hex) {
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes.push_back(static_cast<std::uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
    }
    return bytes;
}

TEST(WireVectors, AreWhatTheEncoderWrites) {
    const auto vectors = stored_vectors();
    std::size_t compared = 0;
    for (const auto& samples : {message_samples(), profile_samples()}) {
        for (const auto& sample : samples) {
            const auto vector = vectors.find(sample.name);
            ASSERT_NE(vector, vectors.end()) << sample.name << ' ' << to_hex(sample.bytes);
            EXPECT_EQ(vector->second, to_hex(sample.bytes)) << sample.name;
            ++compared;
        }
    }
    EXPECT_EQ(compared, vectors.size());
}

TEST(WireVectors, DecodeToWhatTheyWereEncodedFrom) {
    for (const auto& [name, hex] : stored_vectors()) {
        const auto bytes = from_hex(hex);
        if (name.starts_with("profile")) {
            EXPECT_TRUE(decode_profile(bytes).has_value()) << name;
            continue;
        }
        Message message;
        ASSERT_EQ(decode(bytes, message), DecodeStatus::Ok) << name;
        EXPECT_EQ(to_hex(sim::reencode(message)), hex) << name;
    }
}

TEST(WireVectors, HoldAMessageOfEveryType) {
    std::vector<int> seen(std::variant_size_v<Body>, 0);
    for (const auto& sample : message_samples()) {
        Message message;
        ASSERT_EQ(decode(sample.bytes, message), DecodeStatus::Ok) << sample.name;
        ++seen[message.body.index()];
    }
    for (const int count : seen) {
        EXPECT_GT(count, 0);
    }
}

}  // namespace
}  // namespace memberd
