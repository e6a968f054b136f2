#include <algorithm>
#include <set>

#include <fmt/core.h>

#include "chaos/sim/cluster.hpp"

namespace memberd::sim {
std::vector<Member> Cluster::up() const {
    std::vector<Member> result;
    for (Member member = 0; member < members_.size(); ++member) {
        if (is_ours(member) && is_up(member)) {
            result.push_back(member);
        }
    }
    return result;
}

Endpoint Cluster::endpoint(Member member) const {
    return endpoint_of(members_[member].address);
}

std::optional<MemberState> Cluster::state(Member observer, Member member) const {
    const auto view = world_.engine(observer).find(members_[member].name);
    return view ? std::optional(view->claim.state) : std::nullopt;
}

bool Cluster::everywhere(Member member, MemberState wanted) const {
    for (Member observer = 0; observer < members_.size(); ++observer) {
        if (observer != member && is_ours(observer) && is_up(observer) &&
            state(observer, member) != wanted) {
            return false;
        }
    }
    return true;
}

bool Cluster::all_live_everywhere() const {
    const std::vector<Member> running = up();
    for (const Member observer : running) {
        for (const Member member : running) {
            if (state(observer, member) != MemberState::Alive) {
                return false;
            }
        }
    }
    return true;
}

bool Cluster::all_see_all() const {
    const std::vector<Member> running = up();
    for (const Member observer : running) {
        const EngineStatus status = world_.engine(observer).status(now());
        if (status.alive != running.size() || status.suspect != 0) {
            return false;
        }
    }
    return all_live_everywhere();
}

bool Cluster::views_equal() const {
    std::optional<std::uint64_t> first;
    for (const Member member : up()) {
        const std::uint64_t digest = world_.engine(member).status(now()).view_digest;
        if (first.value_or(digest) != digest) {
            return false;
        }
        first = digest;
    }
    return true;
}

bool Cluster::ring_digests_equal() const {
    std::optional<std::uint64_t> first;
    for (const Member member : up()) {
        const std::uint64_t digest = world_.engine(member).status(now()).ring_digest;
        if (first.value_or(digest) != digest) {
            return false;
        }
        first = digest;
    }
    return true;
}

bool Cluster::expect_everywhere(Member member, MemberState wanted, Duration within) {
    return run_until([&] { return everywhere(member, wanted); }, within);
}

std::size_t Cluster::death_count(Member member) const {
    std::set<Member> observers;
    for (const Death& death : deaths()) {
        if (death.victim == member) {
            observers.insert(death.observer);
        }
    }
    return observers.size();
}

std::size_t Cluster::deaths_except(std::span<const Member> members) const {
    return static_cast<std::size_t>(
        std::count_if(deaths().begin(), deaths().end(), [&](const Death& death) {
            return std::find(members.begin(), members.end(), death.victim) == members.end();
        }));
}

std::optional<Instant> Cluster::first_death(Member member, Instant since) const {
    for (const Death& death : deaths()) {
        if (death.victim == member && death.at >= since) {
            return death.at;
        }
    }
    return std::nullopt;
}

std::optional<Instant> Cluster::last_death(Member member) const {
    for (auto death = deaths().rbegin(); death != deaths().rend(); ++death) {
        if (death->victim == member) {
            return death->at;
        }
    }
    return std::nullopt;
}

std::string Cluster::explain() const {
    std::string text;
    if (!violations().empty()) {
        const Violation& first = violations().front();
        text = fmt::format("{} at {:.3f} s: {}; replay: {}\n", first.invariant,
                           seconds(first.at - kBeginning), first.text, options_.replay);
    }
    text += fmt::format("after {:.3f} s, seed {}, n {}, mode {}: ", seconds(elapsed()),
                        options_.seed, options_.n, to_string(options_.mode));
    std::size_t shown = 0;
    for (const Member observer : up()) {
        for (Member member = 0; member < members_.size() && shown < 20; ++member) {
            const auto view = state(observer, member);
            const bool shows_live = view && !is_gone(*view);
            if (shows_live != (is_ours(member) && is_up(member)) || view == MemberState::Suspect) {
                ++shown;
                text += fmt::format("{} shows {} as {}; ", name(observer), name(member),
                                    view ? to_string(*view) : "unknown");
            }
        }
    }
    for (std::size_t i = 0; i < std::min<std::size_t>(deaths().size(), 10); ++i) {
        const Death& death = deaths()[i];
        text += fmt::format(
            "\n  {:.3f} s: {} says {} is dead{}{}", seconds(death.at - kBeginning),
            name(death.observer), death.victim == kNone ? "nobody" : name(death.victim),
            death.is_first_hand ? ", first hand" : "", death.is_false ? ", falsely" : "");
    }
    if (!options_.replay.empty()) {
        text += "\nreplay: " + options_.replay;
    }
    return text;
}

}  // namespace memberd::sim
