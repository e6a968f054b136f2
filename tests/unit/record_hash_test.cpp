#include "gossip/record_hash.hpp"

#include <set>

#include <gtest/gtest.h>

namespace memberd {
namespace {

constexpr std::uint64_t kKey = 0x0123456789abcdef;
constexpr std::uint64_t kContent = 0xfedcba9876543210;

// Fixed: members of one cluster must agree on them. tests/unit/wire_vectors_check.py computes the
// same from PROTOCOL.md alone.
TEST(RecordHash, IsWhatTheProtocolSays) {
    EXPECT_EQ(record_hash(kKey, kContent, {7, 1'700'000'000, 5, MemberState::Alive}),
              0x53024ee205cb6897);
    EXPECT_EQ(record_hash(kKey, kContent, {7, 1'700'000'000, 5, MemberState::Suspect}),
              0x68e92cdb20902cf0);
    EXPECT_EQ(record_hash(kKey, kContent, {7, 1'700'000'000, 5, MemberState::Dead}),
              0x986ce9af8731e90a);
    EXPECT_EQ(record_hash(kKey, kContent, {7, 1'700'000'000, 5, MemberState::Left}),
              0x73844b13440464d8);
    EXPECT_EQ(record_hash(0, 0, {0, 0, 0, MemberState::Alive}), 0x2130748aaac80268);
    EXPECT_EQ(record_hash(kKey, kContent,
                          {UINT64_MAX, kGenerationMax, kIncarnationMax, MemberState::Dead}),
              0xcbc93d72be3ecced);
}

TEST(RecordHash, DiffersWithEveryNumberThatCounts) {
    std::set<std::uint64_t> hashes;
    std::size_t made = 0;
    for (const auto state :
         {MemberState::Alive, MemberState::Suspect, MemberState::Dead, MemberState::Left}) {
        for (const std::uint64_t key : {1U, 2U}) {
            for (const std::uint64_t second : {1U, 2U}) {
                for (const std::uint64_t generation : {1U, 2U}) {
                    for (const std::uint32_t incarnation : {0U, 1U, 256U}) {
                        hashes.insert(
                            record_hash(key, second, {second, generation, incarnation, state}));
                        ++made;
                    }
                }
            }
        }
    }
    EXPECT_EQ(hashes.size(), made);
}

TEST(RecordHash, OfTheLivingDependsOnTheProfileAndOfTheDeadOnTheRun) {
    for (const auto state : {MemberState::Alive, MemberState::Suspect}) {
        EXPECT_EQ(record_hash(1, 2, {3, 4, 5, state}), record_hash(1, 2, {9, 4, 5, state}));
        EXPECT_NE(record_hash(1, 2, {3, 4, 5, state}), record_hash(1, 9, {3, 4, 5, state}));
    }
    for (const auto state : {MemberState::Dead, MemberState::Left}) {
        EXPECT_EQ(record_hash(1, 2, {3, 4, 5, state}), record_hash(1, 9, {3, 4, 5, state}));
        EXPECT_NE(record_hash(1, 2, {3, 4, 5, state}), record_hash(1, 2, {9, 4, 5, state}));
    }
}

}  // namespace
}  // namespace memberd
