#include "membership/publisher.hpp"

#include <string>
#include <sys/stat.h>
#include <utility>

#include <zmq.h>

#include "membership/local_protocol.hpp"

namespace memberd {
namespace {

// Enough for any client's subscription; what is longer ends the connection.
constexpr std::int64_t kSubscriptionBytesMax = 4096;

}  // namespace

Status bind_ipc(ZmqSocket& socket, const std::string& path) {
    // The mask belongs to the process; no other thread of ours makes files.
    const mode_t before = umask(0117);
    const int result = zmq_bind(socket.handle(), local::endpoint_of_path(path).c_str());
    const int number = zmq_errno();
    umask(before);
    if (result != 0) {
        return Error{ErrorCode::System, "binding " + path + ": " + zmq_strerror(number)};
    }
    return Status();
}

Result<Publisher> Publisher::create(const ZmqContext& context, const RuntimeDir& directory) {
    Result<ZmqSocket> socket = ZmqSocket::open(context, ZMQ_PUB);
    if (!socket) {
        return socket.error();
    }
    socket->set(ZMQ_SNDHWM, kQueueMax);
    socket->set(ZMQ_MAXMSGSIZE, kSubscriptionBytesMax);
    socket->set(ZMQ_BACKLOG, 1024);
    if (const Status bound = bind_ipc(*socket, local::events_path(directory.path())); !bound) {
        return bound.error();
    }
    return Publisher(*std::move(socket));
}

void Publisher::publish(std::uint64_t epoch, std::span<const Event> events) {
    for (const Event& event : events) {
        const auto bytes = local::encode_event(epoch, event.seq, to_document(event));
        zmq_send(socket_.handle(), bytes.data(), bytes.size(), ZMQ_DONTWAIT);
        ++published_count_;
    }
}

void Publisher::heartbeat(std::uint64_t epoch, std::uint64_t seq) {
    const auto bytes = local::encode_heartbeat(epoch, seq);
    zmq_send(socket_.handle(), bytes.data(), bytes.size(), ZMQ_DONTWAIT);
}

}  // namespace memberd
