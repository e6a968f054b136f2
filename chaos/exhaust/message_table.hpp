// The messages that were ever sent in an exhaustive run, each content once.
//
// Two messages with the same bytes for the same receiver on the same connection are one: whoever
// hears one or the other does the same. Ids follow from the order of discovery and mean nothing.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "chaos/exhaust/facts.hpp"
#include "gossip/transport.hpp"

namespace memberd::sim {

using MessageId = std::uint32_t;
inline constexpr MessageId kNoMessage = 0xffffffff;

// What a message says about one run of a member.
struct SaidClaim {
    RunOf of;
    Numbers numbers;
};

struct CarriedMessage {
    RunOf from;
    ProcessId to = kNone;
    std::uint32_t to_run = 0;  // an answer goes to the run that asked; 0: to whoever lives there
    ReplyToken token = 0;      // 0: it is an answer
    std::vector<std::uint8_t> bytes;
    std::size_t type = 0;
    std::vector<SaidClaim> claims;
};

class MessageTable {
  public:
    explicit MessageTable(const Facts& facts) : facts_(facts) {}

    // Takes what the engine of that run wants sent; kNoMessage if that leads nowhere.
    MessageId take(RunOf from, const Send& send, Bytes bytes);

    [[nodiscard]] const CarriedMessage& operator[](MessageId id) const { return messages_[id]; }

    [[nodiscard]] std::size_t size() const { return messages_.size(); }

  private:
    void read_claims(CarriedMessage& message) const;

    const Facts& facts_;
    std::vector<CarriedMessage> messages_;
    // By a hash of all of it but the claims; what is equal is compared. Never iterated.
    std::unordered_multimap<std::uint64_t, MessageId> by_hash_;
};

}  // namespace memberd::sim
