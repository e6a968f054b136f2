#include <algorithm>
#include <cstdio>
#include <sys/resource.h>
#include <sys/stat.h>
#include <utility>

#include <fmt/format.h>

#include "membership/agent.hpp"
#include "membership/local_protocol.hpp"

namespace memberd {
namespace {

// Members that this mode keeps connections to, and what else comes and goes.
std::size_t connections_max(Mode mode, const Timing& timing) {
    return mode == Mode::Memberd ? 2 * std::size_t{timing.ring_count} + 16 : 256;
}

// Connections are descriptors: as many as the system lets us have.
void raise_descriptor_limit(spdlog::logger& log) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) {
        return;
    }
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        log.warn("the limit of open files can't be raised");
    }
}

struct Stored {
    std::optional<LockFile> lock;
    std::optional<StateFile> file;
    SavedState state;
};

// A directory that can't be used at all is a mistake of the configuration; a disk that is full or
// broken must not keep a member out of its cluster.
Result<Stored> open_data_dir(const std::string& directory, spdlog::logger& log) {
    const auto refuse = [&directory](const Error& error) {
        return Error{ErrorCode::BadInput,
                     fmt::format("--data-dir {} can't be used: {}", directory, error.text)};
    };
    if (const Status made = make_directories(directory, 0750); !made) {
        return refuse(made.error());
    }
    Stored stored;
    Result<LockFile> lock = LockFile::acquire(directory, "data directory");
    if (!lock) {
        return lock.error().code == ErrorCode::Conflict ? lock.error() : refuse(lock.error());
    }
    stored.lock.emplace(*std::move(lock));
    stored.file.emplace(directory, system_file_calls());
    auto loaded = stored.file->load();
    if (!loaded && loaded.error().code != ErrorCode::BadInput) {
        return refuse(loaded.error());
    }
    if (!loaded) {
        log.error("{}: it is ignored, seeds are asked instead", loaded.error().text);
    } else if (*loaded) {
        stored.state = **std::move(loaded);
    }
    return stored;
}

// Above every generation of this name that we can know of: that of the last run, and the clock,
// which covers a data directory that was lost or is new.
std::uint64_t next_generation(const SavedState& state) {
    constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
    const std::int64_t clock = os_wall_time().nanoseconds / kNanosecondsPerSecond;
    const auto seconds_now = static_cast<std::uint64_t>(std::max<std::int64_t>(1, clock));
    return std::min(kGenerationMax - 1, std::max(state.generation + 1, seconds_now));
}

}  // namespace

ExitCode exit_code_of(const Error& error) {
    switch (error.code) {
        case ErrorCode::BadInput:
        case ErrorCode::NotFound:
        case ErrorCode::TooLarge:
        case ErrorCode::Unsupported:
            return ExitCode::Usage;
        case ErrorCode::Conflict:
        case ErrorCode::Unavailable:
        case ErrorCode::System:
            return ExitCode::FailedRunning;
    }
    return ExitCode::FailedRunning;
}

Result<Agent::Parts> Agent::open_parts(const AgentConfig& config,
                                       Instant now,
                                       spdlog::logger& log) {
    raise_descriptor_limit(log);
    Result<Signals> signals = Signals::create();
    if (!signals) {
        return signals.error();
    }
    Result<RuntimeDir> directory = RuntimeDir::acquire(config.runtime_dir);
    if (!directory) {
        return directory.error();
    }
    Result<Stored> stored = config.data_dir ? open_data_dir(*config.data_dir, log) : Stored{};
    if (!stored) {
        return stored.error();
    }
    Result<ZmqContext> context = ZmqContext::create();
    if (!context) {
        return context.error();
    }
    TransportConfig transport_config;
    transport_config.bind = config.bind;
    transport_config.connections_max = connections_max(config.detection, timing_of(config.profile));
    auto transport = ZmqTransport::create(now, *context, transport_config);
    if (!transport) {
        return transport.error();
    }
    Result<Publisher> publisher = Publisher::create(*context, *directory);
    if (!publisher) {
        return publisher.error();
    }
    Result<ControlServer> control = ControlServer::create(*context, *directory);
    if (!control) {
        return control.error();
    }
    auto resolver = Resolver::create();
    if (!resolver) {
        return resolver.error();
    }
    return Parts{*std::move(signals),
                 *std::move(directory),
                 std::move(stored->lock),
                 std::move(stored->file),
                 {},
                 std::move(stored->state),
                 *std::move(context),
                 *std::move(transport),
                 *std::move(publisher),
                 *std::move(control),
                 *std::move(resolver)};
}

