// What happened, for a reader: a line for each call into an engine that heard, said or changed
// something.
//
//   12.345 m0003 hears ack 17 of m0007; says ping 18 to 10.0.0.2:7747; m0007 suspect -> alive 2.0
//
// Times are seconds of the world since the beginning; the numbers of a claim are its generation and
// its incarnation.
//
// Thread rule: one thread. Complexity: O(messages and updates) a call.
#pragma once

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "chaos/sim/engine_call.hpp"

namespace memberd::sim {

struct CallLogChoice {
    std::FILE* file = stderr;        // borrowed
    Instant from = Instant::min();   // of the world
    Instant until = Instant::max();  // exclusive
    std::vector<std::string> names;  // of the members whose calls are logged; empty: of all
};

// "alive 2.0".
std::string describe(const Claim& claim);

class CallLog {
  public:
    explicit CallLog(CallLogChoice choice) : choice_(std::move(choice)) {}

    void note(const EngineCall& call) const;

  private:
    CallLogChoice choice_;
};

}  // namespace memberd::sim
