// Names to addresses, without ever making the loop wait.
//
// The one place of the libraries with a thread of its own, because getaddrinfo can be neither
// polled nor cancelled and may take half a minute. One name after the other: a slow name delays
// those behind it, and nothing else. Numeric addresses don't wait.
//
// Thread rule: one thread calls everything here; the resolve function runs on the resolver's own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "detector/result.hpp"
#include "gossip/endpoint.hpp"

namespace memberd {

// All addresses of a name, at least one, each with its port; or why there is none.
using Addresses = Result<std::vector<Endpoint>>;
using ResolveFunction = std::function<Addresses(const HostPort&)>;

// What the operating system says (getaddrinfo), without repetitions, in its order.
Addresses resolve_by_system(const HostPort& name);

class Resolver {
  public:
    struct Answer {
        HostPort name;
        Addresses addresses;
    };

    // Names that wait, and answers that wait, together.
    static constexpr std::size_t kWaitingMax = 64;

    // The default asks the operating system. The function may still run when the resolver is gone:
    // it may refer only to what lives on.
    static Result<std::unique_ptr<Resolver>> create(ResolveFunction resolve = resolve_by_system);

    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    // Returns at once. A name in work is given up, not waited for.
    ~Resolver();

    // Asks for the addresses of a name; the answer comes through answer(). False where too many
    // wait. A name that waits already is not asked for again.
    [[nodiscard]] bool request(const HostPort& name);

    [[nodiscard]] std::optional<Answer> answer();

    // Readable while an answer waits.
    [[nodiscard]] int fd() const;

  private:
    struct Shared;

    explicit Resolver(std::shared_ptr<Shared> shared);

    static void work(const std::shared_ptr<Shared>& shared);

    // Shared, because a thread inside getaddrinfo can't be stopped: the resolver leaves it behind,
    // and the last of the two to end frees the state.
    std::shared_ptr<Shared> shared_;
};

}  // namespace memberd
