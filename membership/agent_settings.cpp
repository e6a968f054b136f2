#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "membership/agent.hpp"
#include "membership/log.hpp"

namespace memberd {
namespace {

using namespace std::chrono_literals;

constexpr Duration kSaveInterval = 10s;

}  // namespace

void Agent::reload_config() {
    service_.notify_reloading();
    Result<AgentConfig> config = reload_();
    if (config) {
        apply_reloaded(*config);
    } else {
        log_->error("nothing is reloaded: {}", config.error().text);
    }
    service_.notify("READY=1");
}

void Agent::apply_reloaded(const AgentConfig& config) {
    std::vector<std::string> fixed;
    const auto note = [&fixed](bool is_same, const char* setting) {
        if (!is_same) {
            fixed.emplace_back(setting);
        }
    };
    note(config.name == config_.name, "name");
    note(config.cluster == config_.cluster, "cluster");
    note(config.bind == config_.bind, "bind");
    note(config.advertise == config_.advertise, "advertise");
    note(config.profile == config_.profile, "profile");
    note(config.detection == config_.detection, "detection");
    note(config.runtime_dir == config_.runtime_dir, "runtime-dir");
    note(config.data_dir == config_.data_dir, "data-dir");
    note(config.log_format == config_.log_format, "log-format");
    note(config.restart_grace == config_.restart_grace, "restart_grace");
    if (!fixed.empty()) {
        log_->warn("can't change while the agent runs: {}; restart it to apply",
                   fmt::join(fixed, ", "));
    }
    config_.leave_on_term = config.leave_on_term;
    config_.log_level = config.log_level;
    set_level(*log_, config.log_level);
    config_.seeds = config.seeds;
    seeds_.replace(now_, config.seeds);
    contact_seeds();
    Attributes attributes = config.attributes;
    attributes.health = attributes_.health;
    if (engine_.set_attributes(now_, attributes, out_)) {
        attributes_ = std::move(attributes);
    }
    carry_out();
    log_->info("reloaded tags, weight, zone, log level, seeds and leave_on_term");
}

// The addresses of living members, for the next start. Members that are gone are dropped only when
// others took their place: an agent that is alone remembers whom it knew.
void Agent::note_peers() {
    peers_changed_ = false;
    next_save_ = now_ + kSaveInterval;
    std::vector<Endpoint> peers;
    for (const auto& [name, member] : recorder_.view().members()) {
        const auto endpoint = parse_endpoint(member.address);
        if (member.is_on_ring() && endpoint && *endpoint != self_address() &&
            peers.size() < kSavedPeersMax) {
            peers.push_back(*endpoint);
        }
    }
    const bool is_saved = parts_.state_error.empty();
    if (is_saved && (peers.empty() || peers == parts_.state.peers)) {
        return;
    }
    if (!peers.empty()) {
        parts_.state.peers = std::move(peers);
    }
    save_state();
}

void Agent::save_state() {
    if (!parts_.state_file) {
        return;
    }
    const Status saved = parts_.state_file->save(parts_.state);
    if (saved) {
        if (!parts_.state_error.empty()) {
            log_->info("the state file can be written again");
        }
        parts_.state_error.clear();
        return;
    }
    if (parts_.state_error.empty()) {
        log_->error("{}; the agent goes on without saving its state", saved.error().text);
    }
    parts_.state_error = saved.error().text;
    peers_changed_ = true;  // Tried again at the next interval.
    next_save_ = now_ + kSaveInterval;
}

}  // namespace memberd
