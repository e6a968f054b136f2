// Turns what the engine announces into numbered events, and keeps the view and the ring that
// follow from them.
//
// One event a change, in the order of the changes. The ring is renewed once a turn of the loop,
// after the changes of that turn, so a burst of joins costs one ring. Thread rule: one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gossip/engine.hpp"
#include "gossip/output.hpp"
#include "gossip/profile_pool.hpp"
#include "membership/os_clock.hpp"
#include "membership/ring.hpp"
#include "membership/view.hpp"

namespace memberd {

class Recorder {
  public:
    // `epoch` is random, of this run of the agent, not 0 and at most local::kEpochMax.
    explicit Recorder(std::uint64_t epoch);

    // Appends the event of a change. The observation is what the engine has measured of the member.
    void record(const Change& change,
                const ProfilePool& pool,
                const std::optional<Observation>& observation,
                WallTime wall,
                std::vector<Event>& events);

    // Appends the event of a link to a member; nothing where none of that name is listed.
    void record_link(std::string_view name,
                     LinkCondition condition,
                     WallTime wall,
                     std::vector<Event>& events);

    // Appends the ring events of the changes since the last call, if the ring's digest changed.
    // O(members + points) then, else O(1).
    void renew_ring(WallTime wall, std::vector<Event>& events);

    [[nodiscard]] const View& view() const { return view_; }

    [[nodiscard]] const Ring& ring() const { return ring_; }

  private:
    void announce(Event event, WallTime wall, std::vector<Event>& events);
    void note_ring(const MemberInfo& member, bool is_gone);

    View view_;
    Ring ring_;
    std::map<std::string, RingMember> ring_put_;
    std::set<std::string> ring_removed_;
};

// The member as applications see it; `since` is left empty.
MemberInfo member_info(const Claim& claim, const Profile& profile);

void add_observation(MemberInfo& member, const std::optional<Observation>& observation);

}  // namespace memberd
