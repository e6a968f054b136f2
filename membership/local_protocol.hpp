// The messages between an agent and the programs on its machine: LOCAL_API.md as code, for both
// ends.
//
// Every decoder first checks the whole of the bytes (size, nesting, kinds, UTF-8) and only then
// builds a document, so garbage costs a scan and no recursion without bound. Nothing here throws
// or touches a socket. Thread rule: pure functions. This header is part of the client package.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "detector/result.hpp"
#include "membership/msgpack_scan.hpp"

namespace memberd {

// Keys keep the order in which they were written, so that what is printed reads as it was meant.
using Document = nlohmann::ordered_json;

// Nothing if there is no such key.
const Document* value_of(const Document& document, const char* key);

namespace local {

inline constexpr std::uint64_t kApiVersion = 1;
inline constexpr std::uint64_t kRequestIdMax = (std::uint64_t{1} << 63) - 1;
// Epochs stay exact in languages whose numbers are doubles.
inline constexpr std::uint64_t kEpochMax = (std::uint64_t{1} << 53) - 1;

using MessageBytes = std::vector<std::uint8_t>;
enum class ReplyStatus : std::uint8_t {
    Ok,
    More,
    Error
};

std::string_view to_string(ReplyStatus status);

struct Request {
    std::uint64_t id = 0;
    std::string op;
    Document arguments = Document::object();
};

struct Reply {
    std::uint64_t id = 0;
    ReplyStatus status = ReplyStatus::Ok;
    Document payload;
};

enum class PublicationKind : std::uint8_t {
    Event,
    Heartbeat,
    Unknown,  // of a later version: to be ignored
};

// (The tool takes the checks inside of Document's move for exceptions.)
struct Publication {  // NOLINT(bugprone-exception-escape)
    PublicationKind kind = PublicationKind::Unknown;
    std::uint64_t epoch = 0;
    std::uint64_t seq = 0;
    Document event;  // of kind Event
};

// The value, or BadInput. Checks with is_acceptable first.
Result<Document> decode_document(MessageView bytes);

MessageBytes encode(const Request& request);
MessageBytes encode(const Reply& reply);
MessageBytes encode_event(std::uint64_t epoch, std::uint64_t seq, const Document& event);
MessageBytes encode_heartbeat(std::uint64_t epoch, std::uint64_t seq);

// The text of the Error is fit for a `bad_request` reply. `request_id` is set as soon as it is
// known.
Result<Request> decode_request(MessageView bytes, std::uint64_t& request_id);
Result<Reply> decode_reply(MessageView bytes);
Result<Publication> decode_publication(MessageView bytes);

Document error_payload(std::string_view code, std::string_view message);

// The encoded pages of an "ok" reply, one mostly. The array that is cut is the document itself, or
// the value of its key `array_key`; everything else of it must fit in one page together with any
// one element.
std::vector<MessageBytes> encode_pages(std::uint64_t request_id,
                                       const Document& document,
                                       std::string_view array_key = {});

// Puts the next page behind what has been put together so far (nil at the start).
void append_page(Document& whole, Document page);

// Where an agent's sockets are.
std::string control_path(const std::string& runtime_dir);
std::string events_path(const std::string& runtime_dir);
// "ipc://" and the path.
std::string endpoint_of_path(const std::string& path);
// sun_path holds 107 characters and a zero; longer paths can't be bound or connected to. Error with
// one sentence that names the path.
Status check_runtime_dir_length(const std::string& runtime_dir);
// The default of interface: /run/memberd for root, else $XDG_RUNTIME_DIR/memberd, else
// /tmp/memberd-UID. Reads the environment.
std::string default_runtime_dir();

}  // namespace local
}  // namespace memberd
