// Whether anybody listens at an address: a TCP connect that waits for nothing and is given up as
// soon as it is answered.
//
// libzmq can't tell: its CLOSED is the same for a connection that was refused, one that timed out
// and one that we gave up ourselves while it was being established, and it names no connection. A
// refusal is evidence of a death, so it has to be beyond doubt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "detector/result.hpp"
#include "detector/time.hpp"
#include "gossip/endpoint.hpp"

namespace memberd {

class Knocker {
  public:
    struct Refusal {
        Endpoint peer;
        std::uint64_t tag = 0;  // of the latest knock
    };

    // At most this many at once; one at a time for a peer.
    static constexpr std::size_t kPendingMax = 32;
    // Given up when not answered by then.
    static constexpr Duration kPatience = std::chrono::seconds(2);

    static Result<Knocker> create();

    Knocker(Knocker&& other) noexcept;
    Knocker& operator=(Knocker&&) = delete;
    ~Knocker();

    // One that is under way serves for this one too, with the greater tag. Does nothing where too
    // many are under way. `tag` is for the caller.
    void knock(Instant now, const Endpoint& peer, std::uint64_t tag);

    // The next refusal; an answer of any other kind is no news and is not told.
    [[nodiscard]] std::optional<Refusal> refusal(Instant now);

    [[nodiscard]] Instant next_deadline() const;

    // Readable when refusal() may have something new.
    [[nodiscard]] int fd() const { return epoll_fd_; }

  private:
    struct Pending {
        int fd = -1;
        Refusal about;
        Instant deadline;
    };

    explicit Knocker(int epoll_fd) : epoll_fd_(epoll_fd) {}

    Refusal* find(const Endpoint& peer);
    void collect(Instant now);
    void finish(std::size_t index);

    int epoll_fd_;
    std::vector<Pending> pending_;
    std::deque<Refusal> refusals_;
};

}  // namespace memberd
