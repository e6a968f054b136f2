#include "chaos/exhaust/facts.hpp"

#include <fmt/core.h>

#include "chaos/sim/address.hpp"
#include "chaos/sim/world.hpp"
#include "detector/check.hpp"
#include "detector/random.hpp"

namespace memberd::sim {
namespace {

constexpr unsigned kRunShift = 8;

}  // namespace

Facts::Facts(std::size_t n,
             EngineConfig config,
             std::uint64_t seed,
             std::uint32_t runs_max,
             const std::optional<Timing>& broken)
    : n_(n),
      config_(std::move(config)),
      engine_config_(config_),
      seed_(seed),
      runs_max_(runs_max) {
    engine_config_.timing = broken.value_or(config_.timing);
    MEMBERD_CHECK(n >= 1 && n <= kExhaustMembersMax, "no such number of members");
    for (ProcessId process = 0; process < n; ++process) {
        for (std::uint32_t run = 1; run <= runs_max; ++run) {
            stand_ins_.push_back(engine(process, run, 1, stand_in_pool_, kBeginning));
            runs_[stand_ins_.back()->self().claim.instance] = {process, run};
        }
    }
}

std::uint64_t Facts::seed_of(ProcessId process, std::uint32_t run) const {
    return mix64(mix64(seed_) ^ mix64(std::uint64_t{process} << 32U | run));
}

std::unique_ptr<Engine> Facts::engine(ProcessId process,
                                      std::uint32_t run,
                                      std::uint64_t generation,
                                      ProfilePool& pool,
                                      Instant now) const {
    MEMBERD_CHECK(run >= 1 && run <= runs_max_, "more runs than were foreseen");
    Profile profile;
    profile.name = name_of(process);
    profile.instance = mix64(seed_of(process, run)) | 1U;
    profile.endpoint = endpoint_of(process);
    return std::make_unique<Engine>(engine_config_, profile, generation, pool,
                                    seed_of(process, run), now);
}

const Engine& Facts::stand_in(ProcessId process, std::uint32_t run) const {
    return *stand_ins_.at(process * runs_max_ + run - 1);
}

RunOf Facts::run_of(std::uint64_t instance) const {
    const auto found = runs_.find(instance);
    return found == runs_.end() ? RunOf{} : found->second;
}

ProcessId Facts::process_at(const Endpoint& endpoint) const {
    const auto address = address_of(endpoint);
    return address && *address < n_ ? *address : kNone;
}

std::string Facts::name_of(ProcessId process) {
    return fmt::format("m{}", process);
}

ReplyToken Facts::token_of(ProcessId process, std::uint32_t run) {
    return ReplyToken{run} << kRunShift | process;
}

RunOf Facts::asker_of(ReplyToken token) {
    return {static_cast<ProcessId>(token & ((1U << kRunShift) - 1)),
            static_cast<std::uint32_t>(token >> kRunShift)};
}

}  // namespace memberd::sim
