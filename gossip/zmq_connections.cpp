#include "gossip/zmq_connections.hpp"

#include <algorithm>
#include <tuple>

#include "detector/check.hpp"

namespace memberd {

ConnectionTable::ConnectionTable(Limits limits) : limits_(limits) {
    MEMBERD_CHECK(limits.connections_max > 0, "no connection is allowed");
}

Connection* ConnectionTable::find(const Endpoint& peer) {
    const auto found = connections_.find(peer);
    return found == connections_.end() ? nullptr : &found->second;
}

Connection* ConnectionTable::find(std::uint64_t id) {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
}

Connection& ConnectionTable::add(Instant now, const Endpoint& peer) {
    MEMBERD_CHECK(!is_full(), "no room for a connection");
    const auto [place, is_new] = connections_.try_emplace(peer);
    MEMBERD_CHECK(is_new, "two connections to " + to_string(peer));
    Connection& connection = place->second;
    connection.id = next_id_++;
    connection.peer = peer;
    connection.last_used = now;
    by_id_.emplace(connection.id, &connection);
    deadline_ = std::min(deadline_, deadline_of(connection));
    return connection;
}

void ConnectionTable::remove(const Endpoint& peer) {
    const auto found = connections_.find(peer);
    if (found != connections_.end()) {
        by_id_.erase(found->second.id);
        connections_.erase(found);
    }
}

Endpoint ConnectionTable::eviction(Instant now) const {
    MEMBERD_CHECK(!connections_.empty(), "nobody to evict");
    const auto rank = [&](const Connection& connection) {
        const bool in_use = now - connection.last_used < kInUse;
        const bool waits = connection.unanswered_since != kNever;
        // The id settles ties, so that the order of the hash table never shows.
        return std::tuple(in_use, in_use && waits, connection.last_used, connection.id);
    };
    const auto first = std::min_element(
        connections_.begin(), connections_.end(),
        [&](const auto& a, const auto& b) { return rank(a.second) < rank(b.second); });
    return first->first;
}

void ConnectionTable::note_request(Instant now, Connection& connection) {
    connection.last_used = now;
    if (connection.unanswered_since == kNever) {
        connection.unanswered_since = now;
        deadline_ = std::min(deadline_, deadline_of(connection));
    }
}

void ConnectionTable::note_answer(Instant now, Connection& connection) {
    connection.last_used = now;
    connection.unanswered_since = kNever;
    connection.up = true;
}

std::optional<ConnectionTable::Expired> ConnectionTable::expired(Instant now) {
    if (now < deadline_) {
        return std::nullopt;
    }
    deadline_ = kNever;
    std::optional<Expired> first;
    std::uint64_t first_id = 0;
    for (const auto& [peer, connection] : connections_) {
        const Instant deadline = deadline_of(connection);
        deadline_ = std::min(deadline_, deadline);
        if (deadline <= now && (!first || connection.id < first_id)) {
            const bool idle = connection.last_used + limits_.idle_timeout <= now;
            first = Expired{peer, idle ? Expiry::Idle : Expiry::Unanswered};
            first_id = connection.id;
        }
    }
    return first;
}

Instant ConnectionTable::deadline_of(const Connection& connection) const {
    const Instant idle = connection.last_used + limits_.idle_timeout;
    if (connection.unanswered_since == kNever) {
        return idle;
    }
    return std::min(idle, connection.unanswered_since + limits_.reply_timeout);
}

}  // namespace memberd
