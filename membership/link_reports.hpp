// Which broken and mended links an agent announces, and when: a link that flickers is announced
// broken at most once in kGap, and mended only where that was said. What a subscriber heard last is
// true a gap later.
//
// Bounded: members beyond kLinksMax are not announced. Thread rule: plain values, one thread.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "detector/time.hpp"
#include "membership/view.hpp"

namespace memberd {

struct LinkReport {
    std::string name;
    LinkCondition condition = LinkCondition::Broken;
};

class LinkReports {
  public:
    static constexpr Duration kGap = std::chrono::seconds(10);
    static constexpr std::size_t kLinksMax = 1024;

    // How the link to the member is from now on.
    void note(const std::string& name, LinkCondition condition);
    // The member's run is over, or it is looked at no more: nothing follows what was said.
    void forget(const std::string& name);

    template <typename Condition>
    void forget_if(Condition is_over) {
        std::erase_if(links_, [&](const auto& link) { return is_over(link.first); });
    }

    // What is to be announced now, by name. Call it at least once a second while links change.
    std::vector<LinkReport> due(Instant now);

    [[nodiscard]] std::size_t size() const { return links_.size(); }

  private:
    struct Link {
        LinkCondition now = LinkCondition::Broken;
        LinkCondition said = LinkCondition::Mended;
        std::optional<Instant> broken_said;
    };

    std::map<std::string, Link> links_;
};

}  // namespace memberd
