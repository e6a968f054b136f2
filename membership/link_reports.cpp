#include "membership/link_reports.hpp"

#include <iterator>

namespace memberd {

void LinkReports::note(const std::string& name, LinkCondition condition) {
    const auto known = links_.find(name);
    if (known != links_.end()) {
        known->second.now = condition;
    } else if (condition == LinkCondition::Broken && links_.size() < kLinksMax) {
        links_.emplace(name, Link{});
    }
}

void LinkReports::forget(const std::string& name) {
    links_.erase(name);
}

std::vector<LinkReport> LinkReports::due(Instant now) {
    std::vector<LinkReport> reports;
    for (auto each = links_.begin(); each != links_.end();) {
        auto& [name, link] = *each;
        const bool is_rested = !link.broken_said || now - *link.broken_said >= kGap;
        if (link.now != link.said && (link.now == LinkCondition::Mended || is_rested)) {
            link.said = link.now;
            if (link.now == LinkCondition::Broken) {
                link.broken_said = now;
            }
            reports.push_back({name, link.now});
        }
        // Kept for as long as it must not be said again.
        const bool is_over =
            link.now == LinkCondition::Mended && link.said == LinkCondition::Mended && is_rested;
        each = is_over ? links_.erase(each) : std::next(each);
    }
    return reports;
}

}  // namespace memberd
