#include "gossip/codec.hpp"

#include <iostream>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "chaos/sim/reencode.hpp"
#include "gossip/profile_pool.hpp"
#include "tests/unit/support/allocation_count.hpp"
#include "tests/unit/support/wire_samples.hpp"

namespace memberd {
namespace {

using sim::reencode;
using tests::sample_envelope;
using Buffer = std::vector<std::uint8_t>;

DecodeStatus status_of(const Buffer& bytes) {
    Message message;
    return decode(bytes, message);
}

Buffer sample(const std::string& name) {
    for (auto& each : tests::message_samples()) {
        if (each.name == name) {
            return each.bytes;
        }
    }
    ADD_FAILURE() << "no sample " << name;
    return {};
}

// Where the value is that the path of indices leads to, through arrays of up to 15 elements.
std::size_t offset_of(const Buffer& bytes, const std::vector<std::size_t>& path) {
    std::size_t offset = 0;
    for (const std::size_t index : path) {
        wire::Reader reader(Bytes(bytes).subspan(offset + 1));
        for (std::size_t i = 0; i < index; ++i) {
            reader.skip();
        }
        offset += 1 + reader.position();
    }
    return offset;
}

// With one more value behind the last element of the array there.
Buffer with_appended(Buffer bytes, const std::vector<std::size_t>& path, const Buffer& value) {
    const std::size_t offset = offset_of(bytes, path);
    wire::Reader reader(Bytes(bytes).subspan(offset));
    const std::size_t end = offset + reader.skip().size();
    ++bytes[offset];
    bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(end), value.begin(), value.end());
    return bytes;
}

TEST(Codec, EveryMessageComesBackByteForByte) {
    for (const auto& each : tests::message_samples()) {
        Message message;
        ASSERT_EQ(decode(each.bytes, message), DecodeStatus::Ok) << each.name;
        EXPECT_EQ(reencode(message), each.bytes) << each.name;
    }
}

TEST(Codec, ProbesOfMembersWithTenByteNamesFitIn75Bytes) {
    Envelope envelope = sample_envelope();
    envelope.cluster = UINT32_MAX;
    envelope.incarnation = kIncarnationMax;
    ASSERT_EQ(envelope.name.size(), 10U);
    Buffer ping;
    Encoder(ping).ping(envelope, {UINT32_MAX, true}, 0);
    Buffer ack;
    Encoder(ack).ack(envelope, {UINT32_MAX, UINT32_MAX}, 0);

    EXPECT_LE(ping.size(), 75U);
    EXPECT_LE(ack.size(), 75U);
    std::cout << "ping " << ping.size() << " bytes at most, ack " << ack.size()
              << "; samples: ping " << sample("ping").size() << ", ack " << sample("ack").size()
              << '\n';
}

TEST(Codec, EnvelopeAndBodyHaveTheFieldsThatWereEncoded) {
    const Buffer bytes = sample("ping-req");
    Message message;
    ASSERT_EQ(decode(bytes, message), DecodeStatus::Ok);
    const Envelope expected = sample_envelope();
    EXPECT_EQ(message.envelope.cluster, expected.cluster);
    EXPECT_EQ(message.envelope.name, expected.name);
    EXPECT_EQ(message.envelope.instance, expected.instance);
    EXPECT_EQ(message.envelope.generation, expected.generation);
    EXPECT_EQ(message.envelope.incarnation, expected.incarnation);
    EXPECT_EQ(message.envelope.view_digest, expected.view_digest);
    EXPECT_EQ(message.envelope.ring_digest, expected.ring_digest);
    const auto& body = std::get<PingReq>(message.body);
    EXPECT_EQ(body.sequence, 4713U);
    EXPECT_EQ(body.subject, "node-00009");
    EXPECT_EQ(body.subject_instance, 0x8877665544332211U);
    EXPECT_EQ(body.age_ms, 640U);
    EXPECT_EQ(message.updates.count, 0U);
}

TEST(Codec, UpdatesAreThoseThatWereEncoded) {
    const Buffer bytes = sample("gossip");
    Message message;
    ASSERT_EQ(decode(bytes, message), DecodeStatus::Ok);
    ListCursor<Update> cursor(message.updates);
    Update update;

    ASSERT_TRUE(cursor.next(update));
    EXPECT_EQ(update.name, "node-00009");
    EXPECT_EQ(update.claim, (Claim{0x8877665544332211, 1'700'000'000, 3, MemberState::Dead}));
    EXPECT_EQ(update.age_s, 12U);
    ASSERT_EQ(update.accuser_count, 2);
    EXPECT_EQ(update.accusers[0], "node-00001");
    EXPECT_EQ(update.accusers[1], "node-00002");
    EXPECT_TRUE(update.profile.empty());

    ASSERT_TRUE(cursor.next(update));
    EXPECT_EQ(update.name, "node-00009");
    EXPECT_EQ(update.claim, (Claim{0x8877665544332211, 1'700'000'000, 0, MemberState::Alive}));
    EXPECT_EQ(update.accuser_count, 0);
    ProfilePool pool;
    const ProfileId id = pool.acquire(update.profile);
    ASSERT_NE(id, kNoProfile);
    EXPECT_EQ(pool.open(id), tests::sample_profile("node-00009"));
    EXPECT_FALSE(cursor.next(update));
}

TEST(Codec, SyncItemsAreThoseThatWereEncoded) {
    const Buffer bytes = sample("sync");
    Message message;
    ASSERT_EQ(decode(bytes, message), DecodeStatus::Ok);
    ListCursor<SyncItem> cursor(std::get<Sync>(message.body).items);
    SyncItem item;

    ASSERT_TRUE(cursor.next(item));
    EXPECT_EQ(item.kind, SyncItemKind::Summary);
    EXPECT_EQ(item.high, UINT64_MAX);
    EXPECT_EQ(item.count, 1000U);
    EXPECT_EQ(item.digest, 0xfedcba9876543210U);

    ASSERT_TRUE(cursor.next(item));
    EXPECT_EQ(item.kind, SyncItemKind::Listing);
    ListCursor<ListingEntry> listing(item.entries);
    ListingEntry entry;
    ASSERT_TRUE(listing.next(entry));
    EXPECT_EQ(entry.key, 0x1001U);
    EXPECT_EQ(entry.digest, 0xa1a2a3a4a5a6a7a8U);
    ASSERT_TRUE(listing.next(entry));
    EXPECT_FALSE(listing.next(entry));

    ASSERT_TRUE(cursor.next(item));
    EXPECT_EQ(item.kind, SyncItemKind::Wanted);
    EXPECT_EQ(item.entries.count, 2U);
    WantedCursor wanted(item.entries);
    std::uint64_t key = 0;
    ASSERT_TRUE(wanted.next(key));
    EXPECT_EQ(key, 0x1001U);
    ASSERT_TRUE(wanted.next(key));
    EXPECT_EQ(key, UINT64_MAX);
    EXPECT_FALSE(wanted.next(key));
    EXPECT_FALSE(cursor.next(item));
}

TEST(Codec, WhatALaterVersionAppendsIsPassedOver) {
    // {"x": [1.5, ext]}
    const Buffer later{0x81, 0xa1, 'x', 0x92, 0xca, 0x3f, 0xc0, 0, 0, 0xd4, 1, 2};
    const std::vector<std::pair<std::string, std::vector<std::size_t>>> places{
        {"ping", {}},
        {"ping", {9}},
        {"gossip", {9}},
        {"gossip", {10, 0}},
        {"gossip", {10, 1}},
        {"suspicion", {9}},
        {"suspicion", {9, 0, 0}},
        {"sync", {9}},
        {"sync", {9, 0, 0}},
        {"sync", {9, 0, 1}},
        {"sync", {9, 0, 2}},
        {"join", {9}},
        {"welcome", {9}},
        {"leave", {9}},
        {"leave-ack", {9}},
        {"ack", {9}},
        {"ping-req", {9}},
        {"nack", {9}},
        {"alive", {9}},
        {"refuse", {}},
        {"refuse-of-version-2", {}}};
    for (const auto& [name, path] : places) {
        const Buffer bytes = sample(name);
        const Buffer longer = with_appended(bytes, path, later);
        Message message;
        ASSERT_EQ(decode(longer, message), DecodeStatus::Ok) << name << path.size();
        EXPECT_EQ(reencode(message), bytes) << name << path.size();
        const Buffer twice = with_appended(longer, path, later);
        EXPECT_EQ(status_of(twice), DecodeStatus::Ok) << name << path.size();
        EXPECT_EQ(status_of(with_appended(bytes, path, {0xc1})), DecodeStatus::Malformed) << name;
        EXPECT_EQ(status_of(with_appended(bytes, path, {0xdd, 0xff, 0xff, 0xff, 0xff})),
                  DecodeStatus::Malformed)
            << name;
    }
}

TEST(Codec, AProfileThatALaterVersionLengthenedIsHandedOnAsItIs) {
    const Buffer bytes = with_appended(sample("join"), {10, 0, 7}, {0xca, 0, 0, 0, 0});
    Message message;
    ASSERT_EQ(decode(bytes, message), DecodeStatus::Ok);
    EXPECT_EQ(reencode(message), bytes);
}

TEST(Codec, AnotherVersionIsToldFromGarbage) {
    Buffer bytes = sample("ping");
    bytes[1] = 2;
    EXPECT_EQ(status_of(bytes), DecodeStatus::OtherVersion);
    bytes[1] = 0;
    EXPECT_EQ(status_of(bytes), DecodeStatus::OtherVersion);
    EXPECT_EQ(status_of({0x93, 0x02, 0xa1, 'x', 0x80}), DecodeStatus::OtherVersion);
    EXPECT_EQ(status_of({0x93, 0x02, 0xa1, 'x'}), DecodeStatus::Malformed);
    EXPECT_EQ(status_of({0x91, 0x02}), DecodeStatus::Malformed);
    EXPECT_EQ(status_of({0x92, 0xa1, '1', 0x01}), DecodeStatus::Malformed);
}

TEST(Codec, ARefusalIsReadableInEveryVersion) {
    const Buffer bytes = sample("refuse-of-version-2");
    Message message;
    ASSERT_EQ(decode(bytes, message), DecodeStatus::Ok);
    const auto& refuse = std::get<Refuse>(message.body);
    EXPECT_EQ(refuse.version, 2U);
    EXPECT_EQ(refuse.code, RefuseCode::OtherVersion);
    EXPECT_EQ(refuse.number, 2U);
    EXPECT_EQ(refuse.cluster, "blue");
    EXPECT_EQ(refuse.reason, "this cluster speaks version 2");
}

TEST(Codec, ARefusalWithAnUnknownReasonCodeIsARefusal) {
    Buffer bytes = sample("refuse");
    bytes[3] = 0x63;
    EXPECT_EQ(status_of(bytes), DecodeStatus::Ok);
    bytes[3] = 0;
    EXPECT_EQ(status_of(bytes), DecodeStatus::Malformed);
}

TEST(Codec, AnUnknownTypeNeedsAGoodEnvelope) {
    for (const std::uint8_t type : Buffer{0, 16, 0x7f}) {
        Buffer bytes = sample("ping");
        bytes[2] = type;
        EXPECT_EQ(status_of(bytes), DecodeStatus::UnknownType);
        bytes.pop_back();
        EXPECT_EQ(status_of(bytes), DecodeStatus::Malformed);
    }
    Buffer nameless = sample("ping");
    nameless[2] = 16;
    nameless.erase(nameless.begin() + 9, nameless.begin() + 19);
    nameless[8] = 0xa0;
    EXPECT_EQ(status_of(nameless), DecodeStatus::Malformed);
}

TEST(Codec, DecodingAndWalkingAllocateNothing) {
    for (const auto& each : tests::message_samples()) {
        const auto before = tests::allocation_count();
        Message message;
        const DecodeStatus status = decode(each.bytes, message);
        std::size_t walked = 0;
        Update update;
        for (ListCursor<Update> cursor(message.updates); cursor.next(update);) {
            ++walked;
        }
        const auto after = tests::allocation_count();
        EXPECT_EQ(status, DecodeStatus::Ok);
        EXPECT_EQ(walked, message.updates.count);
        EXPECT_EQ(after - before, 0U) << each.name;
    }
}

TEST(Codec, EncodingIntoAWarmBufferAllocatesNothing) {
    Buffer buffer;
    buffer.reserve(kProbeBytesMax);
    const Envelope envelope = sample_envelope();
    Update update;
    update.name = "node-00009";
    update.claim = {1, 2, 3, MemberState::Dead};

    const auto before = tests::allocation_count();
    Encoder encoder(buffer);
    encoder.suspicion(envelope, 1, 1);
    encoder.suspicion_entry({"node-00009", 1, 2, 3, 4, 0});
    encoder.update(update);
    const auto after = tests::allocation_count();

    EXPECT_EQ(after - before, 0U);
    EXPECT_EQ(status_of(buffer), DecodeStatus::Ok);
}

}  // namespace
}  // namespace memberd
