#include "gossip/codec.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

#include "gossip/codec_elements.hpp"

namespace memberd {
namespace {

using wire::read_elements;
using wire::Reader;

EncodedList<SyncItem> read_items(Reader& reader) {
    return read_elements<SyncItem>(reader, reader.array(kSyncItemCountMax));
}

// The known elements of a body, and how many they are.
struct BodyReader {
    Reader& reader;
    Message& message;

    std::uint32_t operator()(MessageType type) {
        switch (type) {
            case MessageType::Ping: {
                const std::uint32_t sequence = read_u32(reader);
                message.body = Ping{sequence, reader.boolean()};
                return 2;
            }
            case MessageType::Ack: {
                const std::uint32_t sequence = read_u32(reader);
                message.body = Ack{sequence, read_u32(reader)};
                return 2;
            }
            case MessageType::PingReq:
                message.body = ping_req();
                return 4;
            case MessageType::Nack:
                message.body = Nack{read_u32(reader)};
                return 1;
            case MessageType::Alive:
                message.body = alive();
                return 5;
            case MessageType::Gossip:
                message.body = Gossip{};
                return 0;
            case MessageType::Suspicion:
                message.body = Suspicion{
                    read_elements<SuspicionEntry>(reader, reader.array(kSuspicionCountMax))};
                return 1;
            case MessageType::Join: {
                const std::string_view cluster = reader.text(kClusterBytesMax);
                message.body = Join{cluster, read_items(reader)};
                return 2;
            }
            case MessageType::Welcome:
                message.body = Welcome{read_items(reader)};
                return 1;
            case MessageType::Sync:
                message.body = Sync{read_items(reader)};
                return 1;
            case MessageType::Leave:
                message.body = Leave{read_u32(reader)};
                return 1;
            case MessageType::LeaveAck:
                message.body = LeaveAck{read_u32(reader)};
                return 1;
            case MessageType::EvidenceRequest: {
                const std::uint64_t cookie = read_u64(reader);
                message.body = EvidenceRequest{cookie, read_name(reader)};
                return 2;
            }
            case MessageType::Evidence: {
                const std::uint64_t cookie = read_u64(reader);
                message.body = Evidence{
                    cookie, read_elements<EvidenceItem>(reader, reader.array(kEvidenceCountMax))};
                return 2;
            }
            case MessageType::Refuse:
                break;  // Has a layout of its own, see read_refuse().
        }
        reader.fail();
        return 0;
    }

    PingReq ping_req() {
        PingReq body;
        body.sequence = read_u32(reader);
        body.subject = read_name(reader);
        body.subject_instance = read_instance(reader);
        body.age_ms = read_u32(reader);
        return body;
    }

    Alive alive() {
        Alive body;
        body.subject = read_name(reader);
        body.subject_instance = read_instance(reader);
        body.sequence = read_u32(reader);
        body.age_ms = read_u32(reader);
        body.answered = read_u32(reader);
        return body;
    }
};

constexpr auto kLastType = static_cast<std::uint8_t>(MessageType::Evidence);

std::size_t bytes_max(MessageType type) {
    switch (type) {
        case MessageType::Ping:
        case MessageType::Ack:
        case MessageType::PingReq:
        case MessageType::Nack:
        case MessageType::Alive:
        case MessageType::Suspicion:
        case MessageType::EvidenceRequest:
            return kProbeBytesMax;
        case MessageType::Evidence:
            return kEvidenceBytesMax;
        case MessageType::Gossip:
        case MessageType::Join:
        case MessageType::Welcome:
        case MessageType::Refuse:
        case MessageType::Sync:
        case MessageType::Leave:
        case MessageType::LeaveAck:
            return kMessageBytesMax;
    }
    return 0;
}

void read_envelope(Reader& reader, Envelope& envelope) {
    envelope.cluster = read_u32(reader);
    envelope.name = read_name(reader);
    envelope.instance = read_instance(reader);
    envelope.generation = read_generation(reader);
    envelope.incarnation = read_incarnation(reader);
    envelope.view_digest = read_u64(reader);
    envelope.ring_digest = read_u64(reader);
}

// Of any version, behind version and type.
void read_refuse(Reader& reader, std::uint64_t version, Message& message) {
    Refuse refuse;
    refuse.version = version;
    const std::uint64_t code = reader.unsigned_integer(0xff);
    if (code == 0) {
        reader.fail();
    }
    refuse.code = static_cast<RefuseCode>(code);
    refuse.number = read_u64(reader);
    refuse.cluster = reader.text(kClusterBytesMax);
    refuse.reason = reader.text(kReasonBytesMax);
    message.envelope = {};
    message.body = refuse;
    message.updates = {};
}

// Body and updates of a message of this version and of a known type.
void read_contents(Reader& reader, MessageType type, Message& message) {
    const std::uint32_t elements = reader.array(kElementCountMax);
    const std::uint32_t known = BodyReader{reader, message}(type);
    if (elements < known) {
        reader.fail();
        return;
    }
    skip_appended(reader, elements - known);
    message.updates = read_elements<Update>(reader, reader.array(kUpdateCountMax));
}

constexpr std::uint32_t kRefuseElements = 6;
constexpr std::uint32_t kMessageElements = 11;

}  // namespace

std::uint32_t to_wire_ms(Duration duration) {
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(duration).count();
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(ms, 0, 0x7fffffff));
}

DecodeStatus decode(Bytes bytes, Message& message) {
    if (bytes.size() > kMessageBytesMax) {
        return DecodeStatus::Malformed;
    }
    Reader reader(bytes);
    const std::uint32_t elements = reader.array(kElementCountMax);
    const std::uint64_t version = read_u64(reader);
    // Another version's type may be of any kind; the Refuse of every version has the same one.
    Reader ahead = reader;
    const std::uint64_t type = ahead.unsigned_integer(std::numeric_limits<std::uint64_t>::max());
    const bool is_refuse = type == static_cast<std::uint8_t>(MessageType::Refuse);
    if (version == kProtocolVersion) {
        reader = ahead;
    } else {
        reader.skip();
    }

    DecodeStatus status = DecodeStatus::Ok;
    std::uint32_t known = 2;
    if (is_refuse) {
        known = kRefuseElements;
        read_refuse(reader, version, message);
    } else if (version != kProtocolVersion) {
        status = DecodeStatus::OtherVersion;
    } else if (type == 0 || type > kLastType) {
        status = DecodeStatus::UnknownType;
        known = 9;
        read_envelope(reader, message.envelope);
    } else {
        known = kMessageElements;
        read_envelope(reader, message.envelope);
        read_contents(reader, static_cast<MessageType>(type), message);
        if (bytes.size() > bytes_max(static_cast<MessageType>(type))) {
            reader.fail();
        }
    }
    if (elements < known) {
        return DecodeStatus::Malformed;
    }
    // What no one here understands is still walked over: only whole messages are answered.
    skip_appended(reader, elements - known);
    return reader.ok() && reader.at_end() ? status : DecodeStatus::Malformed;
}

}  // namespace memberd
