// The commands that make the agent do something: ping, join, leave, forget, tags set and unset.
#pragma once

#include <string>
#include <vector>

#include "cli/ctl/document.hpp"
#include "cli/ctl/table.hpp"

namespace memberd::ctl {

class Session;

// What several pings found: nothing for each that was not answered, else milliseconds.
struct PingSummary {
    std::size_t sent = 0;
    std::size_t answered = 0;
    std::optional<double> min_ms;
    std::optional<double> median_ms;  // of an even number of answers: the mean of the middle two
    std::optional<double> max_ms;
};

PingSummary summary_of(const std::vector<std::optional<double>>& round_trips_ms);
std::string summary_text(const PingSummary& summary);

// `members` is what `info` says of the cluster's states before the leave.
std::string leave_text(std::uint64_t acknowledged, std::uint64_t others);

std::string tags_answer_text(const Document& answer, const Look& look);

int run_ping(Session& session);
int run_join(Session& session);
int run_leave(Session& session);
int run_forget(Session& session);
int run_tags_set(Session& session);
int run_tags_unset(Session& session);

}  // namespace memberd::ctl
