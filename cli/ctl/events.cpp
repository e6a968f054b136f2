#include "cli/ctl/events.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/ctl/format.hpp"
#include "cli/ctl/members.hpp"
#include "cli/ctl/text.hpp"
#include "membership/member_info.hpp"

namespace memberd::ctl {
namespace {

using Way = std::pair<std::string, std::string>;  // from, to

// Shares by old and new owner. A range of equal ends is the whole circle.
std::map<Way, double> shares_of(const Document& moved) {
    constexpr double kCircle = 18446744073709551616.0;  // 2^64
    std::map<Way, double> shares;
    for (const Document& range : moved) {
        const auto start = parse_hex16(text_at(range, "start"));
        const auto end = parse_hex16(text_at(range, "end"));
        if (start && end) {
            const double size = *start == *end ? kCircle : static_cast<double>(*end - *start);
            shares[{text_at(range, "from"), text_at(range, "to")}] += size / kCircle;
        }
    }
    return shares;
}

std::string owner(const std::string& name) {
    return name.empty() ? "nobody" : name;
}

// Who lost what to whom, and last the digest: it is what one misses least where the line is cut.
std::string ring_words(const Document& event) {
    const std::string digest = "; digest " + text_at(event, "digest");
    if (true_at(event, "truncated")) {
        return "any key may have moved: the ranges are too many to list" + digest;
    }
    const double share = moved_share(event).value_or(0.0);
    std::string text = share > 0 ? share_text(share) + " of the keys moved" : "no key moved";
    const std::uint64_t parts = count_at(event, "parts").value_or(1);
    if (parts > 1) {
        text += fmt::format(" (part {} of {})", count_at(event, "part").value_or(1), parts);
    }
    const auto shares = shares_of(array_at(event, "moved"));
    std::vector<std::pair<Way, double>> ways(shares.begin(), shares.end());
    std::stable_sort(ways.begin(), ways.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    std::string_view before = ": ";
    for (const auto& [way, part] : ways) {
        text += fmt::format("{}{} {} to {}", before, share_text(part), owner(way.first),
                            owner(way.second));
        before = ", ";
    }
    return text + digest;
}

std::string member_words(const std::string& type, const Document& member) {
    std::string text = text_at(member, "name") + "  " + place_of(member);
    if (type == "updated") {
        const auto weight = number_at(member, "weight");
        const std::string tags = tags_text(at(member, "tags"));
        text += fmt::format(", {}, weight {}{}", text_at(member, "health"),
                            weight ? weight_text(*weight) : "-", tags.empty() ? "" : ", " + tags);
    }
    return text;
}

// What others prove about the member is not so for this agent, or is again.
std::string link_words(const Document& event) {
    const Document& member = at(event, "member");
    const std::string state = text_at(event, "state");
    return text_at(member, "name") + "  " + state + ": " +
           (state == "broken"   ? "it does not answer this agent, others reach it"
            : state == "mended" ? "it answers this agent again"
                                : place_of(member));
}

std::string gap_words(const Document& event) {
    const std::uint64_t after = count_at(event, "after").value_or(0);
    const std::uint64_t seq = count_at(event, "seq").value_or(0);
    return true_at(event, "restarted")
               ? "the agent was started again: its present members follow"
               : fmt::format("changes {} to {} were not heard: the present members follow",
                             after + 1, seq);
}

}  // namespace

Progress Reader::take(const Batch& batch, const View& view) {
    Progress progress;
    // Where the snapshot was, if the batch has one; its events follow it without a hole.
    const std::uint64_t base =
        view.seq() - std::min<std::uint64_t>(view.seq(), batch.events.size());
    progress.first = !started_ && batch.resynced;
    progress.restarted = started_ && batch.resynced && view.epoch() != epoch_;
    progress.gap = started_ && batch.resynced && (progress.restarted || base != seq_);
    progress.after = seq_;
    started_ = started_ || batch.resynced;
    epoch_ = view.epoch();
    seq_ = view.seq();
    return progress;
}

std::string event_text(const Document& event, const Look& look) {
    const std::string type = text_at(event, "type");
    const Document& member = at(event, "member");
    const auto time = time_at(event, "time");
    std::string words;
    if (type == "ring") {
        words = ring_words(event);
    } else if (type == "gap") {
        words = gap_words(event);
    } else if (type == "link") {
        words = link_words(event);
    } else if (member.is_object()) {
        words = member_words(type, member);
    }
    const std::string snapshot = true_at(event, "snapshot") ? "  (present)" : "";
    const std::string head = fmt::format("{}  {:<9}  ", time ? clock_text(*time) : "-", "");
    const std::size_t taken = width(head) + snapshot.size();
    const std::string shown =
        shortened(printable(words), look.columns - std::min(look.columns, taken));
    const bool is_warning =
        type == "gap" || (type == "link" && text_at(event, "state") == "broken");
    const Style style = is_warning ? Style::Warning : style_of(type);
    const std::string label = shortened(printable(type), 9);
    return fmt::format("{}  {}{}  {}{}", time ? clock_text(*time) : "-", styled(label, style, look),
                       std::string(9 - std::min<std::size_t>(9, width(label)), ' '), shown,
                       snapshot);
}

Document snapshot_event(const Document& member, std::uint64_t seq) {
    return {{"seq", seq},
            {"time", text_at(member, "since")},
            {"type", text_at(member, "state")},
            {"snapshot", true},
            {"member", member}};
}

Document gap_event(const Progress& progress, std::uint64_t seq, WallTime now) {
    return {{"seq", seq},
            {"time", rfc3339(now)},
            {"type", "gap"},
            {"after", progress.after},
            {"restarted", progress.restarted}};
}

bool is_asked_for_event(const Document& event, const Options& options) {
    const std::string type = text_at(event, "type");
    return options.types.empty() || type == "gap" ||
           std::find(options.types.begin(), options.types.end(), type) != options.types.end();
}

std::optional<double> moved_share(const Document& event) {
    if (true_at(event, "truncated") || !at(event, "moved").is_array()) {
        return std::nullopt;
    }
    double share = 0.0;
    for (const auto& [way, part] : shares_of(array_at(event, "moved"))) {
        share += part;
    }
    return share;
}

}  // namespace memberd::ctl
