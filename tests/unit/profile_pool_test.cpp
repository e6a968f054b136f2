#include "gossip/profile_pool.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "detector/random.hpp"
#include "gossip/messages.hpp"
#include "gossip/ring_digest.hpp"
#include "tests/unit/support/allocation_count.hpp"
#include "tests/unit/support/wire_samples.hpp"

namespace memberd {
namespace {

using tests::sample_profile;
using Buffer = std::vector<std::uint8_t>;

Buffer encoded(const Profile& profile) {
    Buffer buffer;
    encode_profile(profile, buffer);
    return buffer;
}

// `count` tags with keys of their own.
void set_tags(Profile& profile, std::size_t count, std::size_t value_bytes) {
    profile.tags.clear();
    for (std::size_t i = 0; i < count; ++i) {
        profile.tags.emplace_back("key-" + std::to_string(1000 + i), std::string(value_bytes, 'v'));
    }
}

TEST(Profile, ComesBackFromItsBytes) {
    for (const auto& sample : tests::profile_samples()) {
        const auto profile = decode_profile(sample.bytes);
        ASSERT_TRUE(profile.has_value()) << sample.name;
        EXPECT_TRUE(is_valid(*profile)) << sample.name;
        EXPECT_EQ(encoded(*profile), sample.bytes) << sample.name;
    }
    EXPECT_EQ(decode_profile(encoded(sample_profile())), sample_profile());
}

TEST(Profile, IsValidUpToEachLimitAndNotBeyond) {
    const auto valid_with = [](const auto& change) {
        Profile profile = sample_profile();
        change(profile);
        return is_valid(profile);
    };
    EXPECT_TRUE(valid_with([](Profile& p) { p.name = std::string(kNameBytesMax, 'n'); }));
    EXPECT_FALSE(valid_with([](Profile& p) { p.name = std::string(kNameBytesMax + 1, 'n'); }));
    EXPECT_FALSE(valid_with([](Profile& p) { p.name.clear(); }));
    EXPECT_FALSE(valid_with([](Profile& p) { p.name = "a\nb"; }));
    EXPECT_FALSE(valid_with([](Profile& p) { p.name = "\xff"; }));
    EXPECT_FALSE(valid_with([](Profile& p) { p.instance = 0; }));
    EXPECT_FALSE(valid_with([](Profile& p) { p.endpoint.port = 0; }));
    EXPECT_FALSE(valid_with([](Profile& p) { p.endpoint.ip = {}; }));
    EXPECT_TRUE(valid_with([](Profile& p) { p.zone.clear(); }));
    EXPECT_TRUE(valid_with([](Profile& p) { p.zone = std::string(kZoneBytesMax, 'z'); }));
    EXPECT_FALSE(valid_with([](Profile& p) { p.zone = std::string(kZoneBytesMax + 1, 'z'); }));
    EXPECT_TRUE(valid_with([](Profile& p) { p.weight_milli = kWeightMilliMax; }));
    EXPECT_FALSE(valid_with([](Profile& p) { p.weight_milli = kWeightMilliMax + 1; }));
    EXPECT_TRUE(valid_with([](Profile& p) { set_tags(p, kTagCountMax, 1); }));
    EXPECT_FALSE(valid_with([](Profile& p) { set_tags(p, kTagCountMax + 1, 1); }));
    EXPECT_TRUE(valid_with([](Profile& p) { set_tags(p, 1, kTagValueBytesMax); }));
    EXPECT_FALSE(valid_with([](Profile& p) { set_tags(p, 1, kTagValueBytesMax + 1); }));
    EXPECT_FALSE(valid_with([](Profile& p) { p.tags = {{"", "v"}}; }));
    EXPECT_FALSE(valid_with([](Profile& p) { p.tags = {{"b", ""}, {"a", ""}}; }));
    EXPECT_FALSE(valid_with([](Profile& p) { p.tags = {{"a", ""}, {"a", ""}}; }));
    EXPECT_TRUE(valid_with([](Profile& p) { p.tags = {{std::string(kTagKeyBytesMax, 'k'), ""}}; }));
    EXPECT_FALSE(valid_with([](Profile& p) {
        p.tags = {{std::string(kTagKeyBytesMax + 1, 'k'), ""}};
    }));
}

TEST(Profile, IsValidUpToTheLimitOfItsBytes) {
    Profile profile = sample_profile();
    set_tags(profile, 16, 480);
    const std::size_t room = kProfileBytesMax - encoded(profile).size();
    ASSERT_GT(room, 32U);
    const std::size_t overhead = 1 + 3 + 3;  // heads of a key of three bytes and of its value
    profile.tags.emplace_back("zzz", std::string(room - overhead, 'v'));
    // Seventeen tags are 34 texts; the array's head has the same size as with sixteen.
    ASSERT_EQ(encoded(profile).size(), kProfileBytesMax);
    EXPECT_TRUE(is_valid(profile));
    profile.tags.back().second += 'v';
    EXPECT_FALSE(is_valid(profile));
}

TEST(Profile, KeepsElementsOfALaterVersionAsBytesAndDoesNotReadThem) {
    Buffer bytes = encoded(sample_profile());
    bytes[0] = 0x99;
    bytes.insert(bytes.end(), {0x81, 0xa1, 'x', 0xca, 0, 0, 0, 0});

    EXPECT_EQ(decode_profile(bytes), sample_profile());
    ProfilePool pool;
    const ProfileId later = pool.acquire(bytes);
    ASSERT_NE(later, kNoProfile);
    EXPECT_NE(later, pool.acquire(sample_profile()));
    EXPECT_EQ(pool[later].encoded, bytes);
}

// The numbers stand in PROTOCOL.md.
TEST(Profile, HashesAreThoseOfTheProtocol) {
    EXPECT_EQ(name_key("blue"), 0xa9d131d3cc362513U);
    EXPECT_EQ(name_key("node-00007"), 0xa4c7c621124448e0U);
    ProfilePool pool;
    const auto samples = tests::profile_samples();
    EXPECT_EQ(pool[pool.acquire(Bytes(samples[0].bytes))].content_hash, 0xe7c26db65f44a614U);
    EXPECT_EQ(pool[pool.acquire(Bytes(samples[1].bytes))].content_hash, 0x6a591c6f4b848f6dU);
}

TEST(Profile, CutShortOrLengthenedIsNone) {
    ProfilePool pool;
    Buffer bytes = encoded(sample_profile());
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_EQ(decode_profile(Bytes(bytes).first(size)), std::nullopt);
        EXPECT_EQ(pool.acquire(Bytes(bytes).first(size)), kNoProfile);
    }
    bytes.push_back(0xc0);
    EXPECT_EQ(decode_profile(bytes), std::nullopt);
    EXPECT_EQ(pool.acquire(bytes), kNoProfile);
    EXPECT_EQ(pool.size(), 0U);
}

TEST(Profile, ValidationAllocatesNothing) {
    Profile profile = sample_profile();
    set_tags(profile, kTagCountMax, 30);
    const Buffer bytes = encoded(profile);

    const auto before = tests::allocation_count();
    wire::Reader reader(bytes);
    ProfileView view;
    const bool valid = read_profile(reader, view);
    const auto after = tests::allocation_count();

    EXPECT_TRUE(valid);
    EXPECT_EQ(after - before, 0U);
    EXPECT_EQ(view.tag_count, kTagCountMax);
}

TEST(ProfilePool, GivesEqualProfilesOneIdAndCountsThem) {
    ProfilePool pool;
    const ProfileId id = pool.acquire(sample_profile());
    EXPECT_EQ(pool.acquire(Bytes(encoded(sample_profile()))), id);
    EXPECT_NE(pool.acquire(sample_profile("other")), id);
    EXPECT_EQ(pool.size(), 2U);
    EXPECT_EQ(pool[id].references, 2U);

    pool.retain(id);
    pool.release(id);
    pool.release(id);
    EXPECT_EQ(pool[id].references, 1U);
    pool.release(id);
    EXPECT_EQ(pool.size(), 1U);
    pool.retain(kNoProfile);
    pool.release(kNoProfile);
    EXPECT_EQ(pool.size(), 1U);
}

TEST(ProfilePool, HasAtHandWhatTheCoreNeeds) {
    ProfilePool pool;
    Profile profile = sample_profile("z\xc3\xbcrich-1");
    profile.restarting = true;
    const ProfileId id = pool.acquire(profile);
    const auto& entry = pool[id];
    EXPECT_EQ(entry.name(), profile.name);
    EXPECT_EQ(entry.key, name_key(profile.name));
    EXPECT_EQ(entry.instance, profile.instance);
    EXPECT_EQ(entry.endpoint, profile.endpoint);
    EXPECT_TRUE(entry.restarting);
    EXPECT_EQ(entry.encoded, encoded(profile));
    EXPECT_EQ(pool.open(id), profile);
    EXPECT_EQ(entry.ring_term, ring_digest_term(profile.name, to_string(profile.endpoint),
                                                profile.weight_milli, profile.zone));
}

TEST(ProfilePool, RingTermIgnoresWhatTheRingDoesNotLookAt) {
    ProfilePool pool;
    const auto term_with = [&pool](const auto& change) {
        Profile profile = sample_profile();
        change(profile);
        return pool[pool.acquire(profile)].ring_term;
    };
    const auto term = term_with([](Profile&) {});
    EXPECT_EQ(term, term_with([](Profile& p) { p.tags.clear(); }));
    EXPECT_EQ(term, term_with([](Profile& p) { p.health = Health::Unhealthy; }));
    EXPECT_EQ(term, term_with([](Profile& p) { p.instance = 1; }));
    EXPECT_EQ(term, term_with([](Profile& p) { p.restarting = true; }));
    EXPECT_NE(term, term_with([](Profile& p) { p.name += "x"; }));
    EXPECT_NE(term, term_with([](Profile& p) { p.zone += "x"; }));
    EXPECT_NE(term, term_with([](Profile& p) { ++p.weight_milli; }));
    EXPECT_NE(term, term_with([](Profile& p) { ++p.endpoint.port; }));
}

TEST(ProfilePool, AllocatesNothingForAKnownProfile) {
    ProfilePool pool;
    const Buffer bytes = encoded(sample_profile());
    const ProfileId id = pool.acquire(bytes);

    const auto before = tests::allocation_count();
    const ProfileId again = pool.acquire(bytes);
    pool.release(again);
    const auto after = tests::allocation_count();

    EXPECT_EQ(again, id);
    EXPECT_EQ(after - before, 0U);
}

// Against a map, with few enough profiles that chains in the table grow, break and close again.
TEST(ProfilePool, AgreesWithAMapUnderRandomUse) {
    Random random(20);
    ProfilePool pool;
    std::map<std::string, std::vector<ProfileId>> held;
    for (int step = 0; step < 20'000; ++step) {
        const std::string name = "m" + std::to_string(random.below(300));
        auto& ids = held[name];
        if (ids.size() < 3 && random.chance(step % 4000 < 2000 ? 0.7 : 0.3)) {
            const ProfileId id = pool.acquire(sample_profile(name));
            ASSERT_EQ(pool[id].name(), name);
            ASSERT_TRUE(ids.empty() || ids.front() == id);
            ids.push_back(id);
        } else if (!ids.empty()) {
            ASSERT_EQ(pool[ids.back()].name(), name);
            ASSERT_EQ(pool[ids.back()].references, ids.size());
            pool.release(ids.back());
            ids.pop_back();
        }
        const auto used = std::count_if(held.begin(), held.end(),
                                        [](const auto& entry) { return !entry.second.empty(); });
        ASSERT_EQ(pool.size(), static_cast<std::size_t>(used));
    }
}

TEST(ProfilePool, DoesNotGrowByProfilesThatCameAndWent) {
    ProfilePool pool;
    for (int i = 0; i < 100; ++i) {
        pool.release(pool.acquire(sample_profile("m" + std::to_string(i))));
    }
    const std::size_t bytes = pool.memory_bytes();
    for (int i = 100; i < 10'000; ++i) {
        pool.release(pool.acquire(sample_profile("m" + std::to_string(i))));
    }
    EXPECT_EQ(pool.size(), 0U);
    EXPECT_EQ(pool.memory_bytes(), bytes);
}

}  // namespace
}  // namespace memberd
