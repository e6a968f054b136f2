#include "chaos/sim/message_checker.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "chaos/sim/history.hpp"
#include "chaos/sim/reencode.hpp"

namespace memberd::sim {
namespace {

// The limit of a message's size.
std::size_t bytes_max(const Message& message) {
    const bool is_probe =
        std::holds_alternative<Ping>(message.body) || std::holds_alternative<Ack>(message.body) ||
        std::holds_alternative<PingReq>(message.body) ||
        std::holds_alternative<Nack>(message.body) || std::holds_alternative<Alive>(message.body) ||
        std::holds_alternative<Suspicion>(message.body);
    return is_probe ? kProbeBytesMax : kMessageBytesMax;
}

bool is_same(Bytes a, Bytes b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace

void MessageChecker::read(const Ghost& ghost,
                          Instant now,
                          const Output& out,
                          std::vector<SentMessage>& sent,
                          Violations& violations) {
    sent.clear();
    for (const Send& send : out.sends) {
        SentMessage each{&send, out.bytes_of(send), {}};
        if (decode(each.bytes, each.message) != DecodeStatus::Ok) {
            violations.add(now, "I9",
                           fmt::format("{} sends {} bytes of type {} that are no message",
                                       ghost.name, each.bytes.size(), message_type(each.bytes)));
            continue;
        }
        // A flood says the same to all neighbours.
        if (sent.empty() || !is_same(sent.back().bytes, each.bytes)) {
            judge(ghost, now, each, violations);
        }
        sent.push_back(each);
    }
}

void MessageChecker::judge(const Ghost& ghost,
                           Instant now,
                           const SentMessage& sent,
                           Violations& violations) {
    const std::size_t type = message_type(sent.bytes);
    if (sent.bytes.size() > bytes_max(sent.message)) {
        violations.add(
            now, "I9",
            fmt::format("{} sends {} bytes of type {}", ghost.name, sent.bytes.size(), type));
    }
    if (!encodes_back(sent)) {
        violations.add(now, "I9",
                       fmt::format("{} sends {} bytes of type {} that encode to others", ghost.name,
                                   sent.bytes.size(), type));
    }
}

bool MessageChecker::encodes_back(const SentMessage& sent) {
    reencode(sent.message, encoded_);
    return is_same(encoded_, sent.bytes);
}

}  // namespace memberd::sim
