// What is claimed about a member, and which of two claims wins.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

namespace memberd {

// In the order in which claims with equal numbers beat one another: each beats those before it.
enum class MemberState : std::uint8_t {
    Alive,
    Suspect,
    Dead,
    Left
};

std::string_view to_string(MemberState state);

// Takes no part any more.
constexpr bool is_gone(MemberState state) {
    return state == MemberState::Dead || state == MemberState::Left;
}

// What a member says of its own readiness to serve; membership does not depend on it.
enum class Health : std::uint8_t {
    Ready,
    Draining,
    Unhealthy
};

std::string_view to_string(Health health);

// A statement about one run of one member. Only the member itself raises `generation` (with every
// start of its name) and `incarnation` (within a run, to refute or to change its attributes);
// others repeat its numbers with another state.
struct Claim {
    std::uint64_t instance = 0;  // random, of this run; never 0
    std::uint64_t generation = 0;
    std::uint32_t incarnation = 0;
    MemberState state = MemberState::Alive;

    bool operator==(const Claim&) const = default;
};

// Refused on the wire: a number that leaves no room to be raised above it, and a jump that no
// honest member makes in one message. A member whose incarnation reaches the limit starts a new
// generation.
inline constexpr std::uint64_t kGenerationMax = std::uint64_t{1} << 48;
inline constexpr std::uint32_t kIncarnationMax = std::uint32_t{1} << 31;
inline constexpr std::uint32_t kIncarnationJumpMax = std::uint32_t{1} << 20;

enum class Verdict : std::uint8_t {
    Newer,     // the heard claim replaces the held one
    Same,      // both say the same
    Older,     // the held claim stands; whoever said the other should be told
    Conflict,  // two runs carry one name and one generation, and not both are over: never merged
};

// The one rule of truth (SWIM section 4.2, extended by generations and by leaving): generation
// first; within one, another instance is a conflict, left beats all, then the incarnation decides,
// then dead beats suspect beats alive. Of two runs of one generation that are both over, the one
// with the greater instance is remembered: nobody is left who would raise its generation to end the
// conflict. Pure.
Verdict compare(const Claim& held, const Claim& heard);

}  // namespace memberd
