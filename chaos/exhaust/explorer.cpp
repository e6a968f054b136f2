#include "chaos/exhaust/explorer.hpp"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "chaos/sim/world.hpp"

namespace memberd::sim {
namespace {

// A crash and a restart are two steps; one run more for who is down at the start.
std::uint32_t runs_max(unsigned depth) {
    return depth / 2 + 2;
}

EngineConfig without_recorder(EngineConfig config) {
    config.flight_recorder_entries = 0;
    return config;
}

}  // namespace

Explorer::Explorer(const ExhaustOptions& options)
    : options_(options),
      facts_(options.n,
             without_recorder(options.engine),
             options.seed,
             runs_max(options.depth),
             options.broken_timing),
      messages_(facts_),
      situation_(make_situation(facts_, options.start, messages_)),
      histories_(facts_, situation_, messages_) {
    layer_.add(start(), 1);
    figures_.push_back({0, 1, 0, 1, histories_.size()});
    if (situation_.violation) {
        breach_ = Breach{*situation_.violation, {}};
    }
}

ClusterState Explorer::start() const {
    ClusterState state;
    state.fill(kNoHistory);
    for (ProcessId process = 0; process < options_.n; ++process) {
        state.at(process) = histories_.start_of(process);
    }
    return state;
}

Instant Explorer::clock(const ClusterState& state) const {
    Instant now = situation_.now;
    for (ProcessId process = 0; process < options_.n; ++process) {
        now = std::max(now, histories_[state.at(process)].now);
    }
    return now;
}

Instant Explorer::first_deadline(const ClusterState& state) const {
    Instant first = kNever;
    for (ProcessId process = 0; process < options_.n; ++process) {
        first = std::min(first, histories_[state.at(process)].effects.deadline);
    }
    return first;
}

std::uint32_t Explorer::crashes(const ClusterState& state) const {
    std::uint32_t count = 0;
    for (ProcessId process = 0; process < options_.n; ++process) {
        const Effects& effects = histories_[state.at(process)].effects;
        count += effects.is_up ? effects.run - 1 : effects.run;
    }
    return count;
}

bool Explorer::deepen() {
    const unsigned depth = figures_.back().depth + 1;
    if (depth > options_.depth || breach_ || is_cut_short_) {
        return false;
    }
    Layer next;
    LayerFigures figures;
    figures.depth = depth;
    for (const Layer::Entry& entry : layer_.entries()) {
        const std::vector<Action> possible = actions(entry.state);
        for (std::size_t i = 0; i < possible.size(); ++i) {
            ClusterState state = entry.state;
            ++figures.steps;
            if (const auto violation = take(possible[i], state)) {
                breach_ = Breach{*violation, {}};
                std::vector<ClusterState> dead_ends;
                find_path(start(), entry.state, dead_ends, breach_->path);
                breach_->path.push_back(static_cast<std::uint32_t>(i));
                return false;
            }
            next.add(state, entry.ways);
        }
        if (next.entries().size() > options_.states_max) {
            is_cut_short_ = true;
            return false;
        }
    }
    layer_ = std::move(next);
    figures.states = layer_.entries().size();
    figures.ways = layer_.ways();
    figures.histories = histories_.size();
    figures_.push_back(figures);
    return true;
}

// --- What can happen ---

std::vector<Action> Explorer::actions(const ClusterState& state) const {
    std::vector<Action> actions;
    add_local_actions(state, actions);
    add_message_actions(state, actions);
    return actions;
}

void Explorer::add_local_actions(const ClusterState& state, std::vector<Action>& actions) const {
    const Instant now = clock(state);
    const Instant timers_until =
        options_.is_punctual ? std::max(now, first_deadline(state)) : Instant::max();
    const bool may_crash = crashes(state) < options_.crashes;
    for (ProcessId process = 0; process < options_.n; ++process) {
        const Effects& effects = histories_[state.at(process)].effects;
        if (!effects.is_up) {
            if (effects.run < facts_.runs_max()) {
                actions.push_back({process, {InputKind::Start, now, kNoMessage}});
            }
            continue;
        }
        if (effects.deadline != kNever && effects.deadline <= timers_until) {
            const Instant at = std::max(now, effects.deadline);
            actions.push_back({process, {InputKind::Timer, at, kNoMessage}});
        }
        if (may_crash) {
            actions.push_back({process, {InputKind::Crash, now, kNoMessage}});
        }
    }
}

// In the order of sending, sender by sender: ids would depend on what was explored before.
void Explorer::add_message_actions(const ClusterState& state, std::vector<Action>& actions) const {
    std::vector<MessageId> sent = situation_.under_way;
    for (ProcessId process = 0; process < options_.n; ++process) {
        const std::vector<MessageId>& said = histories_[state.at(process)].said;
        sent.insert(sent.end(), said.begin(), said.end());
    }
    for (auto message = sent.begin(); message != sent.end(); ++message) {
        if (std::find(sent.begin(), message, *message) != message) {
            continue;  // Of equal messages the first stands for all.
        }
        const auto sent_count = static_cast<std::size_t>(std::count(message, sent.end(), *message));
        if (uses(state, *message) < options_.copies * sent_count) {
            add_message_action(state, *message, actions);
        }
    }
}

void Explorer::add_message_action(const ClusterState& state,
                                  MessageId id,
                                  std::vector<Action>& actions) const {
    const CarriedMessage& message = messages_[id];
    const Effects& receiver = histories_[state.at(message.to)].effects;
    const Effects& sender = histories_[state.at(message.from.process)].effects;
    const Instant now = clock(state);
    if (receiver.is_up) {
        if (message.to_run == 0 || message.to_run == receiver.run) {
            actions.push_back({message.to, {InputKind::Deliver, now, id}});
        }
        return;
    }
    const bool is_request = message.token != 0;
    const bool is_heeded =
        facts_.config().mode == Mode::Memberd && sender.is_up && sender.run == message.from.run;
    if (is_request && is_heeded) {
        actions.push_back({message.from.process, {InputKind::Refuse, now, id}});
    }
}

// How often the message was delivered or refused.
std::size_t Explorer::uses(const ClusterState& state, MessageId id) const {
    std::size_t count = 0;
    for (const ProcessId process : {messages_[id].to, messages_[id].from.process}) {
        const std::vector<MessageId>& received = histories_[state.at(process)].received;
        count += static_cast<std::size_t>(std::count(received.begin(), received.end(), id));
    }
    return count;
}

// --- What must hold ---

std::optional<Violation> Explorer::take(const Action& action, ClusterState& state) {
    HistoryId& history = state.at(action.process);
    history = histories_.extend(history, action.input);
    if (const Violation* const violation = histories_.violation(history)) {
        return *violation;
    }
    if (auto text = exceeds_issued(state, action.process)) {
        return Violation{"I1", std::move(*text), action.input.at};
    }
    return std::nullopt;
}

std::optional<std::string> Explorer::exceeds_issued(const ClusterState& state,
                                                    ProcessId process) const {
    const Effects& effects = histories_[state.at(process)].effects;
    const auto text = [&](std::string_view verb, RunOf of, const Numbers& numbers) {
        return fmt::format("{} {} run {} of m{} as {}.{}, which it never issued",
                           Facts::name_of(process), verb, of.run, of.process, std::get<0>(numbers),
                           std::get<1>(numbers));
    };
    for (const ShownMember& shown : effects.view) {
        if (!is_issued(state, shown.of, numbers_of(shown.claim))) {
            return text("shows", shown.of, numbers_of(shown.claim));
        }
    }
    for (const MessageId id : effects.sent) {
        for (const SaidClaim& claim : messages_[id].claims) {
            if (!is_issued(state, claim.of, claim.numbers)) {
                return text("speaks of", claim.of, claim.numbers);
            }
        }
    }
    return std::nullopt;
}

bool Explorer::is_issued(const ClusterState& state, RunOf of, const Numbers& numbers) const {
    if (of.process >= options_.n) {
        return false;
    }
    const std::vector<Numbers>& issued = histories_[state.at(of.process)].issued;
    return of.run >= 1 && of.run <= issued.size() && numbers <= issued[of.run - 1];
}

// --- The way there ---

HistoryId Explorer::ancestor(HistoryId id, std::uint32_t length) const {
    while (histories_[id].length > length) {
        id = histories_[id].before;
    }
    return id;
}

// Any order of the same histories' inputs that is possible.
bool Explorer::find_path(const ClusterState& from,
                         const ClusterState& to,
                         std::vector<ClusterState>& dead_ends,
                         std::vector<std::uint32_t>& path) const {
    if (from == to) {
        return true;
    }
    if (std::find(dead_ends.begin(), dead_ends.end(), from) != dead_ends.end()) {
        return false;
    }
    const std::vector<Action> possible = actions(from);
    for (std::size_t i = 0; i < possible.size(); ++i) {
        const Action& action = possible[i];
        const HistoryId last = to.at(action.process);
        const std::uint32_t length = histories_[from.at(action.process)].length + 1;
        if (length > histories_[last].length) {
            continue;
        }
        ClusterState next = from;
        next.at(action.process) = ancestor(last, length);
        if (histories_[next.at(action.process)].input != action.input) {
            continue;
        }
        path.push_back(static_cast<std::uint32_t>(i));
        if (find_path(next, to, dead_ends, path)) {
            return true;
        }
        path.pop_back();
    }
    dead_ends.push_back(from);
    return false;
}

}  // namespace memberd::sim
