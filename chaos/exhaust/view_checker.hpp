// What one run shows of all members, looked at after every call: invariants I2 and I3, and of I4
// that a member never shows itself as gone or accused.
//
// Beside IdentityChecker, which follows the changes that an engine announces: here the whole view
// is read and compared with the one before, so that a change that nobody announces counts too.
// Stricter than the invariant where exhaustive runs allow it: nobody leaves, no window ends.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "chaos/exhaust/facts.hpp"
#include "chaos/sim/violation.hpp"

namespace memberd::sim {

// What is shown of one process.
struct ShownMember {
    RunOf of;  // {kNone, 0}: no run that ever was
    Claim claim;
};

class ViewChecker {
  public:
    ViewChecker(const Facts& facts, ProcessId process) : facts_(facts), process_(process) {}

    // Of a new run nothing was shown before.
    void began();
    // Reads what is shown now; the answer lives until the next call.
    const std::vector<ShownMember>& judge(Instant now,
                                          const Engine& engine,
                                          Violations& violations);

  private:
    struct Memory {
        std::optional<Claim> shown;  // the last, also where it is not listed any more
        std::optional<Claim> buried;
    };

    void judge_other(Instant now, ProcessId member, Claim claim, Violations& violations);
    void judge_self(Instant now, const Claim& claim, Violations& violations);

    const Facts& facts_;
    ProcessId process_;
    std::array<Memory, kExhaustMembersMax> memories_;
    Claim own_;
    std::vector<ShownMember> view_;
};

}  // namespace memberd::sim
