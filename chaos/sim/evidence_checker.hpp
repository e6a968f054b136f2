// Death is earned, mode memberd: invariants I5 and I6.
//
// I5: a member declares another dead only if (a) its own ping has been unanswered for at least P of
//     the timing, on its own clock, since it last stood still; (b) H distinct members suspect the
//     accused within the time for which a suspicion is valid, itself included, H as
//     accusers_needed() says, one where nobody has answered it for so long that its own evidence
//     decides alone; (c) it does not doubt itself: somebody has answered lately, and since it stood
//     still.
// I6: a death that others report is applied only if at least min(2, n - 1) of the accusers that
//     come with it are alive here, or, where a sync brought it, after the accused had the time to
//     refute that PROTOCOL.md gives it.
//
// The evidence is counted anew from the bytes that went in and out, and always for the benefit of
// the accuser: what it may have seen and this checker not is given to it. So an honest engine is
// never blamed, and one that skips a part of the rule is.
//
// What P adds for the subject's history (mean, deviation, phi) is not asked for here: that
// arithmetic has its unit tests.
//
// Thread rule: one thread. Complexity: O(pings that wait for an answer) a ping, an answer, a death.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "chaos/sim/engine_call.hpp"
#include "chaos/sim/violation.hpp"

namespace memberd::sim {

class EvidenceChecker {
  public:
    explicit EvidenceChecker(const Timing& timing) : timing_(timing) {}

    void began();
    void ended(const Ghost& ghost);
    // Before the call that tells the engine.
    void stood_still(const Ghost& ghost, Instant local, Duration gap);
    void judge(const EngineCall& call, Violations& violations);

  private:
    struct Question {
        std::uint32_t sequence = 0;
        Endpoint to;
        Instant sent;
    };

    // What one run knows of whoever lives at an address.
    struct Subject {
        Instant alive_at = Instant::min();  // sending time of the last ping that was answered
        Instant unanswered_since = kNever;
    };

    struct Accusation {
        std::uint64_t subject = 0;  // instance
        std::string accuser;
        Instant heard;
    };

    struct RoundTrip {
        std::string name;
        Instant at;
    };

    // A death that a sync has brought, by the run that it is about.
    struct Report {
        Numbers numbers;
        Instant heard;
    };

    struct Observer {
        std::vector<Question> questions;
        // By address; never iterated.
        std::unordered_map<Endpoint, Subject, EndpointHash> subjects;
        std::vector<Accusation> accusations;
        std::vector<RoundTrip> round_trips;
        std::unordered_map<std::uint64_t, Report> reports;  // by instance; never iterated
        Instant unanswered_since = kNever;  // the first request since the last answer
        Instant stalled_at = kNever;        // stood still then, and has had no answer since
    };

    void hear(const EngineCall& call, Observer& observer);
    void hear_ack(const EngineCall& call, Observer& observer, std::uint32_t sequence);
    void hear_alive(const EngineCall& call, Observer& observer, const Alive& alive);
    void hear_suspicions(const EngineCall& call, Observer& observer, const Suspicion& suspicion);
    void hear_reports(const EngineCall& call, Observer& observer);
    void note_requests(const EngineCall& call, Observer& observer);
    void note_arrivals(const EngineCall& call, Observer& observer);

    void judge_own(const EngineCall& call,
                   const Observer& observer,
                   const Change& death,
                   Violations& violations) const;
    void judge_doubt(const EngineCall& call,
                     const Observer& observer,
                     const std::string& text,
                     Violations& violations) const;
    void judge_relayed(const EngineCall& call,
                       const Observer& observer,
                       const Change& death,
                       Violations& violations) const;
    [[nodiscard]] std::size_t accusers_of(const EngineCall& call,
                                          const Observer& observer,
                                          std::uint64_t subject) const;
    [[nodiscard]] std::uint32_t accusers_wanted(const EngineCall& call,
                                                const Observer& observer,
                                                std::string_view accused) const;

    const Timing timing_;
    std::vector<Observer> observers_;  // by run
};

}  // namespace memberd::sim
