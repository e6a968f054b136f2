#include "membership/agent.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zmq.h>

#include "gossip/messages.hpp"
#include "membership/local_protocol.hpp"
#include "membership/log.hpp"

namespace memberd {
namespace {

using namespace std::chrono_literals;

constexpr int kMessagesATurn = 1000;
constexpr Duration kWaitMax = 1s;
constexpr Duration kHeartbeatInterval = 1s;
constexpr Duration kSaveInterval = 10s;
constexpr Duration kAloneReportInterval = 60s;
// After all is said: for the last replies and events to leave our queues, which end with us.
constexpr Duration kLinger = 150ms;
// Above the engine's own limit for a leave: a belt.
constexpr Duration kLeaveMargin = 1s;
// Refusals of one round of joins come this close together; rounds are further apart.
constexpr Duration kRefusalRound = 150ms;
// What arrived while we were stopped, kept until the engine knows that we were.
constexpr std::size_t kKeptAfterPauseMax = 4096;

std::string state_text(const Change& change) {
    const auto state = to_string(change.claim.state);
    return change.is_new ? fmt::format("{}, new", state)
                         : fmt::format("{}, was {}", state, to_string(change.previous));
}

}  // namespace

ExitCode Agent::run() {
    now_ = os_now();
    wall_ = os_wall_time();
    announce_ready();
    contact_seeds();
    finish_turn();
    while (!exit_code_) {
        const Instant planned = std::max(now_, std::min(next_deadline(), now_ + kWaitMax));
        wait(planned - now_);
        turn(planned);
    }
    service_.notify("STOPPING=1");
    return *exit_code_;
}

Instant Agent::next_deadline() const {
    Instant next = std::min({engine_.next_deadline(), parts_.transport->next_deadline(),
                             seeds_.next_deadline(), next_heartbeat_, stop_at_, leave_deadline_});
    if (peers_changed_ && parts_.state_file) {
        next = std::min(next, next_save_);
    }
    return next;
}

void Agent::wait(Duration timeout) {
    std::array<zmq_pollitem_t, 8> items{};
    const auto transport = parts_.transport->poll_items();
    static_assert(std::tuple_size_v<std::remove_const_t<decltype(transport)>> + 3 == items.size());
    std::copy(transport.begin(), transport.end(), items.begin());
    items[5] = {parts_.control.handle(), 0, ZMQ_POLLIN, 0};
    items[6] = {nullptr, parts_.signals.fd(), ZMQ_POLLIN, 0};
    items[7] = {nullptr, parts_.resolver->fd(), ZMQ_POLLIN, 0};
    // Rounded up: a timer that is not due yet would only make the loop spin.
    const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(timeout);
    zmq_poll(items.data(), static_cast<int>(items.size()), static_cast<long>(rounded.count()));
}

void Agent::turn(Instant planned) {
    now_ = os_now();
    wall_ = os_wall_time();
    parts_.transport->advance(now_);
    const Duration late = now_ - planned;
    const Duration pause_min =
        std::max<Duration>(1s, 2 * timing_of(config_.profile).probe_timeout_max);
    if (late > pause_min) {
        recover_from_pause(late);
    }
    receive_messages();
    engine_.advance(now_, out_);
    carry_out();
    serve_control();
    serve_signals();
    serve_resolver();
    fire_timers();
    finish_turn();
}

// What waits in our sockets was said while we were stopped. It is taken out first, so that the
// engine learns of the pause before it hears any of it; connections are given up, as our peers gave
// theirs up. (A message older than the pause is harmless: numbers make it so.)
void Agent::recover_from_pause(Duration gap) {
    ++pause_count_;
    log_->warn("this agent did not run for {:.1f} s", seconds(gap));
    std::vector<std::pair<ReplyToken, std::vector<std::uint8_t>>> kept;
    while (kept.size() < kKeptAfterPauseMax) {
        const auto received = parts_.transport->receive();
        if (!received) {
            break;
        }
        kept.emplace_back(received->reply_token, std::vector<std::uint8_t>(received->bytes.begin(),
                                                                           received->bytes.end()));
    }
    while (parts_.transport->link_event()) {
    }
    parts_.transport->forget_all();
    engine_.resumed(now_, gap, out_);
    carry_out();
    for (const auto& [token, bytes] : kept) {
        engine_.receive(now_, token, bytes, out_);
        carry_out();
    }
}

void Agent::receive_messages() {
    for (int i = 0; i < kMessagesATurn; ++i) {
        const auto received = parts_.transport->receive();
        if (!received) {
            break;
        }
        engine_.receive(now_, received->reply_token, received->bytes, out_);
        carry_out();
    }
    while (const auto event = parts_.transport->link_event()) {
        engine_.link(now_, *event, out_);
        carry_out();
    }
}

void Agent::carry_out() {
    for (const Send& send : out_.sends) {
        if (send.reply_to != 0) {
            parts_.transport->reply(send.reply_to, out_.bytes_of(send));
        } else {
            parts_.transport->request(send.to, out_.bytes_of(send), send.fresh);
        }
    }
    for (const Change& change : out_.changes) {
        take_change(change);
    }
    for (const Notice& notice : out_.notices) {
        take_notice(notice);
    }
    for (const ProbeResult& result : out_.probe_results) {
        finish_ping(result);
    }
    out_.clear();
}

void Agent::take_change(const Change& change) {
    const std::string name(pool_[change.profile].name());
    const bool is_forgotten = change.kind == ChangeKind::Forgotten;
    recorder_.record(change, pool_, is_forgotten ? std::nullopt : engine_.observation(now_, name),
                     wall_, events_);
    peers_changed_ = true;
    switch (change.kind) {
        case ChangeKind::State:
            log_->info("member {} is {}", name, state_text(change));
            break;
        case ChangeKind::Updated:
            log_->debug("member {} is updated", name);
            break;
        case ChangeKind::Forgotten:
            log_->info("member {} is forgotten", name);
            break;
    }
}

void Agent::take_notice(const Notice& notice) {
    switch (notice.kind) {
        case NoticeKind::Joined:
            has_joined_ = true;
            log_->info("joined cluster {}", config_.cluster);
            break;
        case NoticeKind::JoinRefused:
            take_refusal(notice);
            break;
        case NoticeKind::StrangerRefused:
            log_->warn("an agent was refused: {}", notice.text);
            break;
        case NoticeKind::NameLost:
            fail(
                fmt::format("another living member has the name {}: {}; give this one another "
                            "--name",
                            config_.name, notice.text));
            break;
        case NoticeKind::LeaveAcknowledged:
            end_leave(notice.number);
            break;
        case NoticeKind::DoubtBegan:
            log_->warn("this agent doubts itself and accuses nobody: {}", notice.text);
            break;
        case NoticeKind::DoubtEnded:
            log_->info("this agent no longer doubts itself");
            break;
        case NoticeKind::Minority:
            log_->warn("this agent may be cut off with a minority: its own evidence decides now");
            break;
        case NoticeKind::GenerationRaised:
            parts_.state.generation = std::max(parts_.state.generation, notice.number);
            log_->info("generation raised to {}", notice.number);
            save_state();
            break;
    }
}

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
    log_->error("{}", sentence);
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

void Agent::fire_timers() {
    if (now_ >= seeds_.next_deadline()) {
        for (const HostPort& name : seeds_.due(now_)) {
            // A queue that is full has work for longer than this can wait; it comes round again.
            static_cast<void>(parts_.resolver->request(name));
        }
    }
    if (now_ >= next_heartbeat_) {
        next_heartbeat_ = now_ + kHeartbeatInterval;
        parts_.publisher.heartbeat(recorder_.view().epoch(), recorder_.view().seq());
        say_if_alone();
        expire_pings();
    }
    if (!joins_.empty()) {
        finish_joins();
    }
    if (peers_changed_ && now_ >= next_save_) {
        note_peers();
    }
    if (now_ >= leave_deadline_) {
        end_leave(0);
    }
    if (now_ >= stop_at_ && !exit_code_) {
        exit_code_ = ExitCode::LeftCleanly;
    }
}

void Agent::finish_turn() {
    recorder_.renew_ring(wall_, events_);
    parts_.publisher.publish(recorder_.view().epoch(), events_);
    events_.clear();
}

void Agent::serve_signals() {
    while (const auto signal = parts_.signals.next()) {
        if (*signal == SIGHUP) {
            reload_config();
        } else if (is_stopping_) {
            log_->warn("told to stop again: ending at once");
            exit_code_ = ExitCode::FailedRunning;
        } else {
            begin_stop(config_.leave_on_term || *signal != SIGTERM);
        }
    }
}

void Agent::begin_stop(bool is_leave) {
    is_stopping_ = true;
    note_peers();
    leave_deadline_ = now_ + timing_of(config_.profile).membership.leave_timeout + kLeaveMargin;
    service_.notify("STOPPING=1");
    log_->info(is_leave ? "leaving the cluster" : "announcing a restart");
    if (is_leave) {
        engine_.leave(now_, out_);
    } else {
        engine_.announce_restart(now_, out_);
    }
    carry_out();
}

void Agent::end_leave(std::uint64_t acknowledged) {
    if (stop_at_ != kNever) {
        return;
    }
    leave_deadline_ = kNever;
    stop_at_ = now_ + kLinger;
    log_->info("{} members have acknowledged it; ending", acknowledged);
    for (const Asker& asker : leave_askers_) {
        parts_.control.reply(asker, Document{{"acknowledged", acknowledged}});
    }
    leave_askers_.clear();
}

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
    if (peers.empty() || peers == parts_.state.peers) {
        return;
    }
    parts_.state.peers = std::move(peers);
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

void Agent::fail(const std::string& sentence) {
    log_->error("{}", sentence);
    exit_code_ = ExitCode::FailedRunning;
}

bool Agent::is_member(const Endpoint& endpoint) const {
    const std::string address = to_string(endpoint);
    const auto& members = recorder_.view().members();
    return std::any_of(members.begin(), members.end(), [&](const auto& entry) {
        return entry.second.address == address && entry.second.state == MemberState::Alive;
    });
}

}  // namespace memberd
