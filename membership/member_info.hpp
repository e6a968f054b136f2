// A member as applications see it: the Member document of LOCAL_API.md.
//
// Part of the client package. Thread rule: plain values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "detector/result.hpp"
#include "gossip/member.hpp"
#include "membership/local_protocol.hpp"
#include "membership/ring.hpp"

namespace memberd {

struct MemberInfo {
    std::string name;
    std::string id;       // of the run of its agent; 16 hex digits
    std::string address;  // "host:port"
    MemberState state = MemberState::Alive;
    std::uint64_t generation = 0;
    std::uint32_t incarnation = 0;
    std::string zone;
    std::uint32_t weight_milli = kRingWeightMilliOne;
    std::map<std::string, std::string> tags;
    Health health = Health::Ready;
    std::string since;  // RFC 3339, microseconds, UTC
    // Measurements of the observing agent, as of when this was made.
    std::optional<double> phi;
    std::optional<double> rtt_ms;

    bool operator==(const MemberInfo&) const = default;

    // Whether the ring holds it: suspicion takes nobody out.
    [[nodiscard]] bool is_on_ring() const {
        return state == MemberState::Alive || state == MemberState::Suspect;
    }
};

Document to_document(const MemberInfo& member);
Result<MemberInfo> member_from_document(const Document& document);
RingMember ring_member(const MemberInfo& member);

// Equal in all but measurements.
bool same_membership(const MemberInfo& a, const MemberInfo& b);

// 16 hex digits, as digests, hashes and ids are shown.
std::string hex16(std::uint64_t number);
std::optional<std::uint64_t> parse_hex16(std::string_view text);

}  // namespace memberd
