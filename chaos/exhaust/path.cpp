#include "chaos/exhaust/path.hpp"

#include <charconv>
#include <memory>
#include <string_view>

#include <fmt/core.h>
#include <fmt/format.h>

#include "chaos/sim/world.hpp"
#include "detector/check.hpp"

namespace memberd::sim {
namespace {

std::string describe(const MessageTable& messages, const Action& action) {
    const std::string name = Facts::name_of(action.process);
    const auto peer = [&](bool is_sender) {
        const CarriedMessage& message = messages[action.input.message];
        return Facts::name_of(is_sender ? message.from.process : message.to);
    };
    switch (action.input.kind) {
        case InputKind::Start:
            return fmt::format("restart of {}", name);
        case InputKind::Crash:
            return fmt::format("crash of {}", name);
        case InputKind::Timer:
            return fmt::format("timer of {}", name);
        case InputKind::Deliver:
            return fmt::format("{} hears {}", name, peer(true));
        case InputKind::Refuse:
            return fmt::format("{} is refused by {}", name, peer(false));
    }
    return "";
}

class Replay {
  public:
    Replay(Explorer& explorer, std::FILE* file) : explorer_(explorer), file_(file) {
        const Facts& facts = explorer.facts();
        const Situation& situation = explorer.situation();
        for (ProcessId id = 0; id < facts.n(); ++id) {
            processes_.push_back(
                std::make_unique<LoneProcess>(facts, id, situation.seeds[id], explorer.messages()));
            for (const Input& input : situation.inputs[id]) {
                processes_.back()->apply(input);
            }
            if (file != nullptr) {
                CallLogChoice choice;
                choice.file = file;
                processes_.back()->log_calls(choice);
            }
        }
        state_ = explorer.start();
    }

    Result<PathOutcome> run(const std::vector<std::uint32_t>& path) {
        PathOutcome outcome;
        for (std::size_t i = 0; i < path.size() && !outcome.violation; ++i) {
            const std::vector<Action> actions = explorer_.actions(state_);
            if (path[i] >= actions.size()) {
                return Error{ErrorCode::BadInput,
                             fmt::format("step {} of the path is {}, but only {} things can happen",
                                         i + 1, path[i], actions.size())};
            }
            step(i, actions[path[i]], outcome);
        }
        return outcome;
    }

  private:
    void step(std::size_t i, const Action& action, PathOutcome& outcome) {
        if (file_ != nullptr) {
            fmt::print(file_, "{:3} {:9.3f} {}\n", i + 1, seconds(action.input.at - kBeginning),
                       describe(explorer_.messages(), action));
        }
        LoneProcess& process = *processes_[action.process];
        process.apply(action.input);
        outcome.marks |= process.effects().marks;
        outcome.violation = explorer_.take(action, state_);
        MEMBERD_CHECK(process.effects() == explorer_.histories()[state_.at(action.process)].effects,
                      "equal inputs had other effects");
    }

    Explorer& explorer_;
    std::FILE* file_;
    std::vector<std::unique_ptr<LoneProcess>> processes_;
    ClusterState state_{};
};

}  // namespace

Result<std::vector<std::uint32_t>> parse_path(std::string_view text) {
    std::vector<std::uint32_t> path;
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        std::uint32_t step = 0;
        const auto [stop, error] = std::from_chars(at, end, step);
        const bool is_last = stop == end;
        if (error != std::errc{} || (!is_last && (*stop != ',' || stop + 1 == end))) {
            return Error{ErrorCode::BadInput,
                         "a path is numbers with commas between, not " + std::string(text)};
        }
        path.push_back(step);
        at = is_last ? stop : stop + 1;
    }
    return path;
}

std::string to_string(const std::vector<std::uint32_t>& path) {
    return fmt::format("{}", fmt::join(path, ","));
}

Result<PathOutcome> replay_path(Explorer& explorer,
                                const std::vector<std::uint32_t>& path,
                                std::FILE* file) {
    return Replay(explorer, file).run(path);
}

}  // namespace memberd::sim
