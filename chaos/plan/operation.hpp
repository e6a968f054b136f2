// One timed operation of a fault plan, in the words of the cluster.
//
// A plan must stay meaningful when operations or members are taken out of it, so an operation that
// doesn't fit what it meets (a kill of who doesn't run, a heal of nothing) does nothing. Which
// fields a kind has, and which of them it needs, stands in one table; chaos/plan/README.md explains
// them. Values; thread rule: none.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chaos/sim/cluster.hpp"
#include "detector/time.hpp"

namespace memberd::sim {

enum class OperationKind : std::uint8_t {
    Kill,
    PowerOff,
    Restart,
    Pause,
    Resume,
    Block,
    Unblock,
    Slow,
    Leave,
    AnnounceRestart,
    JumpClock,
    Join,
    Clone,
    SetTag,
    Forget,
    Cut,
    CutOneWay,
    Partition,
    Heal,
    Lose,
    Delay,
    Burst,
    Mangle,
    Degrade,
    FlipFlop,
};

enum class Field : std::uint8_t {
    Who,
    Other,
    Groups,
    For,
    Way,
    State,
    Place,
    Loss,
    DelayTime,
    JitterTime,
    OnTime,
    OffTime,
    GoodMean,
    BadMean,
    MessageTime,
    TimerTime,
    RunTime,
    EveryTime,
    Seconds,
    Duplicate,
    Reorder,
    Corrupt,
    Key,
    Value,
};

enum class Direction : std::uint8_t {
    Both,
    Ingress,
    Egress,
};

struct Operation {
    OperationKind kind = OperationKind::Kill;
    Duration at{};  // since the beginning
    Member member = 0;
    Member other = 0;
    std::vector<std::vector<Member>> groups;  // members in none form one together
    std::optional<Duration> length;           // `for`; nothing: until undone, or faults end
    Direction direction = Direction::Both;
    DataDirectory state = DataDirectory::Kept;
    Address address = Address::Same;
    double loss = 1.0;
    Duration delay{};
    Duration jitter{};
    Duration on{};
    Duration off{};
    Duration good_mean{};
    Duration bad_mean{};
    Duration per_message{};
    Duration per_timer{};
    Duration run{};
    Duration every{};
    double jump_seconds = 0.0;
    double duplicate = 0.0;
    double reorder = 0.0;
    double corrupt = 0.0;
    std::string key;
    std::string value;

    friend bool operator==(const Operation&, const Operation&) = default;
};

enum class Need : std::uint8_t {
    Required,
    Optional,
};

struct FieldUse {
    Field field{};
    Need need = Need::Required;
};

// The shape of one kind.
struct OperationShape {
    OperationKind kind;
    std::string_view name;
    std::span<const FieldUse> fields;
};

std::span<const OperationShape> operation_shapes();
const OperationShape& shape_of(OperationKind kind);
bool has_field(OperationKind kind, Field field);
std::string_view to_string(OperationKind kind);

// Starts a process that was not there at the beginning: `member` is a number of its own.
constexpr bool adds_member(OperationKind kind) {
    return kind == OperationKind::Join || kind == OperationKind::Clone;
}

// Changes the network, until undone.
bool is_of_network(OperationKind kind);

}  // namespace memberd::sim
