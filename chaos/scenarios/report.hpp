// What a scenario found: figures in the order in which they are printed, rows of a table, and what
// was wrong.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace memberd::sim {

struct Figure {
    std::string name;  // ends in its unit
    double value = 0.0;
    // What is wanted of it where this run is not judged by it, and why it is not. Empty: no target.
    std::string target;
};

// One flat object, for tables and plots.
using Row = std::vector<std::pair<std::string, std::variant<double, std::string>>>;

struct Report {
    std::vector<Figure> figures;
    std::vector<Row> rows;
    std::vector<std::string> failures;
    bool fault_held = true;   // false: what was to be broken was not, so the figures say nothing
    std::string explanation;  // of the first failure: who saw what, and the first deaths
    std::uint64_t trace_hash = 0;

    // Of the machine that ran it, never equal twice: everything else is.
    double setup_seconds = 0.0;  // building clusters
    double run_seconds = 0.0;
    std::uint64_t events = 0;  // calls into an engine that delivered a message or fired a deadline

    void add(std::string_view name, double value) {
        figures.push_back({std::string(name), value, {}});
    }

    void add(std::string_view name, double value, std::string_view target) {
        figures.push_back({std::string(name), value, std::string(target)});
    }

    void expect(bool holds, std::string_view what) {
        if (!holds) {
            failures.emplace_back(what);
        }
    }

    // A fault without which the run says nothing.
    void expect_fault(bool holds, std::string_view what) {
        fault_held = fault_held && holds;
        expect(holds, "the fault did not take hold: " + std::string(what));
    }

    // Of one run; several are mixed in their order.
    void add_hash(std::uint64_t hash);
    // Takes over everything but the rows: of one of several runs.
    void absorb(const Report& part);

    [[nodiscard]] bool passed() const { return failures.empty(); }
};

}  // namespace memberd::sim
