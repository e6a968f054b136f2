#include "chaos/plan/isolation.hpp"

#include <string_view>

#include "chaos/plan/outcome_json.hpp"

namespace memberd::sim {
namespace {

constexpr std::string_view kCheckMark = ": check failed: ";

Failure cause_of(const std::string& text) {
    const std::size_t mark = text.find(kCheckMark);
    if (mark == std::string::npos) {
        return {"crash", text, {}};
    }
    const std::size_t begin = text.find_last_of(" /", mark) + 1;
    return {"check " + text.substr(begin, mark - begin), text.substr(begin), {}};
}

}  // namespace

std::string run_as_job(const Plan& plan) {
    return outcome_line(run_plan(plan));
}

Outcome outcome_of(const JobResult& result) {
    if (!result.failed()) {
        const auto outcome = parse_outcome(result.output);
        if (outcome) {
            return *outcome;
        }
    }
    Outcome outcome;
    outcome.failures.push_back(cause_of(result.failed() ? result.failure : result.output));
    return outcome;
}

Outcome run_isolated(const Plan& plan) {
    Outcome outcome;
    run_jobs(
        {1, kRunSecondsMax}, 1, [&](std::uint64_t) { return run_as_job(plan); },
        [&](const JobResult& result) {
            outcome = outcome_of(result);
            return NextJobs::Go;
        });
    return outcome;
}

}  // namespace memberd::sim
