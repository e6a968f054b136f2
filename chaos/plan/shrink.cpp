#include "chaos/plan/shrink.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "chaos/plan/renumber.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

class Shrinking {
  public:
    Shrinking(const Plan& plan, const StillFails& still_fails, const OutOfTime& out_of_time)
        : best_(plan),
          still_fails_(still_fails),
          out_of_time_(out_of_time) {}

    Plan run() {
        bool helped = true;
        while (helped && !out_of_time_()) {
            helped = fewer_operations();
            helped = fewer_members() || helped;
            helped = simpler_cluster() || helped;
            helped = shorter_times() || helped;
            helped = simpler_values() || helped;
        }
        try_plan(renumbered(best_));
        return best_;
    }

  private:
    // Keeps the attempt if it is sound and fails alike.
    bool try_plan(Plan attempt) {
        if (attempt == best_ || !check(attempt) || out_of_time_() || !still_fails_(attempt)) {
            return false;
        }
        best_ = std::move(attempt);
        return true;
    }

    template <typename Change>
    bool try_change(const Change& change) {
        Plan attempt = best_;
        change(attempt);
        return try_plan(std::move(attempt));
    }

    bool without_operations(std::size_t first, std::size_t count) {
        return try_change([&](Plan& plan) {
            const auto begin = plan.operations.begin() + static_cast<std::ptrdiff_t>(first);
            plan.operations.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
        });
    }

    // ddmin on complements: pieces of half the size each time nothing more can be taken out.
    bool fewer_operations() {
        bool helped = false;
        for (std::size_t piece = std::max<std::size_t>(best_.operations.size(), 1);;
             piece = piece / 2) {
            for (std::size_t first = 0; first < best_.operations.size() && !out_of_time_();) {
                const std::size_t count = std::min(piece, best_.operations.size() - first);
                if (without_operations(first, count)) {
                    helped = true;
                } else {
                    first += count;
                }
            }
            if (piece <= 1) {
                return helped;
            }
        }
    }

    bool without_members(const std::vector<Member>& candidates,
                         std::size_t first,
                         std::size_t count) {
        return try_change([&](Plan& plan) {
            std::set<Member> gone(plan.without.begin(), plan.without.end());
            for (std::size_t i = first; i < first + count; ++i) {
                gone.insert(candidates[i]);
            }
            plan.without.assign(gone.begin(), gone.end());
        });
    }

    bool fewer_members() {
        std::vector<Member> candidates;
        for (auto member = static_cast<Member>(best_.seed_count); member < best_.n; ++member) {
            if (!std::binary_search(best_.without.begin(), best_.without.end(), member)) {
                candidates.push_back(member);
            }
        }
        bool helped = false;
        for (std::size_t piece = candidates.size(); piece > 0; piece /= 2) {
            for (std::size_t first = 0; first < candidates.size() && !out_of_time_();) {
                const std::size_t count = std::min(piece, candidates.size() - first);
                if (without_members(candidates, first, count)) {
                    const auto begin = candidates.begin() + static_cast<std::ptrdiff_t>(first);
                    candidates.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
                    helped = true;
                } else {
                    first += count;
                }
            }
        }
        return helped;
    }

    bool simpler_cluster() {
        const Plan defaults;
        bool helped = try_change([](Plan& plan) { plan.timing.clear(); });
        const std::map<std::string, double> timing = best_.timing;
        for (const auto& constant : timing) {
            helped = try_change([&](Plan& plan) { plan.timing.erase(constant.first); }) || helped;
        }
        helped = try_change([](Plan& plan) { plan.drifts.clear(); }) || helped;
        helped = try_change([](Plan& plan) {
                     plan.zone_links.clear();
                     plan.zone_count = 1;
                 }) ||
                 helped;
        helped = try_change([&](Plan& plan) { plan.network = defaults.network; }) || helped;
        helped = try_change([&](Plan& plan) { plan.start = defaults.start; }) || helped;
        helped = try_change([&](Plan& plan) { plan.profile = defaults.profile; }) || helped;
        helped = try_change([&](Plan& plan) { plan.seed_count = 1; }) || helped;
        return try_change([&](Plan& plan) { plan.carrying = defaults.carrying; }) || helped;
    }

    // Everything from one operation on comes earlier.
    static void bring_forward(Plan& plan, std::size_t from, Duration by) {
        for (std::size_t i = from; i < plan.operations.size(); ++i) {
            plan.operations[i].at -= by;
        }
        plan.faults_end -= by;
    }

    bool shorter_times() {
        bool helped = false;
        const Duration last = best_.operations.empty() ? 0s : best_.operations.back().at;
        helped = try_change([&](Plan& plan) { plan.faults_end = last; }) || helped;
        helped = try_change(
                     [&](Plan& plan) { plan.faults_end = last + (plan.faults_end - last) / 2; }) ||
                 helped;
        for (std::size_t i = 0; i < best_.operations.size() && !out_of_time_(); ++i) {
            const Duration before = i == 0 ? 0s : best_.operations[i - 1].at;
            const Duration gap = best_.operations[i].at - before;
            helped =
                try_change([&](Plan& plan) { bring_forward(plan, i, gap); }) ||
                (gap > 200ms && try_change([&](Plan& plan) { bring_forward(plan, i, gap / 2); })) ||
                helped;
            if (best_.operations[i].length > 200ms) {
                helped = try_change([&](Plan& plan) { *plan.operations[i].length /= 2; }) || helped;
            }
        }
        return helped;
    }

    bool simpler_values() {
        const Operation defaults;
        bool helped = false;
        for (std::size_t i = 0; i < best_.operations.size() && !out_of_time_(); ++i) {
            const auto simplify = [&](const auto& change) {
                helped = try_change([&](Plan& plan) { change(plan.operations[i]); }) || helped;
            };
            simplify([&](Operation& of) { of.state = defaults.state; });
            simplify([&](Operation& of) { of.address = defaults.address; });
            simplify([&](Operation& of) { of.direction = defaults.direction; });
            simplify([&](Operation& of) { of.loss = defaults.loss; });
            simplify([&](Operation& of) { of.duplicate = 0.0; });
            simplify([&](Operation& of) { of.reorder = 0.0; });
            simplify([&](Operation& of) { of.corrupt = 0.0; });
            simplify([&](Operation& of) { of.jitter = 0s; });
        }
        return helped;
    }

    Plan best_;
    const StillFails& still_fails_;
    const OutOfTime& out_of_time_;
};

}  // namespace

Plan shrink(const Plan& plan, const StillFails& still_fails, const OutOfTime& out_of_time) {
    return Shrinking(plan, still_fails, out_of_time).run();
}

}  // namespace memberd::sim
