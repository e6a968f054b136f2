#include "chaos/exhaust/lone_process.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "chaos/sim/address.hpp"
#include "chaos/sim/world.hpp"
#include "detector/check.hpp"

namespace memberd::sim {
namespace {

// More than any run can issue: who else issued what is not known here.
constexpr Numbers kAnyNumbers{std::numeric_limits<std::uint64_t>::max(),
                              std::numeric_limits<std::uint32_t>::max()};

bool is_same(const ShownMember& one, const ShownMember& other) {
    return one.claim == other.claim;
}

}  // namespace

bool Effects::operator==(const Effects& other) const {
    return is_up == other.is_up && run == other.run && deadline == other.deadline &&
           issued == other.issued && marks == other.marks && sent == other.sent &&
           std::equal(view.begin(), view.end(), other.view.begin(), other.view.end(), is_same);
}

LoneProcess::LoneProcess(const Facts& facts,
                         ProcessId process,
                         std::vector<ProcessId> seeds,
                         MessageTable& messages)
    : facts_(facts),
      process_(process),
      seeds_(std::move(seeds)),
      messages_(messages),
      network_(1, Carrying::Datagram, StreamRules{}, events_, packets_),
      identity_(facts.config(), ghosts_),
      evidence_(facts.config().timing),
      suspicion_(facts.config().timing.baseline),
      view_(facts, process) {
    for (ProcessId other = 0; other < facts.n(); ++other) {
        if (other != process) {
            introduce(other);
        }
    }
}

// Every run that another process may have, so that its claims are those of somebody.
void LoneProcess::introduce(ProcessId other) {
    for (std::uint32_t run = 1; run <= facts_.runs_max(); ++run) {
        adopt(facts_.stand_in(other, run), other);
        ghosts_.running(other).issued = kAnyNumbers;
        ghosts_.ended(other);
    }
}

// Checkers keep what they know by run: all hear of each in the same order.
const Ghost& LoneProcess::adopt(const Engine& engine, ProcessId process) {
    const Ghost& ghost = ghosts_.began(process, engine, facts_.config().cluster);
    identity_.began(ghost);
    evidence_.began();
    suspicion_.began();
    fold_.began(ghost);
    return ghost;
}

const Effects& LoneProcess::apply(const Input& input) {
    effects_.sent.clear();
    effects_.marks = 0;
    out_.clear();
    switch (input.kind) {
        case InputKind::Start:
            start(input.at);
            break;
        case InputKind::Crash:
            MEMBERD_CHECK(engine_ != nullptr, "the process doesn't run");
            end();
            return effects_;
        case InputKind::Timer:
            engine_->advance(input.at, out_);
            break;
        case InputKind::Deliver:
            deliver(input.at, messages_[input.message]);
            break;
        case InputKind::Refuse:
            link_ = LinkEvent{endpoint_of(messages_[input.message].to), LinkState::Refused};
            engine_->link(input.at, *link_, out_);
            break;
    }
    judge(input.at);
    note_effects();
    if (must_end(input.at)) {
        end();
    }
    return effects_;
}

void LoneProcess::start(Instant now) {
    MEMBERD_CHECK(engine_ == nullptr, "the process runs already");
    const std::uint32_t run = ++effects_.run;
    engine_ = facts_.engine(process_, run, ++generation_, pool_, now);
    adopt(*engine_, process_);
    view_.began();
    deaths_ = 0;
    refused_count_ = 0;
    std::vector<Endpoint> seeds;
    for (ProcessId other = 0; other < facts_.n(); ++other) {
        const bool is_asked =
            run > 1 || std::find(seeds_.begin(), seeds_.end(), other) != seeds_.end();
        if (other != process_ && is_asked) {
            seeds.push_back(endpoint_of(other));
        }
    }
    seed_count_ = seeds.size();
    engine_->join(now, seeds, out_);
}

void LoneProcess::end() {
    const Ghost& ghost = ghosts_.running(process_);
    identity_.ended(ghost);
    evidence_.ended(ghost);
    suspicion_.ended(ghost);
    fold_.ended(ghost);
    generation_ = engine_->self().claim.generation;
    ghosts_.ended(process_);
    engine_.reset();
    effects_.is_up = false;
    effects_.deadline = kNever;
    effects_.view.clear();
}

void LoneProcess::deliver(Instant now, const CarriedMessage& message) {
    // As Checker::hears has it.
    const Ghost& ghost = ghosts_.running(process_);
    has_heard_ = decode(message.bytes, heard_) == DecodeStatus::Ok &&
                 !std::holds_alternative<Refuse>(heard_.body) &&
                 heard_.envelope.cluster == ghost.cluster &&
                 heard_.envelope.instance != ghost.instance;
    engine_->receive(now, message.token, message.bytes, out_);
}

void LoneProcess::judge(Instant now) {
    const Ghost& ghost = ghosts_.running(process_);
    message_checker_.read(ghost, now, out_, sent_, violations_);
    const std::uint64_t deaths = engine_->counters().deaths;
    const EngineCall call{now,
                          now,
                          ghost,
                          *engine_,
                          out_,
                          has_heard_ ? &heard_ : nullptr,
                          sent_,
                          pool_,
                          network_,
                          deaths - std::exchange(deaths_, deaths),
                          link_ ? &*link_ : nullptr};
    judge_call(call);
    mark_changes(call.deaths_declared);
    has_heard_ = false;
    link_.reset();
    sent_.clear();
}

void LoneProcess::judge_call(const EngineCall& call) {
    if (log_) {
        log_->note(call);
    }
    identity_.judge(call, violations_);
    if (facts_.config().mode == Mode::Memberd) {
        evidence_.judge(call, violations_);
    } else {
        suspicion_.judge(call, violations_);
    }
    fold_.judge(call, violations_);
    effects_.view = view_.judge(call.now, call.engine, violations_);
}

void LoneProcess::mark_changes(std::uint64_t deaths_declared) {
    for (const Change& change : out_.changes) {
        if (is_death(change)) {
            effects_.marks |= deaths_declared > 0 ? kDeclares : kBelieves;
        } else if (change.kind == ChangeKind::State && change.claim.state == MemberState::Suspect) {
            effects_.marks |= kSuspects;
        } else if (change.kind == ChangeKind::State && change.claim.state == MemberState::Alive &&
                   change.previous == MemberState::Dead) {
            effects_.marks |= kTakesBack;
        }
    }
    for (const Notice& notice : out_.notices) {
        if (notice.kind == NoticeKind::DoubtBegan) {
            effects_.marks |= kDoubtsItself;
        }
    }
}

void LoneProcess::note_effects() {
    const Numbers issued = numbers_of(engine_->self().claim);
    const bool is_new_run = !effects_.is_up;
    if (!is_new_run && issued > effects_.issued) {
        effects_.marks |= kRefutes;
    }
    effects_.is_up = true;
    effects_.issued = issued;
    effects_.deadline = engine_->next_deadline();
    for (const Send& send : out_.sends) {
        const MessageId id = messages_.take({process_, effects_.run}, send, out_.bytes_of(send));
        if (id != kNoMessage) {
            effects_.sent.push_back(id);
        }
    }
}

// As World::ends_the_process has it, but for the time between refusals: rounds are not told apart.
bool LoneProcess::must_end(Instant now) {
    bool ends = false;
    for (const Notice& notice : out_.notices) {
        if (notice.kind == NoticeKind::NameLost || notice.kind == NoticeKind::LeaveAcknowledged) {
            ends = true;
        } else if (notice.kind == NoticeKind::JoinRefused) {
            ++refused_count_;
            ends = ends || (!engine_->status(now).joined &&
                            (notice.code == static_cast<std::uint8_t>(RefuseCode::NameTaken) ||
                             refused_count_ >= seed_count_));
        }
    }
    return ends;
}

}  // namespace memberd::sim
