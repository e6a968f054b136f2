#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "gossip/messages.hpp"
#include "membership/agent.hpp"

namespace memberd {
namespace {

using namespace std::chrono_literals;

constexpr Duration kAloneReportInterval = 60s;
constexpr Duration kRefusalReportInterval = 60s;
// Refusals of one round of joins come this close together; rounds are further apart.
constexpr Duration kRefusalRound = 150ms;

}  // namespace

void Agent::take_refusal(const Notice& notice) {
    const std::string sentence = fmt::format("a seed refuses this agent: {}", notice.text);
    for (PendingJoin& join : joins_) {
        if (std::find(join.refused.begin(), join.refused.end(), notice.text) ==
            join.refused.end()) {
            join.refused.push_back(notice.text);
        }
    }
    const bool is_unanimous = seeds_are_unanimous(notice);
    if (is_unanimous && !engine_.status(now_).joined) {
        fail(sentence);
        return;
    }
    // Every retry is refused again; that needs no line each.
    if (sentence != refusal_said_ || now_ >= next_refusal_report_) {
        refusal_said_ = sentence;
        next_refusal_report_ = now_ + kRefusalReportInterval;
        log_->error("{}", sentence);
    }
}

// Who refuses can't be told apart, but each seed answers each round of joins at most once. A taken
// name will be taken at every seed.
bool Agent::seeds_are_unanimous(const Notice& notice) {
    if (now_ - kRefusalRound > refused_at_) {
        refused_at_ = now_;
        refused_count_ = 0;
    }
    ++refused_count_;
    // Every member may have the same list of seeds, and be on it itself.
    const auto others =
        std::count_if(seeds_.seeds().begin(), seeds_.seeds().end(), [this](const Seed& seed) {
            return std::find(seed.addresses.begin(), seed.addresses.end(), self_address()) ==
                   seed.addresses.end();
        });
    return notice.code == static_cast<std::uint8_t>(RefuseCode::NameTaken) ||
           static_cast<std::int64_t>(refused_count_) >= others;
}

void Agent::contact_seeds() {
    for (const HostPort& name : seeds_.due(now_)) {
        if (!parts_.resolver->request(name)) {
            log_->warn("too many names wait to be resolved: {} is tried later", name.host);
        }
    }
    engine_.join(now_, seeds_.addresses(), out_);
    carry_out();
}

void Agent::serve_resolver() {
    bool changed = false;
    while (const auto answer = parts_.resolver->answer()) {
        const std::string text = fmt::format("{}:{}", answer->name.host, answer->name.port);
        std::optional<std::string> before;
        for (const Seed& seed : seeds_.seeds()) {
            if (seed.configured.host == answer->name.host) {
                before = seed.error;
            }
        }
        changed = seeds_.resolved(answer->name, answer->addresses) || changed;
        if (!answer->addresses && before != answer->addresses.error().text) {
            log_->error("seed {} can't be resolved: {}; it is tried again for ever", text,
                        answer->addresses.error().text);
        }
    }
    if (changed) {
        engine_.join(now_, seeds_.addresses(), out_);
        carry_out();
    }
}

void Agent::say_if_alone() {
    if (now_ < next_alone_report_ || is_stopping_) {
        return;
    }
    next_alone_report_ = now_ + kAloneReportInterval;
    if (seeds_.seeds().empty() || has_joined_ || engine_.status(now_).joined) {
        has_joined_ = has_joined_ || engine_.status(now_).joined;
        return;
    }
    std::vector<std::string> names;
    for (const Seed& seed : seeds_.seeds()) {
        names.push_back(fmt::format("{}:{}", seed.configured.host, seed.configured.port));
    }
    log_->warn("no seed answers ({}): this agent runs alone and goes on trying",
               fmt::join(names, ", "));
}

bool Agent::is_member(const Endpoint& endpoint) const {
    const std::string address = to_string(endpoint);
    const auto& members = recorder_.view().members();
    return std::any_of(members.begin(), members.end(), [&](const auto& entry) {
        return entry.second.address == address && entry.second.state == MemberState::Alive;
    });
}

}  // namespace memberd
