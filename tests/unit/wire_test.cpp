#include "gossip/wire.hpp"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace memberd::wire {
namespace {

using Buffer = std::vector<std::uint8_t>;

constexpr std::uint64_t kAny = UINT64_MAX;

bool reads_integer(const Buffer& bytes, std::uint64_t max = kAny) {
    Reader reader(bytes);
    reader.unsigned_integer(max);
    return reader.ok() && reader.at_end();
}

bool reads_text(const Buffer& bytes, std::size_t max = 1 << 20) {
    Reader reader(bytes);
    reader.text(max);
    return reader.ok() && reader.at_end();
}

bool reads_array(const Buffer& bytes, std::uint32_t max = UINT32_MAX) {
    Reader reader(bytes);
    reader.array(max);
    return reader.ok() && reader.at_end();
}

bool reads_binary(const Buffer& bytes, std::size_t max = 1 << 20) {
    Reader reader(bytes);
    reader.binary(max);
    return reader.ok() && reader.at_end();
}

bool skips(const Buffer& bytes) {
    Reader reader(bytes);
    const Bytes skipped = reader.skip();
    return reader.ok() && reader.at_end() && skipped.size() == bytes.size();
}

Buffer joined_with(Buffer head, std::size_t count, std::uint8_t byte) {
    head.resize(head.size() + count, byte);
    return head;
}

Buffer joined(Buffer head, std::size_t zeros) {
    return joined_with(std::move(head), zeros, 0);
}

TEST(WireReader, ReadsEveryIntegerThatTheWriterWrites) {
    const std::vector<std::pair<std::uint64_t, std::size_t>> sizes{
        {0, 1},      {0x7f, 1},    {0x80, 2},       {0xff, 2},        {0x100, 3},
        {0xffff, 3}, {0x10000, 5}, {0xffffffff, 5}, {0x100000000, 9}, {kAny, 9}};
    for (const auto& [value, size] : sizes) {
        Buffer bytes;
        Writer(bytes).unsigned_integer(value);
        EXPECT_EQ(bytes.size(), size);
        Reader reader(bytes);
        EXPECT_EQ(reader.unsigned_integer(kAny), value);
        EXPECT_TRUE(reader.ok() && reader.at_end());
        EXPECT_TRUE(reads_integer(bytes, value));
        EXPECT_TRUE(value == 0 || !reads_integer(bytes, value - 1));
    }
}

TEST(WireReader, RefusesIntegersThatAreNotInTheirShortestForm) {
    EXPECT_FALSE(reads_integer({0xcc, 0x7f}));
    EXPECT_TRUE(reads_integer({0xcc, 0x80}));
    EXPECT_FALSE(reads_integer({0xcd, 0x00, 0xff}));
    EXPECT_FALSE(reads_integer({0xce, 0x00, 0x00, 0xff, 0xff}));
    EXPECT_FALSE(reads_integer({0xcf, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}));
    EXPECT_TRUE(reads_integer({0xcf, 0, 0, 0, 1, 0, 0, 0, 0}));
}

TEST(WireReader, RefusesOtherKindsWhereAnIntegerIsDue) {
    for (const Buffer& bytes : std::vector<Buffer>{{0xff},
                                                   {0xe0},
                                                   {0xd0, 0x01},
                                                   {0xd1, 0x01, 0x00},
                                                   {0xca, 0, 0, 0, 0},
                                                   {0xc0},
                                                   {0xc3},
                                                   {0xa1, 0x31},
                                                   {0x90},
                                                   {}}) {
        EXPECT_FALSE(reads_integer(bytes));
    }
}

TEST(WireReader, RefusesTextsThatAreNotInTheirShortestForm) {
    EXPECT_TRUE(reads_text({0xa1, 'a'}));
    EXPECT_FALSE(reads_text({0xd9, 1, 'a'}));
    EXPECT_FALSE(reads_text({0xda, 0, 1, 'a'}));
    EXPECT_FALSE(reads_text({0xdb, 0, 0, 0, 1, 'a'}));
    EXPECT_FALSE(reads_text(joined_with({0xd9, 31}, 31, 'a')));
    EXPECT_FALSE(reads_text(joined_with({0xda, 0, 0xff}, 255, 'a')));
    EXPECT_FALSE(reads_text(joined_with({0xdb, 0, 0, 0xff, 0xff}, 65535, 'a')));
    for (const std::size_t size : {0U, 1U, 31U, 32U, 255U, 256U, 65535U, 65536U}) {
        Buffer bytes;
        Writer(bytes).text(std::string(size, 'x'));
        EXPECT_TRUE(reads_text(bytes, size)) << size;
        EXPECT_TRUE(size == 0 || !reads_text(bytes, size - 1)) << size;
        EXPECT_FALSE(reads_binary(bytes)) << size;
    }
}

TEST(WireReader, RefusesBinariesThatAreNotInTheirShortestForm) {
    EXPECT_FALSE(reads_binary({0xc5, 0, 1, 9}));
    EXPECT_FALSE(reads_binary({0xc6, 0, 0, 0, 1, 9}));
    EXPECT_FALSE(reads_binary(joined({0xc5, 0, 0xff}, 255)));
    EXPECT_FALSE(reads_binary(joined({0xc6, 0, 0, 0xff, 0xff}, 65535)));
    for (const std::size_t size : {0U, 1U, 255U, 256U, 65535U, 65536U}) {
        Buffer bytes;
        Writer(bytes).binary(Buffer(size, 0xff));
        EXPECT_TRUE(reads_binary(bytes, size)) << size;
        EXPECT_TRUE(size == 0 || !reads_binary(bytes, size - 1)) << size;
        EXPECT_FALSE(reads_text(bytes)) << size;
    }
}

TEST(WireReader, RefusesArrayHeadsThatAreNotInTheirShortestForm) {
    EXPECT_FALSE(reads_array({0xdc, 0, 15}));
    EXPECT_TRUE(reads_array({0xdc, 0, 16}));
    EXPECT_FALSE(reads_array({0xdd, 0, 0, 0xff, 0xff}));
    EXPECT_TRUE(reads_array({0xdd, 0, 1, 0, 0}));
    EXPECT_FALSE(reads_array({0x80}));
    for (const std::uint32_t count : {0U, 1U, 15U, 16U, 65535U, 65536U}) {
        Buffer bytes;
        Writer(bytes).array(count);
        EXPECT_TRUE(reads_array(bytes, count)) << count;
        EXPECT_TRUE(count == 0 || !reads_array(bytes, count - 1)) << count;
    }
}

TEST(WireReader, TellsTrueFromFalseFromNil) {
    const Buffer bytes{0xc3, 0xc2, 0xc0, 0x01};
    Reader reader(bytes);
    EXPECT_FALSE(reader.nil());
    EXPECT_TRUE(reader.boolean());
    EXPECT_FALSE(reader.boolean());
    EXPECT_TRUE(reader.nil());
    EXPECT_FALSE(reader.nil());
    EXPECT_EQ(reader.unsigned_integer(1), 1U);
    EXPECT_FALSE(reader.nil());
    EXPECT_TRUE(reader.ok() && reader.at_end());
    reader.boolean();
    EXPECT_FALSE(reader.ok());
}

TEST(WireReader, FailsForEverAfterTheFirstError) {
    const Buffer bytes{0xc1, 0x01, 0xa1, 'a', 0x90, 0xc0};
    Reader reader(bytes);
    EXPECT_EQ(reader.unsigned_integer(kAny), 0U);
    EXPECT_EQ(reader.unsigned_integer(kAny), 0U);
    EXPECT_EQ(reader.text(10), "");
    EXPECT_EQ(reader.array(10), 0U);
    EXPECT_FALSE(reader.nil());
    EXPECT_TRUE(reader.skip().empty());
    EXPECT_FALSE(reader.ok());
}

TEST(PlainText, HoldsForWellFormedUnicodeOnly) {
    for (const std::string_view good :
         {"", " ", "a", "~", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
          "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "z\xc3\xbcrich"}) {
        EXPECT_TRUE(is_plain_text(good)) << good;
    }
    for (const std::string_view bad :
         {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2 ", "\xe0\x9f\xbf", "\xe1\x80",
          "\xed\xa0\x80", "\xed\xbf\xbf", "\xe1\x80 ", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
          "\xf1\x80\x80", "\xf1\x80\x80 ", "\xf5\x80\x80\x80", "\xff", "a\xfe"}) {
        EXPECT_FALSE(is_plain_text(bad)) << testing::PrintToString(bad);
    }
}

TEST(PlainText, HoldsNoControlCharacters) {
    for (int byte = 0; byte < 0x80; ++byte) {
        const std::string text{'a', static_cast<char>(byte)};
        EXPECT_EQ(is_plain_text(text), byte >= 0x20 && byte != 0x7f) << byte;
    }
}

TEST(WireSkip, PassesOverEveryKindOfValueAndNothingElse) {
    const std::vector<Buffer> values{{0x00},
                                     {0x7f},
                                     {0xe0},
                                     {0xff},
                                     {0xc0},
                                     {0xc2},
                                     {0xc3},
                                     {0x80},
                                     {0x90},
                                     {0xa0},
                                     joined({0xbf}, 31),
                                     joined({0x8f}, 30),
                                     joined({0x9f}, 15),
                                     joined({0xc4, 3}, 3),
                                     joined({0xc5, 0, 3}, 3),
                                     joined({0xc6, 0, 0, 0, 3}, 3),
                                     joined({0xc7, 3}, 4),
                                     joined({0xc8, 0, 3}, 4),
                                     joined({0xc9, 0, 0, 0, 3}, 4),
                                     joined({0xca}, 4),
                                     joined({0xcb}, 8),
                                     joined({0xcc}, 1),
                                     joined({0xcd}, 2),
                                     joined({0xce}, 4),
                                     joined({0xcf}, 8),
                                     joined({0xd0}, 1),
                                     joined({0xd1}, 2),
                                     joined({0xd2}, 4),
                                     joined({0xd3}, 8),
                                     joined({0xd4}, 2),
                                     joined({0xd5}, 3),
                                     joined({0xd6}, 5),
                                     joined({0xd7}, 9),
                                     joined({0xd8}, 17),
                                     joined({0xd9, 3}, 3),
                                     joined({0xda, 0, 3}, 3),
                                     joined({0xdb, 0, 0, 0, 3}, 3),
                                     joined({0xdc, 0, 3}, 3),
                                     joined({0xdd, 0, 0, 0, 3}, 3),
                                     joined({0xde, 0, 3}, 6),
                                     joined({0xdf, 0, 0, 0, 3}, 6)};
    for (const Buffer& value : values) {
        EXPECT_TRUE(skips(value)) << int{value[0]};
        for (std::size_t size = 0; size < value.size(); ++size) {
            EXPECT_FALSE(skips(Buffer(value.begin(), value.begin() + static_cast<long>(size))))
                << int{value[0]};
        }
        EXPECT_FALSE(skips(joined(value, 1))) << int{value[0]};
    }
    EXPECT_FALSE(skips({0xc1}));
}

TEST(WireSkip, FollowsValuesAsDeepAsTheLimitAndNoDeeper) {
    Buffer nested(kDepthMax, 0x91);
    nested.push_back(0xc0);
    EXPECT_TRUE(skips(nested));
    nested.insert(nested.begin(), 0x91);
    EXPECT_FALSE(skips(nested));
    nested.front() = 0x81;
    nested.insert(nested.begin() + 1, 0x01);
    EXPECT_FALSE(skips(nested));
}

TEST(WireSkip, RefusesCountsThatTheBytesCannotHold) {
    EXPECT_FALSE(skips({0xdd, 0xff, 0xff, 0xff, 0xff}));
    EXPECT_FALSE(skips({0xdf, 0xff, 0xff, 0xff, 0xff, 0x00}));
    EXPECT_FALSE(skips({0xc6, 0xff, 0xff, 0xff, 0xff, 0x00}));
    EXPECT_FALSE(skips({0xc9, 0xff, 0xff, 0xff, 0xff, 0x00}));
    EXPECT_FALSE(skips({0xdb, 0xff, 0xff, 0xff, 0xff, 0x00}));
}

}  // namespace
}  // namespace memberd::wire
