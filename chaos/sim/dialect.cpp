#include "chaos/sim/dialect.hpp"

#include <array>
#include <limits>
#include <string_view>

#include "detector/check.hpp"
#include "gossip/messages.hpp"
#include "gossip/wire.hpp"

namespace memberd::sim {
namespace {

using wire::Reader;
using wire::Writer;

constexpr std::uint8_t kNextVersion = 2;
constexpr std::uint32_t kEnvelopeElements = 9;  // before body and updates
// One message in so many is followed by one of an unknown type.
constexpr std::uint64_t kAddsOneIn = 8;

// What a later version may append: kinds that version 1 doesn't use, longer forms, depth.
constexpr std::array kAppended{
    std::string_view("\xc0", 1),
    std::string_view("\xd1\xff\x00", 3),                          // a negative integer
    std::string_view("\xcb\x40\x09\x21\xfb\x54\x44\x2d\x18", 9),  // a float
    std::string_view("\xdb\x00\x00\x00\x02hi", 7),                // a text in a longer form
    std::string_view("\x82\xa1k\x01\xa1l\x92\xc2\xc3", 9),        // a map with an array inside
    std::string_view("\xc7\x03\x05"
                     "abc",
                     6),                                          // an extension
    std::string_view("\x91\x91\x91\x91\x91\x91\x91\x91\x07", 9),  // as deep as is allowed
};

Bytes bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// Copies a message and lengthens what may be lengthened.
class Lengthener {
  public:
    Lengthener(Bytes message, std::vector<std::uint8_t>& to, Random& random)
        : reader_(message),
          writer_(to),
          random_(random) {}

    void run() {
        const std::uint32_t elements = reader_.array(kElementCountMax);
        const std::uint32_t appended = head(elements);
        const Bytes version = reader_.skip();
        writer_.raw(version);
        Reader ahead = reader_;
        const std::uint64_t type = ahead.unsigned_integer(0xff);
        if (type == static_cast<std::uint8_t>(MessageType::Refuse)) {
            copy(elements - 1);
        } else {
            copy(kEnvelopeElements - 1);
            body(static_cast<MessageType>(type));
            list();  // of updates
        }
        append(appended);
        MEMBERD_CHECK(reader_.ok() && reader_.at_end(), "an engine's message is not of version 1");
    }

  private:
    void copy(std::uint32_t count) {
        for (std::uint32_t i = 0; i < count; ++i) {
            writer_.raw(reader_.skip());
        }
    }

    std::uint32_t head(std::uint32_t elements) {
        const auto appended = static_cast<std::uint32_t>(random_.below(3));
        writer_.array(elements + appended);
        return appended;
    }

    void append(std::uint32_t count) {
        for (std::uint32_t i = 0; i < count; ++i) {
            writer_.raw(bytes_of(kAppended[random_.below(kAppended.size())]));
        }
    }

    // A list whose elements are arrays of fixed layout.
    void list() {
        const std::uint32_t count = reader_.array(std::numeric_limits<std::uint32_t>::max());
        writer_.array(count);
        for (std::uint32_t i = 0; i < count; ++i) {
            const std::uint32_t elements = reader_.array(kElementCountMax);
            const std::uint32_t appended = head(elements);
            copy(elements);
            append(appended);
        }
    }

    void body(MessageType type) {
        const std::uint32_t elements = reader_.array(kElementCountMax);
        const std::uint32_t appended = head(elements);
        switch (type) {
            case MessageType::Suspicion:
            case MessageType::Welcome:
            case MessageType::Sync:
                list();
                break;
            case MessageType::Evidence:
            case MessageType::Join:
                copy(1);
                list();
                break;
            case MessageType::Ping:
            case MessageType::Ack:
            case MessageType::PingReq:
            case MessageType::Nack:
            case MessageType::Alive:
            case MessageType::Gossip:
            case MessageType::Refuse:
            case MessageType::Leave:
            case MessageType::LeaveAck:
            case MessageType::EvidenceRequest:
                copy(elements);
                break;
        }
        append(appended);
    }

    Reader reader_;
    Writer writer_;
    Random& random_;
};

bool is_refuse(Bytes message) {
    return message.size() >= 3 && message[2] == static_cast<std::uint8_t>(MessageType::Refuse);
}

// Every version's heads are short enough for one byte, and so are the versions.
bool is_of_version(Bytes message, std::uint8_t version) {
    return message.size() >= 3 && (message[0] & 0xf0U) == 0x90U && message[1] == version;
}

void copy_with_version(Bytes message, std::uint8_t version, std::vector<std::uint8_t>& to) {
    to.assign(message.begin(), message.end());
    to[1] = version;
}

}  // namespace

Bytes Speech::say(Bytes message) {
    said_.clear();
    if (dialect_ == Dialect::NextVersion) {
        if (is_refuse(message)) {
            copy_with_version(message, kNextVersion, said_);
        } else {
            Writer writer(said_);
            writer.array(2);
            writer.unsigned_integer(kNextVersion);
            writer.binary(message);
        }
        return said_;
    }
    if (dialect_ == Dialect::Ours) {
        return message;
    }
    Lengthener(message, said_, random_).run();
    const std::size_t limit = message.size() <= kProbeBytesMax ? kProbeBytesMax : kMessageBytesMax;
    if (said_.size() > limit) {
        return message;
    }
    appended_ += said_.size() > message.size() ? 1U : 0U;
    return said_;
}

Bytes Speech::add() {
    extra_.clear();
    if (dialect_ != Dialect::LaterMinor || said_.empty() || is_refuse(said_) ||
        random_.below(kAddsOneIn) != 0) {
        return extra_;
    }
    constexpr std::array<std::uint64_t, 4> kTypes{0, 100, 200, 70'000};
    Reader reader(said_);
    reader.array(kElementCountMax);
    Writer writer(extra_);
    writer.array(kEnvelopeElements + 1);
    writer.raw(reader.skip());
    reader.skip();
    writer.unsigned_integer(kTypes[random_.below(kTypes.size())]);
    for (std::uint32_t i = 2; i < kEnvelopeElements; ++i) {
        writer.raw(reader.skip());
    }
    writer.raw(bytes_of(kAppended[random_.below(kAppended.size())]));
    ++added_;
    return extra_;
}

Bytes Speech::hear(Bytes message) {
    if (dialect_ != Dialect::NextVersion || is_refuse(message)) {
        return message;
    }
    if (is_of_version(message, kProtocolVersion)) {
        // The engine behind us must not understand it, as it would not were it of that version.
        copy_with_version(message, kNextVersion, heard_);
        return heard_;
    }
    if (!is_of_version(message, kNextVersion)) {
        return message;
    }
    Reader reader(message);
    reader.array(2);
    reader.skip();
    const Bytes inside = reader.binary(kMessageBytesMax);
    return reader.ok() ? inside : Bytes{};
}

}  // namespace memberd::sim
