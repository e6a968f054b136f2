#include "chaos/exhaust/situation.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <tuple>

#include "chaos/sim/world.hpp"
#include "detector/check.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLinkDelay = 1ms;
// Long enough for some round trips of every pair, and for the news of the joins to end.
constexpr Duration kAcquaintance = 4s;
// Nobody needs longer to find a death: memberd's loneliest member takes 12.5 s.
constexpr Duration kSilenceMax = 120s;

struct KindName {
    StartKind kind;
    std::string_view name;
};

constexpr std::array kNames{
    KindName{StartKind::Apart, "apart"}, KindName{StartKind::Joined, "joined"},
    KindName{StartKind::Silent, "silent"}, KindName{StartKind::Unheard, "unheard"},
    KindName{StartKind::Buried, "buried"}};

// Runs the processes in the order of time.
class Preparation {
  public:
    Preparation(const Facts& facts, MessageTable& messages) : facts_(facts), messages_(messages) {
        for (ProcessId process = 0; process < facts.n(); ++process) {
            situation_.seeds.push_back(process == 0 ? std::vector<ProcessId>{}
                                                    : std::vector<ProcessId>{0});
            processes_.push_back(
                std::make_unique<LoneProcess>(facts, process, situation_.seeds.back(), messages));
        }
        situation_.now = kBeginning;
        situation_.inputs.resize(facts.n());
        for (ProcessId process = 0; process < facts.n(); ++process) {
            tell(process, {InputKind::Start, kBeginning, kNoMessage});
        }
    }

    // From now on nothing passes from or to the last member.
    void cut_off_the_last() { is_cut_ = true; }

    // Nor does any suspicion, between whomever.
    void hold_suspicions_back() { holds_suspicions_ = true; }

    [[nodiscard]] Instant now() const { return situation_.now; }

    void run_until(Instant end) {
        while (!is_broken() && next_at() <= end) {
            step();
        }
    }

    // Up to the call in which somebody who is not cut off declares a death; without that call.
    void run_to_the_brink() {
        const Instant end = next_at() + kSilenceMax;
        while (!is_broken() && !declares_next()) {
            MEMBERD_CHECK(next_at() <= end, "nobody is declared dead in time");
            step();
        }
    }

    void run_until_buried() {
        const Instant end = next_at() + kSilenceMax;
        while (!is_broken() && !is_buried()) {
            MEMBERD_CHECK(next_at() <= end, "not everybody shows the death in time");
            step();
        }
    }

    Situation finish() {
        for (const Flying& flying : flying_) {
            situation_.under_way.push_back(flying.message);
        }
        for (const auto& [link, message] : held_back_) {
            situation_.under_way.push_back(message);
        }
        return std::move(situation_);
    }

    // What is under way is lost.
    void forget_messages() { flying_.clear(); }

  private:
    struct Flying {
        Instant at;
        MessageId message = kNoMessage;
    };

    struct Next {
        Instant at = kNever;
        ProcessId process = kNone;
        Input input;
    };

    // Messages before timers of the same time, as the engine asks for.
    [[nodiscard]] Next next() const {
        Next next;
        if (!flying_.empty()) {
            const Flying& first = flying_.front();
            next = {first.at,
                    messages_[first.message].to,
                    {InputKind::Deliver, first.at, first.message}};
        }
        for (ProcessId process = 0; process < processes_.size(); ++process) {
            const Instant deadline = processes_[process]->effects().deadline;
            if (deadline < next.at) {
                next = {deadline, process, {InputKind::Timer, deadline, kNoMessage}};
            }
        }
        next.at = std::max(next.at, situation_.now);
        next.input.at = next.at;
        return next;
    }

    [[nodiscard]] Instant next_at() const { return next().at; }

    void step() {
        const Next coming = next();
        if (coming.input.kind == InputKind::Deliver) {
            flying_.erase(flying_.begin());
        }
        situation_.now = coming.at;
        tell(coming.process, coming.input);
    }

    // Whether the next call declares a death is found out by a second process that is told the
    // same.
    [[nodiscard]] bool declares_next() const {
        const Next coming = next();
        if (is_last(coming.process)) {
            return false;
        }
        LoneProcess twin(facts_, coming.process, situation_.seeds[coming.process], messages_);
        for (const Input& input : situation_.inputs[coming.process]) {
            twin.apply(input);
        }
        return (twin.apply(coming.input).marks & kDeclares) != 0;
    }

    void tell(ProcessId process, const Input& input) {
        situation_.inputs[process].push_back(input);
        const Effects& effects = processes_[process]->apply(input);
        if (!processes_[process]->violations().empty()) {
            situation_.violation = processes_[process]->violations().front();
        }
        for (const MessageId message : effects.sent) {
            const ProcessId to = messages_[message].to;
            const std::size_t type = messages_[message].type;
            const bool is_held =
                holds_suspicions_ && type == static_cast<std::size_t>(MessageType::Suspicion);
            if (is_held || (is_cut_ && is_last(process) != is_last(to))) {
                held_back_[{process, to, type}] = message;
            } else {
                flying_.push_back({input.at + kLinkDelay, message});
            }
        }
    }

    [[nodiscard]] bool is_broken() const { return situation_.violation.has_value(); }

    [[nodiscard]] bool is_last(ProcessId process) const {
        return process + 1U == processes_.size();
    }

    [[nodiscard]] bool is_buried() const {
        return std::all_of(processes_.begin(), processes_.end() - 1, [&](const auto& process) {
            const std::vector<ShownMember>& view = process->effects().view;
            return std::any_of(view.begin(), view.end(), [&](const ShownMember& shown) {
                return is_last(shown.of.process) && shown.claim.state == MemberState::Dead;
            });
        });
    }

    const Facts& facts_;
    MessageTable& messages_;
    Situation situation_;
    std::vector<std::unique_ptr<LoneProcess>> processes_;
    std::vector<Flying> flying_;  // every link takes the same time: in the order of arrival
    bool is_cut_ = false;
    bool holds_suspicions_ = false;
    // The newest by sender, receiver and kind.
    std::map<std::tuple<ProcessId, ProcessId, std::size_t>, MessageId> held_back_;
};

}  // namespace

std::string_view to_string(StartKind kind) {
    return kNames.at(static_cast<std::size_t>(kind)).name;
}

std::optional<StartKind> parse_start_kind(std::string_view text) {
    for (const KindName& known : kNames) {
        if (known.name == text) {
            return known.kind;
        }
    }
    return std::nullopt;
}

const std::vector<StartKind>& start_kinds() {
    static const std::vector<StartKind> kinds{StartKind::Apart, StartKind::Joined,
                                              StartKind::Silent, StartKind::Unheard,
                                              StartKind::Buried};
    return kinds;
}

Situation make_situation(const Facts& facts, StartKind kind, MessageTable& messages) {
    Preparation preparation(facts, messages);
    if (kind == StartKind::Apart) {
        return preparation.finish();
    }
    preparation.run_until(kBeginning + kAcquaintance);
    if (kind == StartKind::Joined) {
        preparation.forget_messages();
        return preparation.finish();
    }
    preparation.cut_off_the_last();
    if (kind == StartKind::Unheard) {
        preparation.hold_suspicions_back();
        const Timing& timing = facts.config().timing;
        preparation.run_until(preparation.now() + timing.silence_max + timing.period);
        return preparation.finish();
    }
    preparation.run_to_the_brink();
    if (kind == StartKind::Buried) {
        preparation.run_until_buried();
    }
    return preparation.finish();
}

}  // namespace memberd::sim
