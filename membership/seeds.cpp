#include "membership/seeds.hpp"

#include <algorithm>
#include <utility>

namespace memberd {
namespace {

bool same(const HostPort& a, const HostPort& b) {
    return a.host == b.host && a.port == b.port;
}

Seed make_seed(const HostPort& configured) {
    Seed seed;
    seed.configured = configured;
    const bool is_v6 = configured.host.find(':') != std::string::npos;
    const std::string host = is_v6 ? "[" + configured.host + "]" : configured.host;
    if (const auto numeric = parse_endpoint(host + ":" + std::to_string(configured.port))) {
        seed.addresses.push_back(*numeric);
    } else {
        seed.is_name = true;
    }
    return seed;
}

}  // namespace

Seeds::Seeds(Instant now, std::span<const HostPort> configured, std::vector<Endpoint> known_peers)
    : started_(now),
      next_(kNever),
      known_peers_(std::move(known_peers)) {
    add(now, configured);
}

void Seeds::add(Instant now, std::span<const HostPort> more) {
    for (const HostPort& entry : more) {
        const bool known = std::any_of(seeds_.begin(), seeds_.end(), [&](const Seed& seed) {
            return same(seed.configured, entry);
        });
        if (!known) {
            seeds_.push_back(make_seed(entry));
            next_ = seeds_.back().is_name ? now : next_;
        }
    }
}

void Seeds::replace(Instant now, std::span<const HostPort> configured) {
    std::erase_if(seeds_, [&](const Seed& seed) {
        return std::none_of(configured.begin(), configured.end(),
                            [&](const HostPort& entry) { return same(seed.configured, entry); });
    });
    add(now, configured);
}

std::vector<HostPort> Seeds::due(Instant now) {
    std::vector<HostPort> names;
    if (now < next_) {
        return names;
    }
    for (const Seed& seed : seeds_) {
        if (seed.is_name) {
            names.push_back(seed.configured);
        }
    }
    if (names.empty()) {
        next_ = kNever;
    } else {
        next_ = now + (now - started_ < kStart ? kRetryAtStart : kRetry);
    }
    return names;
}

Instant Seeds::next_deadline() const {
    return next_;
}

bool Seeds::resolved(const HostPort& name, const Result<std::vector<Endpoint>>& addresses) {
    bool changed = false;
    for (Seed& seed : seeds_) {
        if (!seed.is_name || !same(seed.configured, name)) {
            continue;
        }
        if (!addresses) {
            seed.error = addresses.error().text;  // What was resolved before is still worth trying.
            continue;
        }
        seed.error.reset();
        changed = changed || seed.addresses != *addresses;
        seed.addresses = *addresses;
    }
    return changed;
}

std::vector<Endpoint> Seeds::addresses() const {
    std::vector<Endpoint> all;
    const auto add_once = [&all](const Endpoint& endpoint) {
        if (std::find(all.begin(), all.end(), endpoint) == all.end()) {
            all.push_back(endpoint);
        }
    };
    for (const Seed& seed : seeds_) {
        std::for_each(seed.addresses.begin(), seed.addresses.end(), add_once);
    }
    std::for_each(known_peers_.begin(), known_peers_.end(), add_once);
    return all;
}

bool Seeds::all_asked() const {
    return std::all_of(seeds_.begin(), seeds_.end(),
                       [](const Seed& seed) { return !seed.addresses.empty() || seed.error; });
}

}  // namespace memberd