Profile Agent::self_profile(const AgentConfig& config, const Parts& parts, const Entropy& e) {
    Profile profile;
    profile.name = config.name;
    profile.instance = e.instance;
    profile.endpoint = config.advertise.value_or(parts.transport->bound());
    if (profile.endpoint.port == 0) {
        profile.endpoint.port = parts.transport->bound().port;
    }
    profile.zone = config.attributes.zone;
    profile.weight_milli = config.attributes.weight_milli;
    profile.health = config.attributes.health;
    profile.tags = config.attributes.tags;
    return profile;
}

Result<std::unique_ptr<Agent>> Agent::create(const AgentConfig& config,
                                             const Entropy& entropy,
                                             ReloadFunction reload,
                                             std::shared_ptr<spdlog::logger> log) {
    const Instant now = os_now();
    Result<Parts> parts = open_parts(config, now, *log);
    if (!parts) {
        return parts.error();
    }
    if (!is_valid(self_profile(config, *parts, entropy))) {
        return Error{ErrorCode::TooLarge,
                     "name, zone and tags together are larger than a member may be"};
    }
    parts->state.generation = next_generation(parts->state);
    return std::unique_ptr<Agent>(
        new Agent(config, entropy, std::move(reload), std::move(log), *std::move(parts), now));
}

Agent::Agent(const AgentConfig& config,
             const Entropy& entropy,
             ReloadFunction reload,
             std::shared_ptr<spdlog::logger> log,
             Parts parts,
             Instant now)
    : config_(config),
      reload_(std::move(reload)),
      log_(std::move(log)),
      parts_(std::move(parts)),
      self_address_(self_profile(config_, parts_, entropy).endpoint),
      engine_(
          [&config] {
              EngineConfig engine;
              engine.mode = config.detection;
              engine.timing = timing_of(config.profile);
              engine.timing.membership.restart_grace = config.restart_grace;
              engine.cluster = config.cluster;
              return engine;
          }(),
          self_profile(config_, parts_, entropy),
          parts_.state.generation,
          pool_,
          entropy.engine_seed,
          now),
      attributes_(config.attributes),
      seeds_(now, config.seeds, parts_.state.peers),
      recorder_(entropy.epoch),
      now_(now),
      wall_(os_wall_time()),
      started_(now),
      started_text_(rfc3339(wall_)),
      next_heartbeat_(now),
      next_save_(now + std::chrono::seconds(1)),
      next_alone_report_(now + std::chrono::seconds(5)) {
    save_state();
    for (const MemberView& member : engine_.members()) {
        Change change;
        change.is_new = true;
        change.claim = member.claim;
        change.profile = member.profile;
        take_change(change);
    }
    finish_turn();
}

void Agent::announce_ready() {
    const std::string line =
        fmt::format("memberd ready name={} address={} runtime-dir={}", config_.name,
                    to_string(self_address()), parts_.runtime_dir.path());
    std::puts(line.c_str());
    std::fflush(stdout);
    service_.notify("READY=1\nSTATUS=" + line);
    log_->info("{} of cluster {} serves at {}, generation {}, runtime directory {}", config_.name,
               config_.cluster, to_string(self_address()), parts_.state.generation,
               parts_.runtime_dir.path());
}

}  // namespace memberd
