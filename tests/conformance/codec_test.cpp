// Messages whose elements are of the wrong kind or say the impossible are no messages.
#include "gossip/codec.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "gossip/profile.hpp"
#include "tests/unit/support/wire_samples.hpp"

namespace memberd::tests {
namespace {

using Buffer = std::vector<std::uint8_t>;

enum class Kind : std::uint8_t {
    Integer,
    Text,
    Binary,
    Array,
    Nil,
    Bool
};

struct Element {
    std::size_t begin = 0;
    std::size_t end = 0;
    Kind kind = Kind::Nil;
};

std::uint64_t big_endian(const Buffer& bytes, std::size_t at, std::size_t width) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) {
        value = value << 8U | bytes[at + i];
    }
    return value;
}

// Lists every element of the value at `at`, arrays before what is in them; returns where it ends.
// Of MessagePack only what version 1 uses.
std::size_t list_elements(const Buffer& bytes, std::size_t at, std::vector<Element>& found) {
    const std::uint8_t head = bytes[at];
    const std::size_t place = found.size();
    found.push_back({at, 0, Kind::Integer});
    std::size_t end = at + 1;
    std::uint64_t children = 0;
    if (head >= 0x90 && head <= 0x9f) {
        children = head & 0x0fU;
        found[place].kind = Kind::Array;
    } else if (head == 0xdc) {
        children = big_endian(bytes, at + 1, 2);
        end = at + 3;
        found[place].kind = Kind::Array;
    } else if (head >= 0xa0 && head <= 0xbf) {
        end += head & 0x1fU;
        found[place].kind = Kind::Text;
    } else if (head == 0xd9) {
        end += 1 + bytes[at + 1];
        found[place].kind = Kind::Text;
    } else if (head == 0xc4) {
        end += 1 + bytes[at + 1];
        found[place].kind = Kind::Binary;
    } else if (head == 0xc0) {
        found[place].kind = Kind::Nil;
    } else if (head == 0xc2 || head == 0xc3) {
        found[place].kind = Kind::Bool;
    } else if (head >= 0xcc && head <= 0xcf) {
        end += std::size_t{1} << (head - 0xccU);
    }
    for (std::uint64_t i = 0; i < children; ++i) {
        end = list_elements(bytes, end, found);
    }
    found[place].end = end;
    return end;
}

Buffer with(const Buffer& bytes, const Element& element, const Buffer& other) {
    Buffer changed(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(element.begin));
    changed.insert(changed.end(), other.begin(), other.end());
    changed.insert(changed.end(), bytes.begin() + static_cast<std::ptrdiff_t>(element.end),
                   bytes.end());
    return changed;
}

const std::vector<std::pair<Kind, Buffer>>& others() {
    static const std::vector<std::pair<Kind, Buffer>> all{
        {Kind::Integer, {0x05}},     {Kind::Text, {0xa1, 'x'}}, {Kind::Binary, {0xc4, 0x01, 0x00}},
        {Kind::Array, {0x91, 0x05}}, {Kind::Nil, {0xc0}},       {Kind::Bool, {0xc3}}};
    return all;
}

TEST(CodecRules, AnElementOfAnotherKindMakesAMessageMalformed) {
    std::size_t tried = 0;
    for (const Sample& sample : message_samples()) {
        std::vector<Element> elements;
        ASSERT_EQ(list_elements(sample.bytes, 0, elements), sample.bytes.size()) << sample.name;
        for (const Element& element : elements) {
            for (const auto& [kind, other] : others()) {
                if (kind == element.kind) {
                    continue;
                }
                Message message;
                EXPECT_NE(decode(with(sample.bytes, element, other), message), DecodeStatus::Ok)
                    << sample.name << " at " << element.begin << " kind " << static_cast<int>(kind);
                ++tried;
            }
        }
    }
    EXPECT_GT(tried, 1000U);
}

TEST(CodecRules, AFloatAMapOrAnExtensionStandsForNothing) {
    const std::vector<Buffer> foreign{{0xca, 0, 0, 0, 0}, {0x80}, {0xd4, 1, 2}, {0xff}, {0xc1}};
    for (const Sample& sample : message_samples()) {
        std::vector<Element> elements;
        list_elements(sample.bytes, 0, elements);
        for (const Element& element : elements) {
            for (const Buffer& other : foreign) {
                Message message;
                EXPECT_NE(decode(with(sample.bytes, element, other), message), DecodeStatus::Ok)
                    << sample.name << " at " << element.begin;
            }
        }
    }
}

TEST(CodecRules, AnElementThatIsMissingMakesAMessageMalformed) {
    for (const Sample& sample : message_samples()) {
        std::vector<Element> elements;
        list_elements(sample.bytes, 0, elements);
        for (const Element& element : elements) {
            Message message;
            EXPECT_NE(decode(with(sample.bytes, element, {}), message), DecodeStatus::Ok)
                << sample.name << " at " << element.begin;
        }
    }
}

TEST(CodecRules, AMemberThatCannotBeReachedHasNoProfile) {
    const auto accepted = [](const char* text, std::uint16_t port = 7747) {
        Profile profile = sample_profile();
        const auto endpoint = parse_endpoint(std::string(text) + ":1");
        EXPECT_TRUE(endpoint) << text;
        profile.endpoint = *endpoint;
        profile.endpoint.port = port;
        Buffer bytes;
        encode_profile(profile, bytes);
        return decode_profile(bytes).has_value();
    };
    EXPECT_TRUE(accepted("10.0.0.1", 1));
    EXPECT_TRUE(accepted("[2001:db8::1]", 65535));
    EXPECT_FALSE(accepted("10.0.0.1", 0));
    EXPECT_FALSE(accepted("0.0.0.0"));
    EXPECT_FALSE(accepted("[::]"));
    EXPECT_FALSE(accepted("224.0.0.1"));
    EXPECT_FALSE(accepted("255.255.255.255"));
    EXPECT_FALSE(accepted("[ff02::1]"));
}

TEST(CodecRules, AMessageBeyondTheLargestIsMalformedWhateverIsInIt) {
    std::uint32_t count = 0;
    Buffer updates;
    const std::string name(60, 'n');
    while (updates.size() + 200 < kMessageBytesMax) {
        Update update;
        update.name = name;
        update.claim = {7, 1, 0, MemberState::Dead};
        Encoder(updates).update(update);
        ++count;
    }
    const auto gossip = [&](std::uint32_t n, const Buffer& list) {
        Buffer made;
        Encoder made_encoder(made);
        made_encoder.gossip(sample_envelope(), n);
        made_encoder.raw(list);
        return made;
    };
    Message message;
    EXPECT_EQ(decode(gossip(count, updates), message), DecodeStatus::Ok);
    Buffer longer = updates;
    for (int i = 0; i < 6; ++i) {
        Update update;
        update.name = name;
        update.claim = {7, 1, 0, MemberState::Dead};
        Encoder(longer).update(update);
    }
    ASSERT_GT(gossip(count + 6, longer).size(), kMessageBytesMax);
    EXPECT_EQ(decode(gossip(count + 6, longer), message), DecodeStatus::Malformed);
}

}  // namespace
}  // namespace memberd::tests
