#include "gossip/member.hpp"

namespace memberd {
namespace {

template <typename T>
Verdict by_order(const T& held, const T& heard) {
    if (heard == held) {
        return Verdict::Same;
    }
    return heard > held ? Verdict::Newer : Verdict::Older;
}

}  // namespace

std::string_view to_string(MemberState state) {
    switch (state) {
        case MemberState::Alive:
            return "alive";
        case MemberState::Suspect:
            return "suspect";
        case MemberState::Dead:
            return "dead";
        case MemberState::Left:
            return "left";
    }
    return "unknown";
}

std::string_view to_string(Health health) {
    switch (health) {
        case Health::Ready:
            return "ready";
        case Health::Draining:
            return "draining";
        case Health::Unhealthy:
            return "unhealthy";
    }
    return "unknown";
}

Verdict compare(const Claim& held, const Claim& heard) {
    if (held.generation != heard.generation) {
        return by_order(held.generation, heard.generation);
    }
    if (held.instance != heard.instance) {
        return is_gone(held.state) && is_gone(heard.state) ? by_order(held.instance, heard.instance)
                                                           : Verdict::Conflict;
    }
    const bool held_left = held.state == MemberState::Left;
    const bool heard_left = heard.state == MemberState::Left;
    if (held_left != heard_left) {
        return by_order(held_left, heard_left);
    }
    if (held.incarnation != heard.incarnation) {
        return by_order(held.incarnation, heard.incarnation);
    }
    return by_order(held.state, heard.state);
}

}  // namespace memberd
