#include "chaos/plan/draft.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace memberd::sim {

std::uint64_t Draft::length_ms() const {
    return static_cast<std::uint64_t>(plan.faults_end / std::chrono::milliseconds(1));
}

Operation& Draft::add(OperationKind kind, std::uint64_t at_ms, Member member) {
    Operation of;
    of.kind = kind;
    of.at = std::chrono::milliseconds(std::min(at_ms, length_ms()));
    of.member = member;
    plan.operations.push_back(std::move(of));
    return plan.operations.back();
}

std::uint64_t draw(Random& random, std::uint64_t low, std::uint64_t high) {
    return low + random.below(high - low + 1);
}

std::uint64_t draw_wide(Random& random, std::uint64_t low, std::uint64_t high) {
    const auto doublings = static_cast<std::uint64_t>(std::bit_width(high / low) - 1);
    const std::uint64_t from = low << random.below(doublings + 1);
    return draw(random, from, std::min(2 * from - 1, high));
}

Duration draw_wide_ms(Random& random, std::uint64_t low_ms, std::uint64_t high_ms) {
    return std::chrono::milliseconds(draw_wide(random, low_ms, high_ms));
}

double draw_share(Random& random, double max) {
    const auto thousandths = static_cast<std::uint64_t>(max * 1000.0);
    return static_cast<double>(draw_wide(random, 1, std::max<std::uint64_t>(thousandths, 1))) /
           1000.0;
}

Member draw_member(Random& random, const Draft& draft) {
    return static_cast<Member>(random.below(member_count(draft.plan)));
}

Direction draw_direction(Random& random) {
    constexpr std::array kAll{Direction::Both, Direction::Ingress, Direction::Egress};
    return kAll[random.below(kAll.size())];
}

std::uint64_t draw_time_ms(Random& random, const Draft& draft) {
    return random.below(draft.length_ms());
}

}  // namespace memberd::sim
