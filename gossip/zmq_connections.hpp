// The book of the connections that the transport opened: who may stay, who must go, and when.
//
// Keeps no socket and reads no clock, so that its rules are tested without either. One connection a
// peer, at most `connections_max` in all (a few hundred). Looking one up costs O(1); choosing whom
// to evict and finding what has expired cost O(n).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "detector/time.hpp"
#include "gossip/endpoint.hpp"

namespace memberd {

struct Connection {
    // Never used twice in the life of a process: libzmq aborts when an id is still in its table.
    std::uint64_t id = 0;
    Endpoint peer;
    Instant last_used;
    Instant unanswered_since = kNever;  // of the first request since the last answer
    bool up = false;                    // something came back on it
    bool end_reported = false;
};

enum class Expiry : std::uint8_t {
    Unanswered,
    Idle,
};

class ConnectionTable {
  public:
    struct Limits {
        std::size_t connections_max = 0;
        Duration idle_timeout{};
        Duration reply_timeout{};
    };

    struct Expired {
        Endpoint peer;
        Expiry why = Expiry::Idle;
    };

    // A connection that was used more recently than this may still carry messages that are on their
    // way; with one connection for all, evicting at once lost half of them (measured).
    static constexpr Duration kInUse = std::chrono::seconds(2);

    // Requires connections_max > 0.
    explicit ConnectionTable(Limits limits);

    [[nodiscard]] Connection* find(const Endpoint& peer);
    [[nodiscard]] Connection* find(std::uint64_t id);

    [[nodiscard]] std::size_t size() const { return connections_.size(); }

    [[nodiscard]] bool is_full() const { return size() >= limits_.connections_max; }

    // The id that the next connection gets.
    [[nodiscard]] std::uint64_t next_id() const { return next_id_; }

    // Requires room, and no connection to `peer`.
    Connection& add(Instant now, const Endpoint& peer);

    void remove(const Endpoint& peer);

    // Who goes when room is needed: the least recently used of those unused for kInUse; if there is
    // none, of those that wait for no answer; if there is none either, of all. (The bound holds
    // always: connections are file descriptors, here and at the peer.) Requires a connection.
    [[nodiscard]] Endpoint eviction(Instant now) const;

    // Notes that a request went out, that an answer came.
    void note_request(Instant now, Connection& connection);
    void note_answer(Instant now, Connection& connection);

    // A connection whose time is over, or nothing. Costs O(1) before next_deadline().
    [[nodiscard]] std::optional<Expired> expired(Instant now);

    // Not later than the first expiry.
    [[nodiscard]] Instant next_deadline() const { return deadline_; }

  private:
    [[nodiscard]] Instant deadline_of(const Connection& connection) const;

    Limits limits_;
    std::uint64_t next_id_ = 1;
    Instant deadline_ = kNever;
    std::unordered_map<Endpoint, Connection, EndpointHash> connections_;
    std::unordered_map<std::uint64_t, Connection*> by_id_;  // into connections_, whose nodes stay
};

}  // namespace memberd
