#include "chaos/scenarios/report.hpp"

#include "detector/random.hpp"

namespace memberd::sim {

void Report::add_hash(std::uint64_t hash) {
    trace_hash = trace_hash == 0 ? hash : mix64(trace_hash ^ hash);
}

void Report::absorb(const Report& part) {
    figures.insert(figures.end(), part.figures.begin(), part.figures.end());
    failures.insert(failures.end(), part.failures.begin(), part.failures.end());
    if (explanation.empty()) {
        explanation = part.explanation;
    }
    fault_held = fault_held && part.fault_held;
    add_hash(part.trace_hash);
    setup_seconds += part.setup_seconds;
    run_seconds += part.run_seconds;
    events += part.events;
}

}  // namespace memberd::sim
