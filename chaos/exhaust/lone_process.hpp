// One process whose whole world is a list of inputs: its runs, one after the other, each a real
// engine, and the checkers that look at every call.
//
// What it does follows from the facts and from the inputs so far, so a process that is told the
// same again does the same again. What others do reaches it as inputs only. The checkers are those
// of the simulator; that nobody shows more of another than it has issued (I1) can't be asked here,
// and is asked by whoever knows all processes.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "chaos/exhaust/facts.hpp"
#include "chaos/exhaust/message_table.hpp"
#include "chaos/exhaust/view_checker.hpp"
#include "chaos/sim/call_log.hpp"
#include "chaos/sim/engine_call.hpp"
#include "chaos/sim/evidence_checker.hpp"
#include "chaos/sim/fold_checker.hpp"
#include "chaos/sim/identity_checker.hpp"
#include "chaos/sim/message_checker.hpp"
#include "chaos/sim/suspicion_checker.hpp"

namespace memberd::sim {

enum class InputKind : std::uint8_t {
    Start,    // or restart
    Crash,    // kill -9
    Timer,    // what is due fires
    Deliver,  // a message comes
    Refuse,   // a request of its own found nobody at its address
};

struct Input {
    InputKind kind = InputKind::Timer;
    Instant at;
    MessageId message = kNoMessage;

    bool operator==(const Input&) const = default;
};

// What a call did that is worth counting. Bits.
enum Mark : std::uint8_t {
    kSuspects = 1U << 0U,     // shows somebody as suspect who was not
    kDeclares = 1U << 1U,     // declares a death of its own
    kBelieves = 1U << 2U,     // shows a death that others declared
    kTakesBack = 1U << 3U,    // shows somebody alive who was dead
    kRefutes = 1U << 4U,      // raises its incarnation
    kDoubtsItself = 1U << 5U  // begins to
};

inline constexpr std::size_t kMarkCount = 6;

// How a process is after an input, and what that did.
struct Effects {
    bool is_up = false;
    std::uint32_t run = 0;      // the present or last one
    Instant deadline = kNever;  // while it is up
    Numbers issued;             // by that run, the greatest
    std::uint8_t marks = 0;
    std::vector<MessageId> sent;
    std::vector<ShownMember> view;  // empty while it is down

    bool operator==(const Effects& other) const;
};

class LoneProcess {
  public:
    // All must outlive the process. `seeds`: whom the first run asks; later runs ask all others.
    LoneProcess(const Facts& facts,
                ProcessId process,
                std::vector<ProcessId> seeds,
                MessageTable& messages);

    // Requires that the input fits: a crash of what is up, a start of what is not. The answer lives
    // until the next call.
    const Effects& apply(const Input& input);

    [[nodiscard]] const Effects& effects() const { return effects_; }

    [[nodiscard]] const std::vector<Violation>& violations() const { return violations_.list(); }

    // From now on every call is written down.
    void log_calls(CallLogChoice choice) { log_.emplace(std::move(choice)); }

  private:
    void introduce(ProcessId process);
    const Ghost& adopt(const Engine& engine, ProcessId process);
    void start(Instant now);
    void end();
    void deliver(Instant now, const CarriedMessage& message);
    void judge(Instant now);
    void judge_call(const EngineCall& call);
    void note_effects();
    void mark_changes(std::uint64_t deaths_declared);
    [[nodiscard]] bool must_end(Instant now);

    const Facts& facts_;
    ProcessId process_;
    std::vector<ProcessId> seeds_;
    MessageTable& messages_;
    ProfilePool pool_;
    // The seam of the checkers wants a network; none of those that are asked here looks at it.
    EventQueue events_;
    PacketPool packets_;
    Network network_;

    Ghosts ghosts_;
    Violations violations_;
    IdentityChecker identity_;
    MessageChecker message_checker_;
    EvidenceChecker evidence_;
    SuspicionChecker suspicion_;
    FoldChecker fold_;
    ViewChecker view_;
    std::optional<CallLog> log_;

    std::unique_ptr<Engine> engine_;
    std::uint64_t generation_ = 0;
    std::uint64_t deaths_ = 0;
    std::size_t seed_count_ = 0;
    std::size_t refused_count_ = 0;
    Output out_;
    Effects effects_;

    // Of the present call.
    Message heard_;
    bool has_heard_ = false;
    std::optional<LinkEvent> link_;
    std::vector<SentMessage> sent_;
};

}  // namespace memberd::sim
