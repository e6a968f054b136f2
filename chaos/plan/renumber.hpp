// Dense numbers for the members of a plan that has lost some.
#pragma once

#include "chaos/plan/plan.hpp"

namespace memberd::sim {

// The same plan with `without` empty and numbers without gaps: it reads more easily, but chance
// goes other ways, so it may not fail as the other did. Operations on members that never were are
// gone.
Plan renumbered(const Plan& plan);

}  // namespace memberd::sim
