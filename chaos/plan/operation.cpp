#include "chaos/plan/operation.hpp"

#include <algorithm>
#include <array>

#include "detector/check.hpp"

namespace memberd::sim {
namespace {

constexpr FieldUse optional(Field field) {
    return {field, Need::Optional};
}

constexpr FieldUse required(Field field) {
    return {field, Need::Required};
}

constexpr std::array kMember{required(Field::Who)};
constexpr std::array kMemberFor{required(Field::Who), optional(Field::For)};
constexpr std::array kRestart{required(Field::Who), optional(Field::State), optional(Field::Place)};
constexpr std::array kTwo{required(Field::Who), required(Field::Other)};
constexpr std::array kTwoFor{required(Field::Who), required(Field::Other), optional(Field::For)};
constexpr std::array kBlock{required(Field::Who), optional(Field::Way), optional(Field::For)};
constexpr std::array kSlow{required(Field::Who),       optional(Field::MessageTime),
                           optional(Field::TimerTime), optional(Field::RunTime),
                           optional(Field::EveryTime), optional(Field::For)};
constexpr std::array kJump{required(Field::Who), required(Field::Seconds)};
constexpr std::array kTag{required(Field::Who), required(Field::Key), required(Field::Value)};
constexpr std::array kGroups{required(Field::Groups), optional(Field::For)};
constexpr std::array kLose{required(Field::Loss), optional(Field::For)};
constexpr std::array kDelay{required(Field::DelayTime), required(Field::JitterTime),
                            optional(Field::For)};
constexpr std::array kBurst{required(Field::GoodMean), required(Field::BadMean),
                            optional(Field::Loss), optional(Field::For)};
constexpr std::array kMangle{optional(Field::Duplicate), optional(Field::Reorder),
                             optional(Field::Corrupt), optional(Field::For)};
constexpr std::array kDegrade{required(Field::Who), required(Field::Loss), optional(Field::Way),
                              optional(Field::For)};
constexpr std::array kFlipFlop{required(Field::Who), required(Field::OnTime),
                               required(Field::OffTime), required(Field::For),
                               optional(Field::Way)};

constexpr std::array kShapes{
    OperationShape{OperationKind::Kill, "kill", kMember},
    OperationShape{OperationKind::PowerOff, "power_off", kMember},
    OperationShape{OperationKind::Restart, "restart", kRestart},
    OperationShape{OperationKind::Pause, "pause", kMemberFor},
    OperationShape{OperationKind::Resume, "resume", kMember},
    OperationShape{OperationKind::Block, "block", kBlock},
    OperationShape{OperationKind::Unblock, "unblock", kMember},
    OperationShape{OperationKind::Slow, "slow", kSlow},
    OperationShape{OperationKind::Leave, "leave", kMember},
    OperationShape{OperationKind::AnnounceRestart, "announce_restart", kMember},
    OperationShape{OperationKind::JumpClock, "jump_clock", kJump},
    OperationShape{OperationKind::Join, "join", kMember},
    OperationShape{OperationKind::Clone, "clone", kTwo},
    OperationShape{OperationKind::SetTag, "set_tag", kTag},
    OperationShape{OperationKind::Forget, "forget", kTwo},
    OperationShape{OperationKind::Cut, "cut", kTwoFor},
    OperationShape{OperationKind::CutOneWay, "cut_one_way", kTwoFor},
    OperationShape{OperationKind::Partition, "partition", kGroups},
    OperationShape{OperationKind::Heal, "heal", {}},
    OperationShape{OperationKind::Lose, "lose", kLose},
    OperationShape{OperationKind::Delay, "delay", kDelay},
    OperationShape{OperationKind::Burst, "burst", kBurst},
    OperationShape{OperationKind::Mangle, "mangle", kMangle},
    OperationShape{OperationKind::Degrade, "degrade", kDegrade},
    OperationShape{OperationKind::FlipFlop, "flip_flop", kFlipFlop},
};

}  // namespace

std::span<const OperationShape> operation_shapes() {
    return kShapes;
}

const OperationShape& shape_of(OperationKind kind) {
    const auto* const found =
        std::find_if(kShapes.begin(), kShapes.end(),
                     [&](const OperationShape& shape) { return shape.kind == kind; });
    MEMBERD_CHECK(found != kShapes.end(), "every kind has a shape");
    return *found;
}

bool has_field(OperationKind kind, Field field) {
    const std::span<const FieldUse> fields = shape_of(kind).fields;
    return std::any_of(fields.begin(), fields.end(),
                       [&](const FieldUse& use) { return use.field == field; });
}

std::string_view to_string(OperationKind kind) {
    return shape_of(kind).name;
}

bool is_of_network(OperationKind kind) {
    switch (kind) {
        case OperationKind::Cut:
        case OperationKind::CutOneWay:
        case OperationKind::Partition:
        case OperationKind::Lose:
        case OperationKind::Delay:
        case OperationKind::Burst:
        case OperationKind::Mangle:
        case OperationKind::Degrade:
        case OperationKind::FlipFlop:
            return true;
        case OperationKind::Kill:
        case OperationKind::PowerOff:
        case OperationKind::Restart:
        case OperationKind::Pause:
        case OperationKind::Resume:
        case OperationKind::Block:
        case OperationKind::Unblock:
        case OperationKind::Slow:
        case OperationKind::Leave:
        case OperationKind::AnnounceRestart:
        case OperationKind::JumpClock:
        case OperationKind::Join:
        case OperationKind::Clone:
        case OperationKind::SetTag:
        case OperationKind::Forget:
        case OperationKind::Heal:
            return false;
    }
    return false;
}

}  // namespace memberd::sim
