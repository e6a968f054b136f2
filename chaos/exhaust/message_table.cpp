#include "chaos/exhaust/message_table.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>

#include "chaos/sim/history.hpp"
#include "detector/random.hpp"
#include "gossip/codec.hpp"
#include "gossip/output.hpp"

namespace memberd::sim {
namespace {

std::uint64_t hash_of(const CarriedMessage& message) {
    const auto* const data = reinterpret_cast<const char*>(message.bytes.data());
    const std::uint64_t place = std::uint64_t{message.to} << 32U | message.to_run;
    return mix64(std::hash<std::string_view>{}({data, message.bytes.size()}) ^ mix64(place) ^
                 mix64(message.token));
}

bool is_equal(const CarriedMessage& one, const CarriedMessage& other) {
    return one.to == other.to && one.to_run == other.to_run && one.token == other.token &&
           one.bytes == other.bytes;
}

}  // namespace

MessageId MessageTable::take(RunOf from, const Send& send, Bytes bytes) {
    CarriedMessage message;
    message.from = from;
    if (send.reply_to != 0) {
        const RunOf asker = Facts::asker_of(send.reply_to);
        message.to = asker.process;
        message.to_run = asker.run;
    } else {
        message.to = facts_.process_at(send.to);
        message.token = Facts::token_of(from.process, from.run);
    }
    if (message.to == kNone) {
        return kNoMessage;
    }
    message.bytes.assign(bytes.begin(), bytes.end());
    const std::uint64_t hash = hash_of(message);
    const auto [begin, end] = by_hash_.equal_range(hash);
    const auto known = std::find_if(
        begin, end, [&](const auto& entry) { return is_equal(messages_[entry.second], message); });
    if (known != end) {
        return known->second;
    }
    message.type = message_type(bytes);
    read_claims(message);
    const auto id = static_cast<MessageId>(messages_.size());
    messages_.push_back(std::move(message));
    by_hash_.emplace(hash, id);
    return id;
}

void MessageTable::read_claims(CarriedMessage& message) const {
    Message decoded;
    if (decode(message.bytes, decoded) != DecodeStatus::Ok ||
        std::holds_alternative<Refuse>(decoded.body)) {
        return;
    }
    const Envelope& envelope = decoded.envelope;
    message.claims.push_back(
        {facts_.run_of(envelope.instance), {envelope.generation, envelope.incarnation}});
    Update update;
    for (ListCursor<Update> cursor(decoded.updates); cursor.next(update);) {
        message.claims.push_back({facts_.run_of(update.claim.instance), numbers_of(update.claim)});
    }
}

}  // namespace memberd::sim
