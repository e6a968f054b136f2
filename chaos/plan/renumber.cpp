#include "chaos/plan/renumber.hpp"

#include <algorithm>
#include <map>
#include <vector>

namespace memberd::sim {
namespace {

using NewNumbers = std::map<Member, Member>;

NewNumbers numbers_of(const Plan& plan) {
    NewNumbers numbers;
    const auto add = [&](Member member) {
        numbers.emplace(member, static_cast<Member>(numbers.size()));
    };
    for (Member member = 0; member < plan.n; ++member) {
        if (!std::binary_search(plan.without.begin(), plan.without.end(), member)) {
            add(member);
        }
    }
    std::vector<Member> added;
    for (const Operation& of : plan.operations) {
        if (adds_member(of.kind)) {
            added.push_back(of.member);
        }
    }
    std::sort(added.begin(), added.end());
    for (const Member member : added) {
        add(member);
    }
    return numbers;
}

// False if it is about somebody who isn't there.
bool renumber(const NewNumbers& numbers, Operation& of) {
    const auto replace = [&](Field field, Member& member) {
        if (!has_field(of.kind, field)) {
            return true;
        }
        const auto found = numbers.find(member);
        if (found == numbers.end()) {
            return false;
        }
        member = found->second;
        return true;
    };
    for (std::vector<Member>& group : of.groups) {
        std::vector<Member> kept;
        for (const Member member : group) {
            const auto found = numbers.find(member);
            if (found != numbers.end()) {
                kept.push_back(found->second);
            }
        }
        group = std::move(kept);
    }
    return replace(Field::Who, of.member) && replace(Field::Other, of.other);
}

}  // namespace

Plan renumbered(const Plan& plan) {
    const NewNumbers numbers = numbers_of(plan);
    Plan result = plan;
    result.n = plan.n - plan.without.size();
    result.without.clear();
    result.drifts.clear();
    for (const auto& [member, ppm] : plan.drifts) {
        const auto found = numbers.find(member);
        if (found != numbers.end()) {
            result.drifts[found->second] = ppm;
        }
    }
    result.operations.clear();
    for (Operation of : plan.operations) {
        if (renumber(numbers, of)) {
            result.operations.push_back(std::move(of));
        }
    }
    return result;
}

}  // namespace memberd::sim
