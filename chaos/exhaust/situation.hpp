// Where an exhaustive run begins: what each process has been told by then, and what is under way.
//
// A run of a dozen steps reaches neither a suspicion nor a death from a quiet start, so there are
// starts at which they are near. All are made by real engines that are told real messages; links
// take a millisecond and lose nothing but what the situation takes away.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "chaos/exhaust/lone_process.hpp"

namespace memberd::sim {

enum class StartKind : std::uint8_t {
    Apart,    // just started; all but the first ask it to let them in
    Joined,   // know one another for some seconds; nothing is under way
    Silent,   // so joined, then nothing came from or to the last member; the next call of another
              // declares its death, or that of another
    Unheard,  // the last was cut off for longer than any depth, and no suspicion of it has passed
              // between the others: the newest are under way
    Buried,   // as silent, then all others hold it dead by now; it runs
};

std::string_view to_string(StartKind kind);
std::optional<StartKind> parse_start_kind(std::string_view text);
const std::vector<StartKind>& start_kinds();

struct Situation {
    Instant now;
    std::vector<std::vector<ProcessId>> seeds;  // by process: whom its first run asked
    std::vector<std::vector<Input>> inputs;     // by process
    // Sent, not delivered, and still on the way: of what the silence held back, the newest of each
    // kind on each link.
    std::vector<MessageId> under_way;
    // What was broken on the way there, which ended it.
    std::optional<Violation> violation;
};

// Fails a check where the engines never come there.
Situation make_situation(const Facts& facts, StartKind kind, MessageTable& messages);

}  // namespace memberd::sim
