// A plan in the making, and the draws that the kinds of faults share.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "chaos/plan/plan.hpp"
#include "detector/random.hpp"

namespace memberd::sim {

struct Draft {
    Plan plan;
    // Within what mode memberd promises.
    bool is_mild = false;

    [[nodiscard]] std::uint64_t length_ms() const;
    Operation& add(OperationKind kind, std::uint64_t at_ms, Member member = 0);
};

// From low to at most high, every doubling as likely as every other. Requires 0 < low <= high.
std::uint64_t draw_wide(Random& random, std::uint64_t low, std::uint64_t high);
// Uniform, both ends included.
std::uint64_t draw(Random& random, std::uint64_t low, std::uint64_t high);
Duration draw_wide_ms(Random& random, std::uint64_t low_ms, std::uint64_t high_ms);
// A thousandth at least.
double draw_share(Random& random, double max);
Member draw_member(Random& random, const Draft& draft);
Direction draw_direction(Random& random);
std::uint64_t draw_time_ms(Random& random, const Draft& draft);

// One kind of fault.
struct FaultKind {
    std::string_view name;
    bool is_ever_mild;
    void (*add)(Draft& draft, Random& random);
};

// In the order in which they are applied: who joins must be known before who is hit.
std::span<const FaultKind> process_fault_kinds();
std::span<const FaultKind> network_fault_kinds();

}  // namespace memberd::sim
