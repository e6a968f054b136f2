#include "membership/agent.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

#include <fmt/format.h>
#include <zmq.h>

#include "detector/pause.hpp"
#include "membership/local_protocol.hpp"

namespace memberd {
namespace {

using namespace std::chrono_literals;

constexpr int kMessagesATurn = 1000;
constexpr Duration kWaitMax = 1s;
constexpr Duration kHeartbeatInterval = 1s;
constexpr Duration kStrangerReportInterval = 10s;
// After all is said: for the last replies and events to leave our queues, which end with us.
constexpr Duration kLinger = 150ms;
// Above the engine's own limit for a leave: a belt.
constexpr Duration kLeaveMargin = 1s;
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
    return *exit_code_;
}

Instant Agent::next_deadline() const {
    Instant next = std::min({engine_.next_deadline(), parts_.transport->next_deadline(),
                             seeds_.next_deadline(), next_heartbeat_, stop_at_, leave_deadline_});
    if (peers_changed_ && parts_.state_file) {
        next = std::min(next, next_save_);
    }
    for (const auto& [cookie, why] : whys_) {
        next = std::min(next, why.deadline);
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
    if (late > notable_pause(timing_of(config_.profile))) {
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
    for (EvidenceReply& reply : out_.evidence_replies) {
        take_evidence(reply);
    }
    out_.clear();
}

void Agent::take_change(const Change& change) {
    const std::string name(pool_[change.profile].name());
    const bool is_forgotten = change.kind == ChangeKind::Forgotten;
    forget_ended_link(change, name);
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

void Agent::note_link(const Notice& notice, LinkCondition condition) {
    links_.note(notice.text, condition);
    announce_links();
}

// What was said of the link to a run that is over says nothing of the next one.
void Agent::forget_ended_link(const Change& change, const std::string& name) {
    const MemberInfo* known = recorder_.view().find(name);
    if (change.kind == ChangeKind::Forgotten || is_gone(change.claim.state) || known == nullptr ||
        known->id != hex16(change.claim.instance)) {
        links_.forget(name);
    }
}

void Agent::announce_links() {
    links_.forget_if([this](const std::string& name) { return !engine_.observation(now_, name); });
    for (const LinkReport& report : links_.due(now_)) {
        recorder_.record_link(report.name, report.condition, wall_, events_);
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
            // Strangers decide how often this happens.
            if (now_ >= next_stranger_report_) {
                next_stranger_report_ = now_ + kStrangerReportInterval;
                log_->warn("an agent was refused: {}", notice.text);
            }
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
        case NoticeKind::HeldBack:
            log_->warn(
                "declared dead, and either not for the first time or too few members "
                "answer: this agent tries to come back in {} s",
                notice.number / 1000);
            break;
        case NoticeKind::LinkBroken:
            log_->warn("{} does not answer this agent, but others reach it", notice.text);
            note_link(notice, LinkCondition::Broken);
            break;
        case NoticeKind::LinkMended:
            log_->info("{} answers this agent again", notice.text);
            note_link(notice, LinkCondition::Mended);
            break;
        case NoticeKind::GenerationRaised:
            parts_.state.generation = std::max(parts_.state.generation, notice.number);
            log_->info("generation raised to {}", notice.number);
            save_state();
            break;
    }
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
        heartbeat_is_due_ = true;
        say_if_alone();
        expire_pings();
        announce_links();
    }
    if (!whys_.empty()) {
        finish_whys();
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
    // After the events that it counts: a subscriber takes for lost what it has not heard before.
    if (heartbeat_is_due_) {
        heartbeat_is_due_ = false;
        parts_.publisher.heartbeat(recorder_.view().epoch(), recorder_.view().seq());
    }
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

void Agent::fail(const std::string& sentence) {
    log_->error("{}", sentence);
    exit_code_ = ExitCode::FailedRunning;
}

}  // namespace memberd
