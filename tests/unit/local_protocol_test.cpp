#include "membership/local_protocol.hpp"

#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "detector/random.hpp"

namespace memberd::local {
namespace {

MessageBytes pack(const Document& document) {
    return Document::to_msgpack(document);
}

TEST(MsgpackScan, AcceptsWhatTheLocalApiAllows) {
    const Document document{{"nil", nullptr},
                            {"yes", true},
                            {"small", -5},
                            {"large", std::numeric_limits<std::uint64_t>::max()},
                            {"lowest", std::numeric_limits<std::int64_t>::min()},
                            {"half", 0.5},
                            {"text", std::string(70'000, 'x')},
                            {"umlaut", "\xc3\xbc"},
                            {"list", {1, 2, {3, Document::object()}}}};

    EXPECT_TRUE(is_acceptable(pack(document)));
    EXPECT_EQ(*decode_document(pack(document)), document);
}

TEST(MsgpackScan, RefusesAnythingButOneWholeValue) {
    MessageBytes bytes = pack(Document{1, "two", {{"three", 3}}});
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_FALSE(is_acceptable(MessageView(bytes).first(size))) << size;
    }
    EXPECT_TRUE(is_acceptable(bytes));
    bytes.push_back(0xc0);
    EXPECT_FALSE(is_acceptable(bytes));
}

TEST(MsgpackScan, RefusesCountsThatCannotBeTrueWithoutReservingMemory) {
    EXPECT_FALSE(is_acceptable(MessageBytes{0xdd, 0xff, 0xff, 0xff, 0xff}));
    EXPECT_FALSE(is_acceptable(MessageBytes{0xdf, 0x7f, 0xff, 0xff, 0xff}));
    EXPECT_FALSE(is_acceptable(MessageBytes{0xdb, 0xff, 0xff, 0xff, 0xff, 'x'}));
}

TEST(MsgpackScan, NestingEndsAtSixteen) {
    MessageBytes bytes(kDepthMax - 1, 0x91);
    bytes.push_back(0x90);
    EXPECT_TRUE(is_acceptable(bytes));
    bytes.insert(bytes.begin(), 0x91);
    EXPECT_FALSE(is_acceptable(bytes));
    EXPECT_FALSE(is_acceptable(MessageBytes(200'000, 0x91)));
}

TEST(MsgpackScan, MapsEndAtTheirLimitAndHaveKeysOfText) {
    Document map = Document::object();
    for (std::uint32_t i = 0; i < kMapEntriesMax; ++i) {
        map[std::to_string(i)] = i;
    }
    EXPECT_TRUE(is_acceptable(pack(map)));
    map["more"] = 1;
    EXPECT_FALSE(is_acceptable(pack(map)));
    EXPECT_FALSE(is_acceptable(MessageBytes{0x81, 0x01, 0x02}));
    EXPECT_FALSE(is_acceptable(MessageBytes{0x81, 0x90, 0x02}));
    EXPECT_TRUE(is_acceptable(MessageBytes{0x81, 0xa1, 'k', 0x02}));
}

TEST(MsgpackScan, RefusesBinariesExtensionsAndTheByteThatIsNeverUsed) {
    EXPECT_FALSE(is_acceptable(MessageBytes{0xc4, 0x01, 0x00}));
    EXPECT_FALSE(is_acceptable(MessageBytes{0xd4, 0x01, 0x00}));
    EXPECT_FALSE(is_acceptable(MessageBytes{0xc7, 0x00, 0x01}));
    EXPECT_FALSE(is_acceptable(MessageBytes{0xc1}));
}

TEST(MsgpackScan, RefusesTextThatIsNotUtf8) {
    const auto text = [](std::string_view bytes) {
        MessageBytes packed{static_cast<std::uint8_t>(0xa0 + bytes.size())};
        packed.insert(packed.end(), bytes.begin(), bytes.end());
        return is_acceptable(packed);
    };
    EXPECT_TRUE(text("\xf0\x9f\x98\x80"));
    EXPECT_FALSE(text("\xff"));
    EXPECT_FALSE(text("\xc3"));
    EXPECT_FALSE(text("\xc0\x80"));
    EXPECT_FALSE(text("\xe0\x80\x80"));
    EXPECT_FALSE(text("\xed\xa0\x80"));
    EXPECT_FALSE(text("\xf4\x90\x80\x80"));
}

TEST(MsgpackScan, WhatItAcceptsIsAlwaysDecodedAndWritable) {
    Random random(7);
    int accepted = 0;
    for (int i = 0; i < 200'000; ++i) {
        MessageBytes bytes(1 + random.below(12));
        for (auto& byte : bytes) {
            byte = static_cast<std::uint8_t>(random.below(256));
        }
        if (is_acceptable(bytes)) {
            ++accepted;
            const auto document = decode_document(bytes);
            ASSERT_TRUE(document);
            static_cast<void>(document->dump());
        }
    }
    EXPECT_GT(accepted, 100);
}

TEST(LocalProtocol, RequestsAndRepliesComeBackAsTheyWere) {
    std::uint64_t id = 0;
    const auto request = decode_request(encode(Request{7, "why", {{"name", "a"}}}), id);
    ASSERT_TRUE(request);
    EXPECT_EQ(id, 7U);
    EXPECT_EQ(request->op, "why");
    EXPECT_EQ(request->arguments, (Document{{"name", "a"}}));

    const auto reply = decode_reply(encode(Reply{8, ReplyStatus::Error, error_payload("c", "m")}));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->id, 8U);
    EXPECT_EQ(reply->status, ReplyStatus::Error);
    EXPECT_EQ(reply->payload["code"], "c");
}

TEST(LocalProtocol, ARequestThatIsNoneIsRefusedWithItsIdWhereOneCanBeRead) {
    std::uint64_t id = 99;
    EXPECT_FALSE(decode_request(pack("nonsense"), id));
    EXPECT_EQ(id, 0U);
    EXPECT_FALSE(decode_request(pack({1, 5, 6, Document::object()}), id));
    EXPECT_EQ(id, 5U);
    EXPECT_FALSE(decode_request(pack({1, 5, "op", {1, 2}}), id));
    EXPECT_FALSE(decode_request(pack({2, 5, "op", Document::object()}), id));
    EXPECT_EQ(id, 5U);
    EXPECT_FALSE(decode_request(pack({1, -5, "op", Document::object()}), id));
    EXPECT_EQ(id, 0U);
    // Later versions may append.
    EXPECT_TRUE(decode_request(pack({1, 5, "op", Document::object(), "more"}), id));
}

TEST(LocalProtocol, PublicationsOfUnknownKindsAreNoErrors) {
    const auto heartbeat = decode_publication(encode_heartbeat(3, 4));
    ASSERT_TRUE(heartbeat);
    EXPECT_EQ(heartbeat->kind, PublicationKind::Heartbeat);
    EXPECT_EQ(heartbeat->epoch, 3U);
    EXPECT_EQ(heartbeat->seq, 4U);
    const auto event = decode_publication(encode_event(3, 5, {{"seq", 5}}));
    ASSERT_TRUE(event);
    EXPECT_EQ(event->event["seq"], 5);
    const auto unknown = decode_publication(pack({1, "later", "anything"}));
    ASSERT_TRUE(unknown);
    EXPECT_EQ(unknown->kind, PublicationKind::Unknown);
    EXPECT_FALSE(decode_publication(pack({1, "event", 3})));
}

// Pages of a document, put together again.
Document reassembled(const std::vector<MessageBytes>& pages) {
    Document whole;
    for (std::size_t i = 0; i < pages.size(); ++i) {
        EXPECT_LE(pages[i].size(), kMessageBytesMax);
        auto reply = decode_reply(pages[i]);
        EXPECT_TRUE(reply);
        EXPECT_EQ(reply->status, i + 1 == pages.size() ? ReplyStatus::Ok : ReplyStatus::More);
        append_page(whole, std::move(reply->payload));
    }
    return whole;
}

TEST(LocalProtocol, PagesOfAnyDocumentAreWithinTheLimitAndMakeItWholeAgain) {
    Document elements = Document::array();
    for (int i = 0; i < 10'000; ++i) {
        elements.push_back({{"name", "member-" + std::to_string(i)},
                            {"text", std::string(static_cast<std::size_t>(i % 300), 'x')}});
    }
    const auto pages = encode_pages(1, elements);
    EXPECT_GT(pages.size(), 5U);
    EXPECT_EQ(reassembled(pages), elements);

    const Document map{{"epoch", 1}, {"seq", 2}, {"members", elements}};
    const auto map_pages = encode_pages(1, map, "members");
    EXPECT_GT(map_pages.size(), 5U);
    const Document whole = reassembled(map_pages);
    EXPECT_EQ(whole["members"], elements);
    EXPECT_EQ(whole["seq"], 2);
    EXPECT_EQ(whole.size(), 3U);
}

TEST(LocalProtocol, OtherArraysOfAMapInPagesAreSaidOnce) {
    Document elements = Document::array();
    for (int i = 0; i < 2'000; ++i) {
        elements.push_back(std::string(400, 'x'));
    }
    const Document map{{"asked", {"a", "b"}}, {"name", "x"}, {"evidence", elements}};
    const auto pages = encode_pages(1, map, "evidence");
    EXPECT_GT(pages.size(), 2U);
    EXPECT_TRUE(reassembled(pages) == map);  // Too long to be printed.
}

TEST(LocalProtocol, AnEmptyDocumentIsOnePage) {
    EXPECT_EQ(reassembled(encode_pages(1, Document::array())), Document::array());
    EXPECT_EQ(reassembled(encode_pages(1, Document::object())), Document::object());
    const Document map{{"state", nullptr}, {"evidence", Document::array()}};
    EXPECT_EQ(reassembled(encode_pages(1, map, "evidence")), map);
}

TEST(LocalProtocol, ARuntimeDirectoryMustLeaveRoomForTheSocketsName) {
    // "/control.sock" is 13 bytes long.
    EXPECT_TRUE(check_runtime_dir_length(std::string(107 - 13, 'x')));
    EXPECT_FALSE(check_runtime_dir_length(std::string(107 - 12, 'x')));
}

}  // namespace
}  // namespace memberd::local
