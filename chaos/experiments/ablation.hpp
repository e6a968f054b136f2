// The parts of the detection rule of mode memberd that can be left out, to see what each is worth.
//
// Each is expressed by the constants of Timing, so that agent and simulator run the same code; the
// invariants are checked against the constants that are left.
#pragma once

#include <span>
#include <string_view>

#include "detector/result.hpp"
#include "detector/timing.hpp"

namespace memberd::sim {

struct Part {
    std::string_view name;
    std::string_view what;
    void (*leave_out)(Timing& timing);
};

std::span<const Part> rule_parts();

// Names with commas between them; an unknown one is BadInput, and nothing was changed.
Status leave_out(Timing& timing, std::string_view names);

}  // namespace memberd::sim
