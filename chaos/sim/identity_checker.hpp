// Who a member is and what is true of it: invariants I1 to I4 and I7.
//
// I1 ownership: nobody shows or says anything about a run with numbers above those that the run has
//    given itself.
// I2 monotone record: what an observer shows of a member never goes back: generation; left;
//    incarnation; state, where a suspicion of mode memberd counts as alive (PROTOCOL.md, Which
//    claim wins). Looked at after every change and after every message that says anything about
//    the member.
// I3 no resurrection: whoever was shown dead or left is shown alive again only with greater
//    numbers; also where the record was forgotten meanwhile, for as long as the death should be
//    remembered (the window of the timing).
// I4 self: a member never shows itself suspect or dead, and a claim that would make it so is
//    outdone before the call that heard it ends.
// I7 arithmetic: one's own numbers never fall, incarnations keep their limit, and no message
//    raises one held by more than kIncarnationJumpMax.
//
// Thread rule: one thread. Complexity: O(1) a change and an update.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "chaos/sim/engine_call.hpp"
#include "chaos/sim/violation.hpp"

namespace memberd::sim {

class IdentityChecker {
  public:
    IdentityChecker(const EngineConfig& config, const Ghosts& ghosts)
        : suspicion_is_evidence_(config.mode == Mode::Memberd),
          membership_(config.timing.membership),
          hold_max_(config.timing.membership.flapping.next),
          ghosts_(ghosts) {}

    void began(const Ghost& ghost);
    void ended(const Ghost& ghost);
    void judge(const EngineCall& call, Violations& violations);

    // From now on somebody forges claims: I1 holds no more.
    void allow_forgeries() { has_forger_ = true; }

  private:
    struct Burial {
        Claim claim;
        Instant since;
    };

    // What one run has shown.
    struct Memory {
        Claim own;
        std::unordered_map<std::uint64_t, Claim> shown;    // by name key; never iterated
        std::unordered_map<std::uint64_t, Burial> buried;  // by name key; never iterated
    };

    void judge_change(const EngineCall& call, const Change& change, Violations& violations);
    void judge_shown(const EngineCall& call,
                     std::uint64_t key,
                     std::string_view name,
                     Claim claim,
                     Violations& violations);
    void judge_order(const EngineCall& call,
                     std::string_view name,
                     const Claim& held,
                     const Claim& claim,
                     Violations& violations) const;
    void judge_return(const EngineCall& call,
                      std::uint64_t key,
                      std::string_view name,
                      const Claim& claim,
                      Violations& violations);
    void judge_heard(const EngineCall& call, Violations& violations);
    void judge_sent(const EngineCall& call, Violations& violations) const;
    void judge_own(const EngineCall& call, Violations& violations);
    void judge_accusation(const EngineCall& call,
                          const Claim& claim,
                          const Claim& own_before,
                          Violations& violations) const;
    void judge_ownership(const EngineCall& call,
                         std::string_view name,
                         const Claim& claim,
                         std::string_view verb,
                         Violations& violations) const;

    bool suspicion_is_evidence_;
    bool has_forger_ = false;
    MembershipTiming membership_;
    const Duration hold_max_;
    const Ghosts& ghosts_;
    std::vector<Memory> memories_;  // by run
};

}  // namespace memberd::sim
