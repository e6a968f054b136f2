// Death is earned, mode memberd: invariants I5 and I6.
//
// I5: a member declares another dead only if (a) its own ping has been unanswered for at least P of
//     the timing, on its own clock, since it last stood still, or connections were refused for R,
//     or most of its own pings lately were not answered in time; (b) H distinct members suspect the
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

    struct Probe {
        std::uint32_t sequence = 0;
        Instant sent;
        bool is_answered = false;  // surely in time
    };

    // What one run knows of whoever lives at an address. An engine's own first unanswered ping lies
    // between the two limits.
    struct Subject {
        Instant alive_at = Instant::min();  // sending time of the last ping that was answered
        Instant heard_at = Instant::min();  // the same, of any answer
        Instant unanswered_since = kNever;  // at the earliest: what may be no answer is none
        Instant unanswered_at_latest = kNever;
        Instant refused_since = kNever;         // connections, and no answer since
        Instant withdrawn_at = Instant::min();  // what was asked before may be given up
        std::vector<Probe> probes;              // lately, the oldest first
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

    // The run that a name stands for, and since when; what was asked before proves nothing of it.
    struct Run {
        std::uint64_t instance = 0;
        Instant since = Instant::min();
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
        std::vector<std::uint32_t> name_checks;  // sequences, the oldest first
        // By instance, of each those with other numbers; never iterated.
        std::unordered_map<std::uint64_t, std::vector<Report>> reports;
        std::unordered_map<std::string, Run> runs;  // by name; never iterated
        Instant withdrawn_at = Instant::min();      // of all subjects
        Instant unanswered_since = kNever;          // the first request since the last answer
        // The same if nothing counts that an engine may have taken for no answer.
        Instant unheeded_since = kNever;
        Instant stalled_at = kNever;  // stood still then, and has had no answer since
    };

    void note_runs(const EngineCall& call, Observer& observer);
    void hear(const EngineCall& call, Observer& observer);
    static Instant first_unanswered(const Observer& observer,
                                    const Endpoint& address,
                                    Instant after);
    [[nodiscard]] bool counts(const EngineCall& call,
                              const Observer& observer,
                              const Question& question) const;
    void hear_ack(const EngineCall& call, Observer& observer, std::uint32_t sequence);
    void note_probe(const EngineCall& call, Subject& subject, std::uint32_t sequence) const;
    void note_answer(const EngineCall& call, Observer& observer, std::uint32_t sequence) const;
    [[nodiscard]] bool answers_too_little(const Subject& subject) const;
    void hear_alive(const EngineCall& call, Observer& observer, const Alive& alive);
    void hear_suspicions(const EngineCall& call, Observer& observer, const Suspicion& suspicion);
    void hear_reports(const EngineCall& call, Observer& observer);
    static bool is_name_check(const EngineCall& call, Observer& observer, std::uint32_t sequence);
    void note_requests(const EngineCall& call, Observer& observer);
    void note_arrivals(const EngineCall& call, Observer& observer);

    void judge_own(const EngineCall& call,
                   const Observer& observer,
                   const Change& death,
                   Violations& violations) const;
    [[nodiscard]] bool may_be_alone(const EngineCall& call, const Observer& observer) const;
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
