#include "chaos/plan/name_watch.hpp"

#include <fmt/core.h>

namespace memberd::sim {
namespace {

// A conflict is judged on answers, and on verdicts about them, that may be so old.
constexpr Duration kRivalWindow = std::chrono::seconds(15);

}  // namespace

// At the time of a notice that came after the last look.
bool NameWatch::had_rival(Member member) const {
    for (Member other = 0; other < cluster_.size(); ++other) {
        if (other != member && cluster_.name(other) == cluster_.name(member) &&
            last_ran_[other] != Instant{} && last_look_ - last_ran_[other] <= kRivalWindow) {
            return true;
        }
    }
    return false;
}

std::string NameWatch::judge(Member member, const Notice& notice) const {
    if (notice.kind != NoticeKind::NameLost && notice.kind != NoticeKind::JoinRefused) {
        return {};
    }
    const bool is_about_name = notice.kind == NoticeKind::NameLost ||
                               notice.code == static_cast<std::uint8_t>(RefuseCode::NameTaken);
    if (is_about_name && !had_rival(member)) {
        return fmt::format("{} ended because of its name, which nobody else has: {}",
                           cluster_.name(member), notice.text);
    }
    const bool is_foreign = notice.kind == NoticeKind::JoinRefused &&
                            (notice.code == static_cast<std::uint8_t>(RefuseCode::OtherCluster) ||
                             notice.code == static_cast<std::uint8_t>(RefuseCode::OtherVersion));
    return is_foreign
               ? fmt::format("{} was taken for a stranger: {}", cluster_.name(member), notice.text)
               : std::string();
}

std::string NameWatch::look() {
    notices_seen_.resize(cluster_.size(), 0);
    last_ran_.resize(cluster_.size());
    for (Member member = 0; member < cluster_.size(); ++member) {
        if (cluster_.world().life(member) != Life::Absent) {
            last_ran_[member] = cluster_.now();
        }
    }
    std::string first;
    for (Member member = 0; member < cluster_.size(); ++member) {
        const std::vector<Notice>& notices = cluster_.world().notices(member);
        for (; notices_seen_[member] < notices.size(); ++notices_seen_[member]) {
            const std::string text = judge(member, notices[notices_seen_[member]]);
            first = first.empty() ? text : first;
        }
    }
    last_look_ = cluster_.now();
    return first;
}

}  // namespace memberd::sim
