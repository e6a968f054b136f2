// What all processes of an exhaustive run share and nothing changes: who they are, how they are
// set, and every run that any of them can ever have.
//
// A run's instance and chance follow from the seed, the process and the number of the run, so that
// a process is what it has been told and nothing else (lone_process.hpp).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "chaos/sim/ghosts.hpp"
#include "gossip/engine.hpp"

namespace memberd::sim {

inline constexpr std::size_t kExhaustMembersMax = 3;

// One run of one process. Runs are numbered from 1; 0 is none that there ever is.
struct RunOf {
    ProcessId process = kNone;
    std::uint32_t run = 0;
};

class Facts {
  public:
    // Requires 1 <= n <= kExhaustMembersMax. `runs_max`: of one process.
    // `broken`: what engines run by, where it is not what they are judged by; for tests.
    Facts(std::size_t n,
          EngineConfig config,
          std::uint64_t seed,
          std::uint32_t runs_max,
          const std::optional<Timing>& broken = std::nullopt);

    [[nodiscard]] std::size_t n() const { return n_; }

    // What engines are judged by.
    [[nodiscard]] const EngineConfig& config() const { return config_; }

    [[nodiscard]] std::uint32_t runs_max() const { return runs_max_; }

    // The generation grows with every run, as where the data directory is kept.
    [[nodiscard]] std::unique_ptr<Engine> engine(ProcessId process,
                                                 std::uint32_t run,
                                                 std::uint64_t generation,
                                                 ProfilePool& pool,
                                                 Instant now) const;
    // For a ghost of a run that another process may have; generation 1.
    [[nodiscard]] const Engine& stand_in(ProcessId process, std::uint32_t run) const;

    // Of nobody: {kNone, 0}.
    [[nodiscard]] RunOf run_of(std::uint64_t instance) const;
    // kNone if nobody lives there.
    [[nodiscard]] ProcessId process_at(const Endpoint& endpoint) const;

    static std::string name_of(ProcessId process);
    // Of a request from that run; 0 stands for none.
    static ReplyToken token_of(ProcessId process, std::uint32_t run);
    static RunOf asker_of(ReplyToken token);

  private:
    [[nodiscard]] std::uint64_t seed_of(ProcessId process, std::uint32_t run) const;

    std::size_t n_;
    EngineConfig config_;
    EngineConfig engine_config_;
    std::uint64_t seed_;
    std::uint32_t runs_max_;
    ProfilePool stand_in_pool_;
    std::vector<std::unique_ptr<Engine>> stand_ins_;  // by process, then run
    std::unordered_map<std::uint64_t, RunOf> runs_;   // by instance; never iterated
};

}  // namespace memberd::sim
