// Which addresses are contacted until they are members: the configured seeds, by name or by number,
// and the peers known from the last run.
//
// Names are resolved again at every retry: a name may get other addresses. Says when and what to
// resolve; asking and waiting is the caller's. Thread rule: one thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "detector/result.hpp"
#include "detector/time.hpp"
#include "gossip/endpoint.hpp"

namespace memberd {

struct Seed {
    HostPort configured;
    bool is_name = false;              // else `addresses` is fixed
    std::vector<Endpoint> addresses;   // as last resolved
    std::optional<std::string> error;  // why the last resolution failed
};

class Seeds {
  public:
    // Between two resolutions of a name: at the start, and later while not all is well.
    static constexpr Duration kRetryAtStart = std::chrono::seconds(5);
    static constexpr Duration kRetry = std::chrono::seconds(30);
    static constexpr Duration kStart = std::chrono::minutes(1);

    // More are not accepted from outside; the caller sees to it.
    static constexpr std::size_t kSeedsMax = 256;

    // `known_peers` are addresses of the last run.
    Seeds(Instant now, std::span<const HostPort> configured, std::vector<Endpoint> known_peers);

    // Adds those that are not there yet; their names are due at once.
    void add(Instant now, std::span<const HostPort> more);
    // Other configured seeds; those that stay keep what was resolved.
    void replace(Instant now, std::span<const HostPort> configured);

    // The names to resolve now; the next time comes by itself.
    [[nodiscard]] std::vector<HostPort> due(Instant now);
    [[nodiscard]] Instant next_deadline() const;

    // The answer for a name. True if the addresses() changed.
    bool resolved(const HostPort& name, const Result<std::vector<Endpoint>>& addresses);

    // All that is known, without repetitions: seeds first, then peers of the last run.
    [[nodiscard]] std::vector<Endpoint> addresses() const;

    [[nodiscard]] const std::vector<Seed>& seeds() const { return seeds_; }

    // False while a configured name has never been resolved or refused to be.
    [[nodiscard]] bool all_asked() const;

  private:
    Instant started_;
    Instant next_;
    std::vector<Seed> seeds_;
    std::vector<Endpoint> known_peers_;
};

}  // namespace memberd
