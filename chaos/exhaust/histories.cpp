#include "chaos/exhaust/histories.hpp"

#include <algorithm>

#include "detector/random.hpp"

namespace memberd::sim {

std::size_t Histories::StepHash::operator()(const Step& step) const {
    const auto at = static_cast<std::uint64_t>(step.input.at.time_since_epoch().count());
    const auto kind = static_cast<std::uint64_t>(step.input.kind);
    return mix64(mix64(std::uint64_t{step.before} << 32U | step.input.message) ^ at ^ kind << 60U);
}

Histories::Histories(const Facts& facts, const Situation& situation, MessageTable& messages)
    : facts_(facts),
      situation_(situation),
      messages_(messages) {
    for (ProcessId id = 0; id < facts.n(); ++id) {
        LoneProcess process(facts, id, situation.seeds[id], messages);
        for (const Input& input : situation.inputs[id]) {
            process.apply(input);
        }
        add(kNoHistory, {InputKind::Timer, situation.now, kNoMessage}, process, id);
    }
    mark_counts_ = {};
}

HistoryId Histories::extend(HistoryId id, const Input& input) {
    const auto [place, is_new] = steps_.try_emplace(Step{id, input}, kNoHistory);
    if (!is_new) {
        return place->second;
    }
    const ProcessId owner = list_[id].process;
    LoneProcess process(facts_, owner, situation_.seeds[owner], messages_);
    for (const Input& before : situation_.inputs[owner]) {
        process.apply(before);
    }
    for (const Input& before : inputs(id)) {
        process.apply(before);
    }
    process.apply(input);
    place->second = add(id, input, process, owner);
    return place->second;
}

HistoryId Histories::add(HistoryId before,
                         const Input& input,
                         const LoneProcess& process,
                         ProcessId owner) {
    const auto id = static_cast<HistoryId>(list_.size());
    ProcessHistory history;
    history.before = before;
    history.process = owner;
    history.input = input;
    history.now = input.at;
    history.effects = process.effects();
    if (before != kNoHistory) {
        history.length = list_[before].length + 1;
        history.issued = list_[before].issued;
        history.said = list_[before].said;
        history.received = list_[before].received;
        history.said.insert(history.said.end(), history.effects.sent.begin(),
                            history.effects.sent.end());
        if (input.message != kNoMessage) {
            history.received.push_back(input.message);
        }
    }
    history.issued.resize(history.effects.run);
    history.issued.back() = history.effects.issued;
    for (std::size_t i = 0; i < kMarkCount; ++i) {
        mark_counts_.at(i) += history.effects.marks >> i & 1U;
    }
    list_.push_back(std::move(history));
    if (!process.violations().empty()) {
        violations_.emplace(id, process.violations().front());
    }
    return id;
}

const Violation* Histories::violation(HistoryId id) const {
    const auto found = violations_.find(id);
    return found == violations_.end() ? nullptr : &found->second;
}

std::vector<Input> Histories::inputs(HistoryId id) const {
    std::vector<Input> inputs;
    for (; list_[id].before != kNoHistory; id = list_[id].before) {
        inputs.push_back(list_[id].input);
    }
    std::reverse(inputs.begin(), inputs.end());
    return inputs;
}

}  // namespace memberd::sim
