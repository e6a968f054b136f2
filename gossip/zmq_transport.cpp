#include "gossip/zmq_transport.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "gossip/zmq_options.hpp"

namespace memberd {
namespace {

constexpr QueueLimits kLimits{ZmqTransport::kSendQueueMax, ZmqTransport::kReceiveQueueMax,
                              ZmqTransport::kMessageBytesMax};

std::string zmq_address(const Endpoint& endpoint) {
    return "tcp://" + to_string(endpoint);
}

// The id under which OUT knows a connection: 'c' (an id may not begin with 0) and its number.
constexpr std::size_t kOutIdBytes = 1 + sizeof(std::uint64_t);

std::array<std::uint8_t, kOutIdBytes> out_id(std::uint64_t number) {
    std::array<std::uint8_t, kOutIdBytes> id{'c'};
    std::memcpy(id.data() + 1, &number, sizeof number);
    return id;
}

// The id that libzmq gives to a peer that claims none, as all members do: 0 and 32 bits. The bit
// above them makes a token of it that is never 0 and tells it from most forgeries.
constexpr std::size_t kInIdBytes = 1 + sizeof(std::uint32_t);
constexpr ReplyToken kTokenTag = ReplyToken{1} << 32U;

std::optional<ReplyToken> token_of(Bytes id) {
    if (id.size() != kInIdBytes || id[0] != 0) {
        return std::nullopt;
    }
    std::uint32_t number = 0;
    std::memcpy(&number, id.data() + 1, sizeof number);
    return kTokenTag | number;
}

std::optional<std::array<std::uint8_t, kInIdBytes>> in_id(ReplyToken token) {
    if (token >> 32U != kTokenTag >> 32U) {
        return std::nullopt;
    }
    const auto number = static_cast<std::uint32_t>(token);
    std::array<std::uint8_t, kInIdBytes> id{};
    std::memcpy(id.data() + 1, &number, sizeof number);
    return id;
}

}  // namespace

Result<ZmqTransport::Parts> ZmqTransport::make_parts(const ZmqContext& context) {
    auto zap = ZapHandler::create(context);
    if (!zap) {
        return zap.error();
    }
    auto in = ZmqSocket::open(context, ZMQ_ROUTER);
    if (!in) {
        return in.error();
    }
    auto out = ZmqSocket::open(context, ZMQ_ROUTER);
    if (!out) {
        return out.error();
    }
    if (!set_listening_options(*in, kLimits) || !set_connecting_options(*out, kLimits)) {
        return zmq_error("cannot configure a ZeroMQ socket");
    }
    for (ZmqSocket* socket : {&*in, &*out}) {
        const Status guarded = ZapHandler::guard(*socket);
        if (!guarded) {
            return guarded.error();
        }
    }
    auto monitor = ZmqMonitor::create(context, *out);
    if (!monitor) {
        return monitor.error();
    }
    auto knocker = Knocker::create();
    if (!knocker) {
        return knocker.error();
    }
    return Parts{std::move(*zap), std::move(*in), std::move(*out), std::move(*monitor),
                 std::move(*knocker)};
}

Result<std::unique_ptr<ZmqTransport>> ZmqTransport::create(Instant now,
                                                           const ZmqContext& context,
                                                           const TransportConfig& config) {
    if (config.connections_max == 0) {
        return Error{ErrorCode::BadInput, "a transport needs at least one connection"};
    }
    auto parts = make_parts(context);
    if (!parts) {
        return parts.error();
    }
    auto transport =
        std::unique_ptr<ZmqTransport>(new ZmqTransport(now, config, std::move(*parts)));
    const Status bound = transport->bind(config.bind);
    if (!bound) {
        return bound.error();
    }
    transport->base_fds_ = measure_fds(transport->parts_.knocker.fd(), 0).lowest_free;
    transport->advance(now);
    return transport;
}

ZmqTransport::ZmqTransport(Instant now, const TransportConfig& config, Parts parts)
    : parts_(std::move(parts)),
      now_(now),
      connections_({config.connections_max, config.idle_timeout, config.reply_timeout}) {}

Status ZmqTransport::bind(const Endpoint& where) {
    parts_.in.set(ZMQ_IPV6, where.is_ipv4() ? 0 : 1);
    if (zmq_bind(parts_.in.handle(), zmq_address(where).c_str()) != 0) {
        return zmq_error("cannot listen on " + to_string(where));
    }
    bound_text_ = parts_.in.last_endpoint();
    bound_ =
        parse_endpoint(std::string_view(bound_text_).substr(std::strlen("tcp://"))).value_or(where);
    listening_ = true;
    return Status();
}

void ZmqTransport::guard_fds() {
    if (now_ < fd_guard_.next_deadline()) {
        return;
    }
    const FdUse use = measure_fds(parts_.knocker.fd(), base_fds_ + connections_.size());
    switch (fd_guard_.look(now_, use, listening_)) {
        case FdVerdict::Keep:
            return;
        case FdVerdict::Unbind:
            ++counters_.fd_guard_trips;
            zmq_unbind(parts_.in.handle(), bound_text_.c_str());
            listening_ = false;
            return;
        case FdVerdict::Bind:
            // Where that fails the next look tries again.
            static_cast<void>(bind(bound_));
            return;
    }
}

void ZmqTransport::request(const Endpoint& to, Bytes bytes, bool fresh) {
    if (bytes.empty() || bytes.size() > kMessageBytesMax || !to.is_usable()) {
        ++counters_.dropped_invalid;
        return;
    }
    if (fresh) {
        disconnect(to);
    }
    // A connection that turns out to have ended is replaced once.
    for (int attempt = 0; attempt < 2; ++attempt) {
        Connection* connection = connections_.find(to);
        if (connection == nullptr) {
            connection = connect(to);
        }
        if (connection == nullptr) {
            break;
        }
        const Sending sending = offer(*connection, bytes);
        if (sending == Sending::Queued) {
            ++counters_.requests_sent;
            return;
        }
        if (sending == Sending::Full) {
            ++counters_.dropped_full;
            return;
        }
        hear_monitor();  // Its word on this connection comes before its successor exists.
        note_end(*connection);
        disconnect(to);
    }
    ++counters_.dropped_unreachable;
}

Sending ZmqTransport::offer(Connection& connection, Bytes bytes) {
    const Sending sending = send_to(parts_.out, out_id(connection.id), bytes);
    if (sending == Sending::Queued) {
        connections_.note_request(now_, connection);
    }
    return sending;
}

void ZmqTransport::reply(ReplyToken to, Bytes bytes) {
    const auto id = in_id(to);
    if (!id) {
        ++counters_.replies_lost;
        return;
    }
    if (bytes.empty() || bytes.size() > kMessageBytesMax) {
        ++counters_.dropped_invalid;
        return;
    }
    switch (send_to(parts_.in, *id, bytes)) {
        case Sending::Queued:
            ++counters_.replies_sent;
            return;
        case Sending::Full:
            ++counters_.dropped_full;
            return;
        case Sending::Gone:
            ++counters_.replies_lost;
            return;
    }
}

void ZmqTransport::forget(const Endpoint& peer) {
    disconnect(peer);
}

void ZmqTransport::forget_all() {
    while (connections_.size() > 0) {
        disconnect(connections_.eviction(now_));
    }
}

Connection* ZmqTransport::connect(const Endpoint& peer) {
    if (connections_.is_full()) {
        disconnect(connections_.eviction(now_));
        ++counters_.evicted;
    }
    Connection& connection = connections_.add(now_, peer);
    // The address must be numeric and of the family that IPV6 says: any other text leaves a
    // connection that neither ends nor delivers (measured), and a name would stall libzmq's thread.
    const auto id = out_id(connection.id);
    const bool connected =
        parts_.out.set(ZMQ_CONNECT_ROUTING_ID, std::span<const std::uint8_t>(id)) &&
        parts_.out.set(ZMQ_IPV6, peer.is_ipv4() ? 0 : 1) &&
        zmq_connect(parts_.out.handle(), zmq_address(peer).c_str()) == 0;
    if (!connected) {
        connections_.remove(peer);
        return nullptr;
    }
    ++counters_.opened;
    return &connection;
}

void ZmqTransport::disconnect(const Endpoint& peer) {
    if (connections_.find(peer) == nullptr) {
        return;
    }
    connections_.remove(peer);
    parts_.out.set(ZMQ_IPV6, peer.is_ipv4() ? 0 : 1);
    // ENOENT is fine: libzmq has already forgotten a connection that it found dead.
    zmq_disconnect(parts_.out.handle(), zmq_address(peer).c_str());
}

void ZmqTransport::note_end(Connection& connection) {
    if (connection.up && !connection.end_reported) {
        connection.end_reported = true;
        ++counters_.ended;
        tell(connection.peer, LinkState::Closed);
    }
    // What it finds is true of this connection and of those before it, not of later ones.
    parts_.knocker.knock(now_, connection.peer, connection.id);
}

std::optional<Received> ZmqTransport::receive() {
    int empty_in_a_row = 0;
    for (int i = 0; i < kLooksMax && empty_in_a_row < 2; ++i) {
        const ZmqSocket& socket = out_is_next_ ? parts_.out : parts_.in;
        const Look result = look(socket);
        out_is_next_ = !out_is_next_;
        if (result == Look::Message) {
            return received_;
        }
        empty_in_a_row = result == Look::Empty ? empty_in_a_row + 1 : 0;
    }
    return std::nullopt;
}

ZmqTransport::Look ZmqTransport::look(const ZmqSocket& socket) {
    if (!id_.receive(socket)) {
        return Look::Empty;
    }
    const bool has_payload = id_.has_more() && payload_.receive(socket);
    const bool too_long = has_payload && drop_rest(socket, payload_) > 0;
    if (!has_payload || too_long || payload_.bytes().empty()) {
        ++counters_.protocol_violations;
        return Look::Dropped;
    }
    return &socket == &parts_.in ? take_request(id_.bytes()) : take_reply(id_.bytes());
}

ZmqTransport::Look ZmqTransport::take_request(Bytes id) {
    const auto token = token_of(id);
    if (!token) {
        ++counters_.protocol_violations;  // A peer that names itself is no member.
        return Look::Dropped;
    }
    ++counters_.requests_received;
    received_ = {*token, payload_.bytes()};
    return Look::Message;
}

ZmqTransport::Look ZmqTransport::take_reply(Bytes id) {
    std::uint64_t number = 0;
    if (id.size() == kOutIdBytes) {
        std::memcpy(&number, id.data() + 1, sizeof number);
    }
    Connection* connection = connections_.find(number);
    if (connection == nullptr) {
        ++counters_.replies_stale;
        return Look::Dropped;
    }
    if (!connection->up) {
        tell(connection->peer, LinkState::Up);
    }
    connections_.note_answer(now_, *connection);
    ++counters_.replies_received;
    received_ = {0, payload_.bytes()};
    return Look::Message;
}

std::optional<LinkEvent> ZmqTransport::link_event() {
    if (link_events_.empty()) {
        return std::nullopt;
    }
    const LinkEvent first = link_events_.front();
    link_events_.pop_front();
    return first;
}

void ZmqTransport::tell(const Endpoint& peer, LinkState state) {
    if (link_events_.size() >= kLinkEventsMax) {
        ++counters_.link_events_dropped;
        return;
    }
    link_events_.push_back({peer, state});
}

void ZmqTransport::advance(Instant now) {
    now_ = std::max(now_, now);
    parts_.zap.serve();
    hear_monitor();
    hear_refusals();
    expire_connections();
    guard_fds();
}

void ZmqTransport::hear_monitor() {
    while (const auto ended = parts_.monitor.next()) {
        Connection* connection = connections_.find(ended->peer);
        if (connection == nullptr) {
            continue;
        }
        if (ended->how == EndedConnection::How::Disconnected) {
            note_end(*connection);
        } else {
            parts_.knocker.knock(now_, connection->peer, connection->id);
        }
        // The connection stays: the event may be about its predecessor. If it is about this one,
        // the next send says so.
    }
}

void ZmqTransport::hear_refusals() {
    while (const auto refusal = parts_.knocker.refusal(now_)) {
        ++counters_.refused;
        tell(refusal->peer, LinkState::Refused);
        const Connection* connection = connections_.find(refusal->peer);
        if (connection != nullptr && connection->id <= refusal->tag) {
            disconnect(refusal->peer);
        }
    }
}

void ZmqTransport::expire_connections() {
    while (const auto expired = connections_.expired(now_)) {
        ++(expired->why == Expiry::Idle ? counters_.expired_idle : counters_.expired_unanswered);
        disconnect(expired->peer);
    }
}

Instant ZmqTransport::next_deadline() const {
    return std::min(
        {connections_.next_deadline(), fd_guard_.next_deadline(), parts_.knocker.next_deadline()});
}

std::array<zmq_pollitem_t, 5> ZmqTransport::poll_items() const {
    return {{{parts_.in.handle(), 0, ZMQ_POLLIN, 0},
             {parts_.out.handle(), 0, ZMQ_POLLIN, 0},
             {parts_.zap.handle(), 0, ZMQ_POLLIN, 0},
             {parts_.monitor.handle(), 0, ZMQ_POLLIN, 0},
             {nullptr, parts_.knocker.fd(), ZMQ_POLLIN, 0}}};
}

TransportCounters ZmqTransport::counters() const {
    TransportCounters counters = counters_;
    counters.zap_admitted = parts_.zap.admitted_count();
    counters.zap_rejected = parts_.zap.rejected_count();
    return counters;
}

}  // namespace memberd
