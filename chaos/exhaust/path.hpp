// One interleaving again, step by step, with nothing kept from others: every process is told its
// inputs in the order of the path, once.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "chaos/exhaust/explorer.hpp"
#include "detector/result.hpp"

namespace memberd::sim {

// "3,0,2"; BadInput on anything else.
Result<std::vector<std::uint32_t>> parse_path(std::string_view text);
std::string to_string(const std::vector<std::uint32_t>& path);

struct PathOutcome {
    std::optional<Violation> violation;
    std::uint64_t marks = 0;  // of all steps
};

// Writes every step and what it did to `file`, unless that is null. BadInput where a number names
// no action there. Fails a check where a process does not do what the explorer has seen it do.
Result<PathOutcome> replay_path(Explorer& explorer,
                                const std::vector<std::uint32_t>& path,
                                std::FILE* file);

}  // namespace memberd::sim
