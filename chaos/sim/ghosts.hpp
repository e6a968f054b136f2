// The truth behind a run: every run of every process and the greatest numbers it has really issued,
// which only the simulator knows.
//
// Ghosts are kept to the end: old claims travel for long. Thread rule: one thread. O(1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "chaos/sim/packet_pool.hpp"
#include "gossip/engine.hpp"

namespace memberd::sim {

// What orders the claims of a member about itself.
using Numbers = std::tuple<std::uint64_t, std::uint32_t>;

inline Numbers numbers_of(const Claim& claim) {
    return {claim.generation, claim.incarnation};
}

// One run of one process, as it truly is.
struct Ghost {
    std::uint32_t run = 0;  // its place among all ghosts
    ProcessId process = kNone;
    std::string name;
    std::uint32_t cluster = 0;  // hash of its name, as in an envelope
    Endpoint endpoint;
    std::uint64_t instance = 0;
    Numbers issued;                  // the greatest
    const Engine* engine = nullptr;  // while it runs
};

class Ghosts {
  public:
    Ghost& began(ProcessId process, const Engine& engine, std::string_view cluster);
    void ended(ProcessId process);

    // Requires that the process runs.
    [[nodiscard]] Ghost& running(ProcessId process) { return list_[running_[process]]; }

    [[nodiscard]] bool is_running(ProcessId process) const {
        return process < running_.size() && running_[process] != kNone;
    }

    // Nullptr if there never was such a run.
    [[nodiscard]] const Ghost* find(std::uint64_t instance) const;

    [[nodiscard]] const std::vector<Ghost>& all() const { return list_; }

    // The greatest numbers that a run has issued by now.
    static Numbers issued(const Ghost& ghost);

  private:
    std::vector<Ghost> list_;                                       // in the order of their start
    std::vector<std::uint32_t> running_;                            // by process, into list_
    std::unordered_map<std::uint64_t, std::uint32_t> by_instance_;  // into list_; never iterated
};

}  // namespace memberd::sim
