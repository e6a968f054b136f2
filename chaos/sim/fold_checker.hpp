// What a subscriber sees: invariants I8 and, for its digest, I15.
//
// I8: whoever applies a run's changes, one after the other, to what the run showed at first has
//    exactly what it shows now, after every call; every change says what came before it. (Numbers
//    apart: a refutation shows nothing new, so subscribers are not told of it.)
// I15: the ring digest is that of the alive and the suspect of this fold and of nothing else, so
//    equal sets have equal digests, and a suspicion changes none.
//
// Kept of runs that know at most kKnownMax members; it is quadratic in them. Thread rule: one
// thread. Complexity: O(members known) a call that changed something.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "chaos/sim/engine_call.hpp"
#include "chaos/sim/violation.hpp"
#include "gossip/ring_digest.hpp"

namespace memberd::sim {

class FoldChecker {
  public:
    static constexpr std::size_t kKnownMax = 256;

    void began(const Ghost& ghost);

    void ended(const Ghost& ghost) { folds_[ghost.run] = {}; }

    // What the run shows now is what its subscribers begin with.
    void snapshot(const Ghost& ghost);
    void judge(const EngineCall& call, Violations& violations);

  private:
    struct Shown {
        std::uint64_t instance = 0;
        std::uint64_t generation = 0;
        MemberState state = MemberState::Alive;
        std::uint64_t content = 0;    // hash of the profile
        std::uint64_t ring_term = 0;  // of the alive and the suspect
    };

    struct Fold {
        bool is_kept = false;
        std::unordered_map<std::uint64_t, Shown> shown;  // by name key; never iterated
        RingDigest ring;
    };

    static void put(Fold& fold, std::uint64_t key, const Shown& shown);
    static void drop(Fold& fold, std::uint64_t key);
    void apply(const EngineCall& call, Fold& fold, const Change& change, Violations& violations);
    static void compare(const EngineCall& call, const Fold& fold, Violations& violations);

    std::vector<Fold> folds_;  // by run
};

}  // namespace memberd::sim
