// The operations of a plan that happen to processes: deaths and starts, pauses, blocks, leaves.
//
// A timed operation ends only what it began: a pause inside a pause does nothing, and its end
// neither; a process that ended meanwhile is not resumed when it runs again.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "chaos/plan/plan.hpp"
#include "chaos/sim/cluster.hpp"

namespace memberd::sim {

class ProcessFaults {
  public:
    // The plan and the cluster must outlive this.
    ProcessFaults(const Plan& plan, Cluster& cluster);

    // Gives the members that operations add their numbers, without starting them.
    void reserve_members();

    // The operation at this place of the plan. False if it doesn't fit the present state, so that
    // nothing was done.
    bool begin(std::size_t operation);
    bool end(std::size_t operation);
    // Everybody who runs goes on; the seeds that don't run are started.
    void end_all();
    void start_seeds();
    // Who announced a restart is started, as it said; for when it has ended.
    void restart_announced();
    // Those that run and are not about to end themselves.
    [[nodiscard]] std::vector<Member> core() const;

    // The victim ran when it was declared dead, and if it stood still, not for longer than its
    // profile tolerates.
    [[nodiscard]] bool is_promised_to_live(const Death& death) const;

  private:
    [[nodiscard]] bool runs(Member member) const;
    [[nodiscard]] bool is_up(Member member) const;
    void forget_holds(Member member);
    void restart(Member member, DataDirectory state, Address address);
    bool pause(std::size_t operation);
    bool resume(Member member);
    bool block(std::size_t operation);
    bool unblock(Member member);
    bool slow(std::size_t operation);
    bool quicken(Member member);
    bool say_goodbye(const Operation& of);
    bool start(const Operation& of);
    bool set_tag(const Operation& of);
    bool forget(const Operation& of);

    const Plan& plan_;
    Cluster& cluster_;
    // Which operation holds whom, of those that still run.
    std::map<Member, std::size_t> paused_by_;
    std::map<Member, std::size_t> blocked_by_;
    std::map<Member, std::size_t> slowed_by_;
    std::set<Member> leaving_;    // will end by themselves, or have
    std::set<Member> announced_;  // of these, those who said they would be back
    std::map<Member, Instant> paused_at_;
};

// How long a healthy process may stand still without being declared dead, in mode memberd.
Duration tolerated_pause(TimingProfile profile);

}  // namespace memberd::sim
