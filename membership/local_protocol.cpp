#include "membership/local_protocol.hpp"

#include <cstdlib>
#include <optional>
#include <unistd.h>
#include <utility>

#include "detector/check.hpp"

namespace memberd {

const Document* value_of(const Document& document, const char* key) {
    const auto found = document.find(key);
    return found == document.end() ? nullptr : &*found;
}

namespace local {
namespace {

constexpr std::size_t kSocketPathBytesMax = 107;
// Room for the envelope of a reply: array, version, id, status.
constexpr std::size_t kEnvelopeBytesMax = 32;

void append(MessageBytes& bytes, const MessageBytes& more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
}

MessageBytes encode_document(const Document& document) {
    return Document::to_msgpack(document);
}

void append_array32(MessageBytes& bytes, std::uint32_t count) {
    bytes.push_back(0xdd);
    for (const int shift : {24, 16, 8, 0}) {
        bytes.push_back(static_cast<std::uint8_t>(count >> shift & 0xff));
    }
}

// [1, id, status, and the payload follows.
MessageBytes reply_head(std::uint64_t id, ReplyStatus status) {
    MessageBytes bytes{0x94};
    append(bytes, encode_document(kApiVersion));
    append(bytes, encode_document(id));
    append(bytes, encode_document(to_string(status)));
    return bytes;
}

enum class Page : std::uint8_t {
    First,
    Later,
};

// What stands before the elements of the cut array in a page: the other keys of the map. Their
// arrays are whole in the first page and empty in later ones, since readers append them.
MessageBytes page_prefix(const Document& document, std::string_view array_key, Page page) {
    if (array_key.empty()) {
        return {};
    }
    MEMBERD_CHECK(document.is_object() && document.size() <= 15, "a document with few keys");
    MessageBytes bytes{static_cast<std::uint8_t>(0x80 | document.size())};
    for (const auto& [key, value] : document.items()) {
        if (key != array_key) {
            append(bytes, encode_document(key));
            const bool is_said = page == Page::Later && value.is_array();
            append(bytes, encode_document(is_said ? Document::array() : value));
        }
    }
    append(bytes, encode_document(array_key));
    return bytes;
}

std::optional<std::uint64_t> unsigned_of(const Document& value) {
    if (!value.is_number_unsigned()) {
        return std::nullopt;
    }
    return value.get<std::uint64_t>();
}

Error bad(std::string text) {
    return Error{ErrorCode::BadInput, std::move(text)};
}

bool is_message(const Document& message, std::size_t size_min) {
    return message.is_array() && message.size() >= size_min && unsigned_of(message[0]);
}

}  // namespace

std::string_view to_string(ReplyStatus status) {
    switch (status) {
        case ReplyStatus::Ok:
            return "ok";
        case ReplyStatus::More:
            return "more";
        case ReplyStatus::Error:
            return "error";
    }
    return "";
}

Result<Document> decode_document(MessageView bytes) {
    if (!is_acceptable(bytes)) {
        return bad("not one MessagePack value within the limits of the local API");
    }
    Document document = Document::from_msgpack(bytes.begin(), bytes.end(), true, false);
    if (document.is_discarded()) {
        return bad("not MessagePack");
    }
    return document;
}

MessageBytes encode(const Request& request) {
    return encode_document(
        Document::array({kApiVersion, request.id, request.op, request.arguments}));
}

MessageBytes encode(const Reply& reply) {
    MessageBytes bytes = reply_head(reply.id, reply.status);
    append(bytes, encode_document(reply.payload));
    return bytes;
}

MessageBytes encode_event(std::uint64_t epoch, std::uint64_t seq, const Document& event) {
    return encode_document(Document::array({kApiVersion, "event", epoch, seq, event}));
}

MessageBytes encode_heartbeat(std::uint64_t epoch, std::uint64_t seq) {
    return encode_document(Document::array({kApiVersion, "heartbeat", epoch, seq}));
}

Result<Request> decode_request(MessageView bytes, std::uint64_t& request_id) {
    request_id = 0;
    Result<Document> decoded = decode_document(bytes);
    if (!decoded) {
        return decoded.error();
    }
    const Document& message = *decoded;
    if (!is_message(message, 2)) {
        return bad("a request is an array [1, request_id, op, arguments]");
    }
    const auto id = unsigned_of(message[1]);
    if (!id || *id > kRequestIdMax) {
        return bad("request_id must be an unsigned integer below 2^63");
    }
    request_id = *id;
    if (message[0] != kApiVersion) {
        return bad("this agent speaks version 1 of the local API");
    }
    if (message.size() < 4 || !message[2].is_string() || !message[3].is_object()) {
        return bad(
            "a request is an array [1, request_id, op, arguments], op a string, arguments a map");
    }
    return Request{*id, message[2].get<std::string>(), message[3]};
}

Result<Reply> decode_reply(MessageView bytes) {
    Result<Document> decoded = decode_document(bytes);
    if (!decoded) {
        return decoded.error();
    }
    Document& message = *decoded;
    if (!is_message(message, 4) || message[0] != kApiVersion || !unsigned_of(message[1]) ||
        !message[2].is_string()) {
        return bad("not a reply of version 1 of the local API");
    }
    const auto status = message[2].get<std::string>();
    for (const ReplyStatus known : {ReplyStatus::Ok, ReplyStatus::More, ReplyStatus::Error}) {
        if (status == to_string(known)) {
            return Reply{message[1].get<std::uint64_t>(), known, std::move(message[3])};
        }
    }
    return bad("a reply of unknown status");
}

Result<Publication> decode_publication(MessageView bytes) {
    Result<Document> decoded = decode_document(bytes);
    if (!decoded) {
        return decoded.error();
    }
    Document& message = *decoded;
    if (!is_message(message, 2) || message[0] != kApiVersion || !message[1].is_string()) {
        return bad("not a publication of version 1 of the local API");
    }
    Publication publication;
    const auto kind = message[1].get<std::string>();
    if (kind != "event" && kind != "heartbeat") {
        return publication;
    }
    publication.kind = kind == "event" ? PublicationKind::Event : PublicationKind::Heartbeat;
    const bool is_event = publication.kind == PublicationKind::Event;
    if (message.size() < (is_event ? 5U : 4U) || !unsigned_of(message[2]) ||
        !unsigned_of(message[3]) || (is_event && !message[4].is_object())) {
        return bad("not a publication of version 1 of the local API");
    }
    publication.epoch = message[2].get<std::uint64_t>();
    publication.seq = message[3].get<std::uint64_t>();
    if (is_event) {
        publication.event = std::move(message[4]);
    }
    return publication;
}

Document error_payload(std::string_view code, std::string_view message) {
    return Document{{"code", code}, {"message", message}};
}

std::vector<MessageBytes> encode_pages(std::uint64_t request_id,
                                       const Document& document,
                                       std::string_view array_key) {
    const Document& elements = array_key.empty() ? document : document.at(std::string(array_key));
    if (!elements.is_array()) {
        return {encode(Reply{request_id, ReplyStatus::Ok, document})};
    }
    MessageBytes prefix = page_prefix(document, array_key, Page::First);
    const std::size_t room = kMessageBytesMax - kEnvelopeBytesMax - prefix.size();
    std::vector<MessageBytes> pages;
    MessageBytes page;
    std::uint32_t count = 0;
    const auto finish = [&](ReplyStatus status) {
        MessageBytes bytes = reply_head(request_id, status);
        append(bytes, prefix);
        append_array32(bytes, count);
        append(bytes, page);
        if (pages.empty() && status == ReplyStatus::More) {
            prefix = page_prefix(document, array_key, Page::Later);
        }
        pages.push_back(std::move(bytes));
        page.clear();
        count = 0;
    };
    MessageBytes encoded;
    for (const Document& element : elements) {
        encoded.clear();
        Document::to_msgpack(element, encoded);
        MEMBERD_CHECK(encoded.size() <= room, "an element of a reply fits in a page");
        if (page.size() + encoded.size() > room) {
            finish(ReplyStatus::More);
        }
        append(page, encoded);
        ++count;
    }
    finish(ReplyStatus::Ok);
    return pages;
}

void append_page(Document& whole, Document page) {
    if (whole.is_array() && page.is_array()) {
        for (Document& element : page) {
            whole.push_back(std::move(element));
        }
        return;
    }
    if (whole.is_object() && page.is_object()) {
        for (auto& [key, value] : page.items()) {
            Document& kept = whole[key];
            if (kept.is_array() && value.is_array()) {
                append_page(kept, std::move(value));
            } else {
                kept = std::move(value);
            }
        }
        return;
    }
    whole = std::move(page);
}

std::string control_path(const std::string& runtime_dir) {
    return runtime_dir + "/control.sock";
}

std::string events_path(const std::string& runtime_dir) {
    return runtime_dir + "/events.sock";
}

std::string endpoint_of_path(const std::string& path) {
    return "ipc://" + path;
}

Status check_runtime_dir_length(const std::string& runtime_dir) {
    const std::string path = control_path(runtime_dir);
    if (path.size() <= kSocketPathBytesMax) {
        return Status();
    }
    return Error{ErrorCode::TooLarge,
                 "the path of the socket " + path + " is " + std::to_string(path.size()) +
                     " bytes long and may have " + std::to_string(kSocketPathBytesMax) +
                     "; choose a shorter --runtime-dir"};
}

std::string default_runtime_dir() {
    const uid_t uid = geteuid();
    if (uid == 0) {
        return "/run/memberd";
    }
    // Nothing here sets variables while threads run.
    const char* base = std::getenv("XDG_RUNTIME_DIR");  // NOLINT(concurrency-mt-unsafe)
    if (base != nullptr && *base == '/') {
        return std::string(base) + "/memberd";
    }
    return "/tmp/memberd-" + std::to_string(uid);
}

}  // namespace local
}  // namespace memberd
