// What the decoder refuses: everything that is beyond a limit, cut, lengthened or not canonical.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "chaos/sim/reencode.hpp"
#include "gossip/codec.hpp"
#include "tests/support/value_count.hpp"
#include "tests/unit/support/allocation_count.hpp"
#include "tests/unit/support/wire_samples.hpp"

namespace memberd {
namespace {

using sim::reencode;
using tests::sample_envelope;
using Buffer = std::vector<std::uint8_t>;

template <typename Write>
DecodeStatus status_after(Write write) {
    Buffer bytes;
    Encoder encoder(bytes);
    write(encoder);
    Message message;
    return decode(bytes, message);
}

template <typename Write>
bool accepted(Write write) {
    return status_after(write) == DecodeStatus::Ok;
}

template <typename Change>
bool envelope_accepted(Change change) {
    return accepted([&](Encoder& encoder) {
        Envelope envelope = sample_envelope();
        change(envelope);
        encoder.ping(envelope, {}, 0);
    });
}

template <typename Change>
bool update_accepted(Change change) {
    return accepted([&](Encoder& encoder) {
        Update update;
        update.name = "a";
        update.claim = {1, 1, 0, MemberState::Dead};
        change(update);
        encoder.gossip(sample_envelope(), 1);
        encoder.update(update);
    });
}

bool items_accepted(std::uint32_t count, const Buffer& items) {
    return accepted([&](Encoder& e) { e.sync(sample_envelope(), count, items, 0); });
}

// Accepted bytes are the only bytes of what they say, up to what a later version appended.
void expect_canonical(const Message& message, const Buffer& bytes) {
    const Buffer again = reencode(message);
    Message second;
    ASSERT_EQ(decode(again, second), DecodeStatus::Ok);
    const std::size_t before = tests::value_count(bytes);
    const std::size_t after = tests::value_count(again);
    ASSERT_LE(after, before);
    if (after == before) {
        ASSERT_EQ(again, bytes);
    } else {
        ASSERT_EQ(reencode(second), again);
    }
}

TEST(CodecLimits, AMessageCutAnywhereIsMalformed) {
    for (const auto& sample : tests::message_samples()) {
        for (std::size_t size = 0; size < sample.bytes.size(); ++size) {
            // A copy of just that size, so that a sanitizer sees a read behind the end.
            const Buffer cut(sample.bytes.begin(),
                             sample.bytes.begin() + static_cast<std::ptrdiff_t>(size));
            Message message;
            ASSERT_EQ(decode(cut, message), DecodeStatus::Malformed) << sample.name << ' ' << size;
        }
    }
}

TEST(CodecLimits, AMessageWithATrailingByteIsMalformed) {
    for (auto& sample : tests::message_samples()) {
        sample.bytes.push_back(0xc0);
        Message message;
        EXPECT_EQ(decode(sample.bytes, message), DecodeStatus::Malformed) << sample.name;
    }
}

// Every bit flipped, one more, one less, and the heads that claim most.
Buffer neighbours(std::uint8_t byte) {
    Buffer values{0x00, 0x80, 0x90, 0xa0, 0xc0, 0xc1, 0xcc, 0xcf, 0xd9, 0xdc, 0xdd, 0xff};
    for (unsigned bit = 0; bit < 8; ++bit) {
        values.push_back(static_cast<std::uint8_t>(byte ^ 1U << bit));
    }
    values.push_back(static_cast<std::uint8_t>(byte + 1U));
    values.push_back(static_cast<std::uint8_t>(byte - 1U));
    return values;
}

TEST(CodecLimits, WhateverOneChangedByteMakesIsRefusedOrCanonical) {
    for (const auto& sample : tests::message_samples()) {
        Buffer bytes = sample.bytes;
        for (std::size_t at = 0; at < bytes.size(); ++at) {
            for (const std::uint8_t value : neighbours(sample.bytes[at])) {
                bytes[at] = value;
                Message message;
                if (decode(bytes, message) == DecodeStatus::Ok) {
                    ASSERT_NO_FATAL_FAILURE(expect_canonical(message, bytes))
                        << sample.name << " with " << int{value} << " at " << at;
                }
            }
            bytes[at] = sample.bytes[at];
        }
    }
}

TEST(CodecLimits, AnArrayThatClaimsTooFewElementsIsMalformed) {
    Message message;
    for (const auto& sample : tests::message_samples()) {
        Buffer bytes = sample.bytes;
        --bytes[0];
        EXPECT_EQ(decode(bytes, message), DecodeStatus::Malformed) << sample.name;
    }
    Buffer ping;
    Encoder(ping).ping(sample_envelope(), {1, false}, 0);
    ASSERT_EQ(ping[ping.size() - 4], 0x92);
    ping[ping.size() - 4] = 0x91;
    EXPECT_EQ(decode(ping, message), DecodeStatus::Malformed);
    Buffer refuse;
    Encoder(refuse).refuse({});
    refuse.pop_back();
    --refuse[0];
    EXPECT_EQ(decode(refuse, message), DecodeStatus::Malformed);
}

TEST(CodecLimits, LongerFormsOfTheSameValueAreRefused) {
    Buffer bytes;
    Encoder(bytes).ping(sample_envelope(), {1, false}, 0);
    const auto replaced = [&bytes](std::size_t at, std::size_t count, const Buffer& form) {
        Buffer changed = bytes;
        const auto first = changed.begin() + static_cast<std::ptrdiff_t>(at);
        changed.insert(changed.erase(first, first + static_cast<std::ptrdiff_t>(count)),
                       form.begin(), form.end());
        Message message;
        return decode(changed, message);
    };
    ASSERT_EQ(replaced(0, 1, {0x9b}), DecodeStatus::Ok);
    EXPECT_EQ(replaced(0, 1, {0xdc, 0, 11}), DecodeStatus::Malformed);
    EXPECT_EQ(replaced(1, 1, {0xcc, 1}), DecodeStatus::Malformed);
    EXPECT_EQ(replaced(2, 1, {0xcd, 0, 1}), DecodeStatus::Malformed);
    EXPECT_EQ(replaced(8, 1, {0xd9, 10}), DecodeStatus::Malformed);
    EXPECT_EQ(replaced(bytes.size() - 1, 1, {0xdc, 0, 0}), DecodeStatus::Malformed);
    EXPECT_EQ(replaced(bytes.size() - 1, 1, {0xdd, 0, 0, 0, 0}), DecodeStatus::Malformed);
}

TEST(CodecLimits, HostileCountsAreRefusedWithoutAllocation) {
    for (const auto& sample : tests::message_samples()) {
        for (std::size_t at = 0; at < sample.bytes.size(); ++at) {
            for (const std::uint8_t head : Buffer{0xdd, 0xdf, 0xdb, 0xc6, 0xc9}) {
                Buffer bytes(sample.bytes.begin(),
                             sample.bytes.begin() + static_cast<std::ptrdiff_t>(at));
                bytes.insert(bytes.end(), {head, 0xff, 0xff, 0xff, 0xff});
                bytes.resize(bytes.size() + 64, 0);
                const auto before = tests::allocation_count();
                Message message;
                const DecodeStatus status = decode(bytes, message);
                const auto after = tests::allocation_count();
                ASSERT_EQ(status, DecodeStatus::Malformed);
                ASSERT_EQ(after - before, 0U);
            }
        }
    }
}

TEST(CodecLimits, EnvelopesAreAcceptedUpToEachLimit) {
    const std::string longest(kNameBytesMax, 'n');
    const std::string too_long(kNameBytesMax + 1, 'n');
    EXPECT_TRUE(envelope_accepted([&](Envelope& e) { e.name = longest; }));
    EXPECT_FALSE(envelope_accepted([&](Envelope& e) { e.name = too_long; }));
    EXPECT_FALSE(envelope_accepted([](Envelope& e) { e.name = ""; }));
    EXPECT_FALSE(envelope_accepted([](Envelope& e) { e.name = "a\tb"; }));
    EXPECT_FALSE(envelope_accepted([](Envelope& e) { e.name = "\xed\xa0\x80"; }));
    EXPECT_FALSE(envelope_accepted([](Envelope& e) { e.instance = 0; }));
    EXPECT_FALSE(envelope_accepted([](Envelope& e) { e.generation = 0; }));
    EXPECT_TRUE(envelope_accepted([](Envelope& e) { e.generation = kGenerationMax; }));
    EXPECT_FALSE(envelope_accepted([](Envelope& e) { e.generation = kGenerationMax + 1; }));
    EXPECT_TRUE(envelope_accepted([](Envelope& e) { e.incarnation = kIncarnationMax; }));
    EXPECT_FALSE(envelope_accepted([](Envelope& e) { e.incarnation = kIncarnationMax + 1; }));
}

TEST(CodecLimits, EvidenceIsAcceptedUpToEachLimit) {
    const auto evidence = [](std::uint32_t count, const EvidenceItem& item) {
        return accepted([&](Encoder& e) {
            e.evidence(sample_envelope(), 1, count, 0);
            for (std::uint32_t i = 0; i < count; ++i) {
                e.evidence_item(item);
            }
        });
    };
    const std::string longest(kNameBytesMax, 'n');
    const EvidenceItem full{UINT32_MAX, longest, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
    EXPECT_TRUE(evidence(0, {}));
    EXPECT_TRUE(evidence(kEvidenceCountMax, full));
    EXPECT_FALSE(evidence(kEvidenceCountMax + 1, full));
    EXPECT_FALSE(evidence(1, {0, longest + 'n', 0, 0, 0, 0}));
    EXPECT_FALSE(evidence(1, {0, "a\n", 0, 0, 0, 0}));
    const auto request = [](std::string_view subject) {
        return accepted([&](Encoder& e) {
            e.evidence_request(sample_envelope(), {1, subject}, 0);
        });
    };
    EXPECT_TRUE(request(longest));
    EXPECT_FALSE(request(longest + 'n'));
    EXPECT_FALSE(request(""));
}

TEST(CodecLimits, EvidenceAndTheRequestForItAreShort) {
    const auto with_updates = [](std::uint32_t count, bool is_request) {
        return accepted([&](Encoder& e) {
            if (is_request) {
                e.evidence_request(sample_envelope(), {1, "a"}, count);
            } else {
                e.evidence(sample_envelope(), 1, 0, count);
            }
            Update update;
            update.name = "a";
            update.claim = {1, 1, 0, MemberState::Dead};
            for (std::uint32_t i = 0; i < count; ++i) {
                e.update(update);
            }
        });
    };
    Buffer one;
    Encoder(one).update([] {
        Update update;
        update.name = "a";
        update.claim = {1, 1, 0, MemberState::Dead};
        return update;
    }());
    const auto fits = [&](std::size_t limit) {
        return static_cast<std::uint32_t>((limit - 100) / one.size());
    };
    EXPECT_TRUE(with_updates(fits(kProbeBytesMax), true));
    EXPECT_FALSE(with_updates(fits(kProbeBytesMax) + 20, true));
    EXPECT_TRUE(with_updates(fits(kEvidenceBytesMax), false));
    EXPECT_FALSE(with_updates(fits(kEvidenceBytesMax) + 20, false));
}

TEST(CodecLimits, UpdatesAreAcceptedUpToEachLimit) {
    EXPECT_TRUE(update_accepted([](Update&) {}));
    EXPECT_FALSE(update_accepted([](Update& u) { u.name = ""; }));
    EXPECT_FALSE(update_accepted([](Update& u) { u.claim.instance = 0; }));
    EXPECT_FALSE(update_accepted([](Update& u) { u.claim.generation = 0; }));
    EXPECT_TRUE(update_accepted([](Update& u) { u.claim.generation = kGenerationMax; }));
    EXPECT_FALSE(update_accepted([](Update& u) { u.claim.generation = kGenerationMax + 1; }));
    EXPECT_TRUE(update_accepted([](Update& u) { u.claim.incarnation = kIncarnationMax; }));
    EXPECT_FALSE(update_accepted([](Update& u) { u.claim.incarnation = kIncarnationMax + 1; }));
    EXPECT_TRUE(update_accepted([](Update& u) { u.claim.state = MemberState::Left; }));
    EXPECT_FALSE(update_accepted([](Update& u) { u.claim.state = static_cast<MemberState>(4); }));
    const auto accuse = [](Update& u, std::string_view accuser) {
        u.accuser_count = kAccuserCountMax;
        for (auto& each : u.accusers) {
            each = accuser;
        }
    };
    EXPECT_TRUE(update_accepted([&](Update& u) { accuse(u, "b"); }));
    EXPECT_FALSE(update_accepted([&](Update& u) { accuse(u, ""); }));
}

TEST(CodecLimits, AnUpdateHasOneIdentity) {
    const auto update_of = [](const Buffer& who, const Buffer& accusers, const Buffer& profile) {
        Buffer bytes;
        Encoder encoder(bytes);
        encoder.gossip(sample_envelope(), 1);
        encoder.raw(Buffer{0x98});
        encoder.raw(who);
        encoder.raw(Buffer{0x01, 0x00, 0x02, 0x00});
        encoder.raw(accusers);
        encoder.raw(profile);
        Message message;
        return decode(bytes, message);
    };
    const Buffer named{0xa1, 'a', 0x07};
    const Buffer nobody{0xc0, 0xc0};
    const Buffer profile = tests::profile_samples().front().bytes;
    EXPECT_EQ(update_of(named, {0x90}, {0xc0}), DecodeStatus::Ok);
    EXPECT_EQ(update_of(nobody, {0x90}, profile), DecodeStatus::Ok);
    EXPECT_EQ(update_of(nobody, {0x90}, {0xc0}), DecodeStatus::Malformed);
    EXPECT_EQ(update_of(named, {0x90}, profile), DecodeStatus::Malformed);
    EXPECT_EQ(update_of({0xa1, 'a', 0xc0}, {0x90}, profile), DecodeStatus::Malformed);
    EXPECT_EQ(update_of({0xc0, 0x07}, {0x90}, profile), DecodeStatus::Malformed);
    EXPECT_EQ(
        update_of(named, {0x95, 0xa1, 'b', 0xa1, 'c', 0xa1, 'd', 0xa1, 'e', 0xa1, 'f'}, {0xc0}),
        DecodeStatus::Malformed);
}

TEST(CodecLimits, SyncItemsAreAcceptedUpToEachLimit) {
    const auto items = [](const auto& write) {
        Buffer bytes;
        Encoder encoder(bytes);
        write(encoder);
        return bytes;
    };
    const auto summaries = [&](std::uint32_t count) {
        return items([&](Encoder& e) {
            for (std::uint32_t i = 0; i < count; ++i) {
                e.sync_summary(0, 0, 0, 0);
            }
        });
    };
    EXPECT_TRUE(items_accepted(0, {}));
    EXPECT_TRUE(items_accepted(kSyncItemCountMax, summaries(kSyncItemCountMax)));
    EXPECT_FALSE(items_accepted(kSyncItemCountMax + 1, summaries(kSyncItemCountMax + 1)));
    EXPECT_FALSE(items_accepted(1, items([](Encoder& e) { e.sync_summary(2, 1, 0, 0); })));
    EXPECT_FALSE(items_accepted(1, items([](Encoder& e) { e.sync_listing(2, 1, 0); })));
    EXPECT_FALSE(items_accepted(1, {0x92, 0x03, 0x90}));                    // No such kind.
    EXPECT_FALSE(items_accepted(1, {0x94, 0x01, 0x00, 0x00, 0x91, 0x01}));  // Half an entry.
    EXPECT_FALSE(items_accepted(1, {0x94, 0x00, 0x00, 0x00, 0x00}));        // No digest.
    EXPECT_FALSE(items_accepted(1, {0x95, 0x00, 0x00, 0x00, 0x00}));
    const auto listing = [&](std::uint32_t count) {
        return items([&](Encoder& e) {
            e.sync_listing(0, 9, count);
            for (std::uint32_t i = 0; i < count; ++i) {
                e.listing_entry({i, i});
            }
        });
    };
    EXPECT_TRUE(items_accepted(1, listing(kListingCountMax)));
    EXPECT_FALSE(items_accepted(1, listing(kListingCountMax + 1)));
    const auto wanted = [&](std::uint32_t count) {
        return items([&](Encoder& e) {
            e.sync_wanted(count);
            for (std::uint32_t i = 0; i < count; ++i) {
                e.wanted_key(i);
            }
        });
    };
    EXPECT_TRUE(items_accepted(1, wanted(kListingCountMax)));
    EXPECT_FALSE(items_accepted(1, wanted(kListingCountMax + 1)));
}

TEST(CodecLimits, CountsOfSuspicionsAndUpdatesAreAcceptedUpToTheirLimits) {
    const auto suspicions = [](std::uint32_t count) {
        return accepted([&](Encoder& e) {
            e.suspicion(sample_envelope(), count, 0);
            for (std::uint32_t i = 0; i < count; ++i) {
                e.suspicion_entry({"a", 1, 1, 0, 0, 0});
            }
        });
    };
    EXPECT_TRUE(suspicions(0));
    EXPECT_TRUE(suspicions(kSuspicionCountMax));
    EXPECT_FALSE(suspicions(kSuspicionCountMax + 1));
    const auto updates = [](std::uint32_t count) {
        return accepted([&](Encoder& e) {
            Update update;
            update.name = "a";
            update.claim = {1, 1, 0, MemberState::Dead};
            e.sync(sample_envelope(), 0, {}, count);
            for (std::uint32_t i = 0; i < count; ++i) {
                e.update(update);
            }
        });
    };
    EXPECT_TRUE(updates(kUpdateCountMax));
    EXPECT_FALSE(updates(kUpdateCountMax + 1));
}

// A message of exactly `size` bytes, filled up by an element behind the known ones.
template <typename Write>
DecodeStatus status_at_size(std::size_t size, Write write) {
    Buffer bytes;
    Encoder encoder(bytes);
    write(encoder);
    bytes[0] = 0x9c;
    const std::size_t filling = size - bytes.size() - 5;
    bytes.insert(bytes.end(), {0xc6, 0, 0, static_cast<std::uint8_t>(filling >> 8U),
                               static_cast<std::uint8_t>(filling & 0xffU)});
    bytes.resize(size, 0);
    Message message;
    return decode(bytes, message);
}

TEST(CodecLimits, ProbesAreSmallAndOthersMayBeLong) {
    const Envelope from = sample_envelope();
    const auto limit_is = [](std::size_t limit, const auto& write) {
        return status_at_size(limit, write) == DecodeStatus::Ok &&
               status_at_size(limit + 1, write) == DecodeStatus::Malformed;
    };
    EXPECT_TRUE(limit_is(kProbeBytesMax, [&](Encoder& e) { e.ping(from, {}, 0); }));
    EXPECT_TRUE(limit_is(kProbeBytesMax, [&](Encoder& e) { e.ack(from, {}, 0); }));
    EXPECT_TRUE(limit_is(kProbeBytesMax, [&](Encoder& e) { e.ping_req(from, {1, "a", 1, 0}, 0); }));
    EXPECT_TRUE(limit_is(kProbeBytesMax, [&](Encoder& e) { e.nack(from, {}, 0); }));
    EXPECT_TRUE(limit_is(kProbeBytesMax, [&](Encoder& e) { e.alive(from, {"a", 1, 0, 0}, 0); }));
    EXPECT_TRUE(limit_is(kProbeBytesMax, [&](Encoder& e) { e.suspicion(from, 0, 0); }));
    EXPECT_TRUE(limit_is(kMessageBytesMax, [&](Encoder& e) { e.gossip(from, 0); }));
    EXPECT_TRUE(limit_is(kMessageBytesMax, [&](Encoder& e) { e.sync(from, 0, {}, 0); }));
    EXPECT_TRUE(limit_is(kMessageBytesMax, [&](Encoder& e) { e.leave(from, {}, 0); }));
}

TEST(CodecLimits, AnEmptyMessageIsMalformed) {
    Message message;
    EXPECT_EQ(decode({}, message), DecodeStatus::Malformed);
}

}  // namespace
}  // namespace memberd
