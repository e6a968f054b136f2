#include "membership/control_server.hpp"

#include <zmq.h>

#include "membership/publisher.hpp"

namespace memberd {

Result<ControlServer> ControlServer::create(const ZmqContext& context,
                                            const RuntimeDir& directory) {
    Result<ZmqSocket> socket = ZmqSocket::open(context, ZMQ_ROUTER);
    if (!socket) {
        return socket.error();
    }
    socket->set(ZMQ_SNDHWM, kSendQueueMax);
    socket->set(ZMQ_RCVHWM, kReceiveQueueMax);
    socket->set(ZMQ_MAXMSGSIZE, static_cast<std::int64_t>(local::kMessageBytesMax));
    socket->set(ZMQ_ROUTER_MANDATORY, 1);
    socket->set(ZMQ_BACKLOG, 1024);
    if (const Status bound = bind_ipc(*socket, local::control_path(directory.path())); !bound) {
        return bound.error();
    }
    return ControlServer(*std::move(socket));
}

std::optional<ControlServer::Asked> ControlServer::receive() {
    for (int look = 0; look < kLooksMax; ++look) {
        ZmqFrame connection;
        ZmqFrame payload;
        if (!connection.receive(socket_)) {
            return std::nullopt;
        }
        Asked asked;
        const auto id = connection.bytes();
        asked.asker.connection.assign(id.begin(), id.end());
        if (!connection.has_more() || !payload.receive(socket_)) {
            ++counters_.rejected;
            continue;
        }
        if (payload.has_more()) {
            drop_rest(socket_, payload);
            ++counters_.rejected;
            continue;
        }
        auto request = local::decode_request(payload.bytes(), asked.asker.request_id);
        if (!request) {
            ++counters_.rejected;
            refuse(asked.asker, "bad_request", request.error().text);
            continue;
        }
        ++counters_.requests;
        asked.request = *std::move(request);
        return asked;
    }
    return std::nullopt;
}

void ControlServer::reply(const Asker& asker,
                          const Document& document,
                          std::string_view array_key) {
    for (const auto& page : local::encode_pages(asker.request_id, document, array_key)) {
        if (!send(asker, page)) {
            return;  // A reply with a hole must not look whole.
        }
    }
}

void ControlServer::refuse(const Asker& asker, std::string_view code, std::string_view message) {
    send(asker, local::encode(local::Reply{asker.request_id, local::ReplyStatus::Error,
                                           local::error_payload(code, message)}));
}

bool ControlServer::send(const Asker& asker, const local::MessageBytes& bytes) {
    const bool queued = send_to(socket_, asker.connection, bytes) == Sending::Queued;
    counters_.replies_lost += queued ? 0 : 1;
    return queued;
}

}  // namespace memberd
