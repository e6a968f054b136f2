// The safety invariants, checked at every call into an engine.
//
// The truth is the simulator's own: ghosts of every run (what it has really issued), the bytes that
// travel, decoded once, and what every run has shown. Nothing rests on what an engine believes but
// what it shows. Each kind of invariant has a file of its own; chaos/README.md has the table.
//
// Thread rule: one thread. Complexity: O(bytes in and out) a call; O(members known) where a call
// changed the membership.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chaos/sim/accuracy_checker.hpp"
#include "chaos/sim/call_log.hpp"
#include "chaos/sim/engine_call.hpp"
#include "chaos/sim/evidence_checker.hpp"
#include "chaos/sim/fold_checker.hpp"
#include "chaos/sim/ghosts.hpp"
#include "chaos/sim/identity_checker.hpp"
#include "chaos/sim/load_checker.hpp"
#include "chaos/sim/message_checker.hpp"
#include "chaos/sim/probe_checker.hpp"
#include "chaos/sim/ring_checker.hpp"
#include "chaos/sim/suspicion_checker.hpp"
#include "chaos/sim/violation.hpp"

namespace memberd::sim {

class Checker {
  public:
    // The pool and the network must outlive the checker.
    Checker(const EngineConfig& config, const ProfilePool& pool, const Network& network);

    // `cluster`: the name of the one that it belongs to.
    void began(Instant now, ProcessId process, const Engine& engine, std::string_view cluster);
    void ended(Instant now, ProcessId process);
    // What it shows now was never announced.
    void restored(ProcessId process);
    // Before the call that tells the engine of the gap.
    void stood_still(Instant now, Instant local, ProcessId process, Duration gap);

    // Before the call that delivers it. The bytes live until judge().
    // The call that comes next is about this connection.
    void learns(const LinkEvent& event) { link_ = event; }

    void hears(ProcessId process, Bytes bytes);
    // After every call: what it has put out, and how its engine is now.
    void judge(Instant now, Instant local, ProcessId process, const Output& out);

    // From now on somebody forges claims: that nobody claims more of a member than it has issued
    // holds no more; evidence (I5, I6) is not judged, since what is said in the name of others
    // can't be told from what they say, nor who is probed (I13), since addresses may be forged.
    void allow_forgeries() {
        identity_.allow_forgeries();
        has_forger_ = true;
    }

    // From now on I14 is judged too.
    void expect_accuracy(const AccuracyBudget& budget, AccuracyChecker::Judge is_healthy_pair) {
        accuracy_.emplace(budget, std::move(is_healthy_pair));
    }

    // From now on every call is written down.
    void log_calls(CallLogChoice choice) { log_.emplace(std::move(choice)); }

    void died(const Death& death, std::size_t process_count);
    void returned(ProcessId observer, std::uint64_t instance);
    // At the end of all (I18): what nobody has given back.
    void left_over(Instant now, std::size_t packets, std::size_t profiles);

    [[nodiscard]] const std::vector<Violation>& violations() const { return violations_.list(); }

  private:
    void judge_evidence(const EngineCall& call);

    bool is_memberd_;
    bool has_forger_ = false;
    const ProfilePool& pool_;
    const Network& network_;
    Ghosts ghosts_;
    Violations violations_;
    IdentityChecker identity_;
    MessageChecker messages_;
    EvidenceChecker evidence_;    // mode memberd
    SuspicionChecker suspicion_;  // the other modes
    FoldChecker fold_;
    RingChecker ring_;
    LoadChecker load_;
    ProbeChecker probes_;
    std::optional<AccuracyChecker> accuracy_;
    std::optional<CallLog> log_;
    std::size_t running_ = 0;

    // Of the present call.
    Message heard_;
    bool has_heard_ = false;
    std::optional<LinkEvent> link_;  // of the call that comes next
    std::vector<SentMessage> sent_;
    std::vector<std::uint64_t> deaths_;  // declared so far, by run
};

}  // namespace memberd::sim
