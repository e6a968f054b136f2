// The fixed vectors of the ring: whoever changes one changes which member owns a key, and with it
// the ring's version.
#include <array>
#include <cstdio>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "membership/ring.hpp"
#include "membership/ring_change.hpp"
#include "membership/ring_weight.hpp"
#include "tests/unit/support/ring_samples.hpp"

namespace memberd {
namespace {

using nlohmann::json;

std::string hex(std::uint64_t value) {
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(value));
    return text.data();
}

json vectors() {
    std::ifstream file(MEMBERD_RING_VECTORS);
    return json::parse(file);
}

std::vector<RingMember> members_of(const json& ring) {
    std::vector<RingMember> members;
    for (const auto& member : ring.at("members")) {
        members.push_back({member.at("name"), member.at("address"), member.at("weight_milli"),
                           member.at("zone")});
    }
    return members;
}

TEST(RingVectors, ParametersAreThoseOfTheFile) {
    const json file = vectors();
    EXPECT_EQ(file.at("version"), kRingVersion);
    EXPECT_EQ(file.at("points_per_weight"), kRingPointsPerWeight);
    EXPECT_EQ(file.at("seeds").at("point"), hex(kRingPointSeed));
    EXPECT_EQ(file.at("seeds").at("key"), hex(kRingKeySeed));
    EXPECT_EQ(file.at("seeds").at("term"), hex(kRingTermSeed));
    EXPECT_EQ(file.at("seeds").at("digest"), hex(kRingDigestSeed));
}

TEST(RingVectors, KeysHashAsInTheFile) {
    const json file = vectors();
    for (const auto& entry : file.at("keys")) {
        EXPECT_EQ(hex(ring_key_hash(entry.at("key").get<std::string>())), entry.at("hash"));
    }
}

TEST(RingVectors, RingsAreThoseOfTheFile) {
    const json file = vectors();
    ASSERT_GE(file.at("rings").size(), 5U);
    for (const auto& expected : file.at("rings")) {
        const auto members = members_of(expected);
        const Ring ring = Ring::build(members);
        EXPECT_EQ(hex(ring.digest()), expected.at("digest"));
        for (std::size_t i = 0; i < members.size(); ++i) {
            const auto& m = members[i];
            EXPECT_EQ(hex(ring_digest_term(m.name, m.address, m.weight_milli, m.zone)),
                      expected.at("terms")[i]);
            EXPECT_EQ(ring_vnode_count(m.weight_milli), expected.at("vnodes")[i]);
        }
        std::uint64_t sum = 0;
        for (const auto& point : ring.points()) {
            sum += point.hash;
        }
        EXPECT_EQ(hex(sum), expected.at("point_sum"));
        json first_points = json::array();
        for (const auto& point :
             ring.points().first(std::min<std::size_t>(8, ring.points().size()))) {
            first_points.push_back({hex(point.hash), ring.members()[point.member].name});
        }
        EXPECT_EQ(first_points, expected.at("first_points"));
        for (const auto& entry : expected.at("owners_of_hashes")) {
            EXPECT_EQ(owner_name(ring, std::stoull(entry[0].get<std::string>(), nullptr, 16)),
                      entry[1])
                << entry[0];
        }
        for (std::size_t i = 0; i < file.at("keys").size(); ++i) {
            const auto hash = ring_key_hash(file.at("keys")[i].at("key").get<std::string>());
            EXPECT_EQ(owner_name(ring, hash), expected.at("owners")[i]);
            EXPECT_EQ(json(preference_names(ring, hash, file.at("replicas"))),
                      expected.at("preferences")[i]);
        }
    }
}

TEST(RingVectors, MovedRangesAreThoseOfTheFile) {
    const json file = vectors();
    ASSERT_GE(file.at("changes").size(), 5U);
    for (const auto& change : file.at("changes")) {
        const Ring before =
            Ring::build(members_of(file.at("rings")[change.at("before").get<std::size_t>()]));
        const Ring after =
            Ring::build(members_of(file.at("rings")[change.at("after").get<std::size_t>()]));
        json moved = json::array();
        for (const auto& range : moved_ranges(before, after)) {
            moved.push_back({{"start", hex(range.start)},
                             {"end", hex(range.end)},
                             {"from", range.from},
                             {"to", range.to}});
        }
        EXPECT_EQ(moved, change.at("moved")) << change.at("before") << " to " << change.at("after");
    }
}

}  // namespace
}  // namespace memberd
