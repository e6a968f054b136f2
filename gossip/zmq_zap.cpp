#include "gossip/zmq_zap.hpp"

#include <array>
#include <cstddef>
#include <string_view>

namespace memberd {
namespace {

constexpr const char* kZapAddress = "inproc://zeromq.zap.01";

// ZMQ_ZAP_ENFORCE_DOMAIN: declared for draft builds only, understood by all since 4.3.
constexpr int kZapEnforceDomain = 93;

// RFC 27: id, delimiter, version, request, domain, address, routing id, mechanism, credentials...
constexpr std::size_t kIdAt = 0;
constexpr std::size_t kRequestAt = 3;
constexpr std::size_t kDomainAt = 4;
constexpr std::size_t kMechanismAt = 7;
constexpr std::size_t kFramesMin = 8;
constexpr std::size_t kFramesMax = 12;

using Frames = std::array<ZmqFrame, kFramesMax>;

// Whether libzmq may let the connection through. CURVE will add the mechanism whose first
// credential, the client's key, must be one of the cluster's.
bool admits(const Frames& frames) {
    return frames[kDomainAt].text() == ZapHandler::kDomain && frames[kMechanismAt].text() == "NULL";
}

void answer(const ZmqSocket& socket, const Frames& frames, bool admitted) {
    // 400 ends the connection at once; 300 would keep it half open until the handshake times out.
    const std::array<std::string_view, 8> reply{frames[kIdAt].text(),
                                                "",
                                                "1.0",
                                                frames[kRequestAt].text(),
                                                admitted ? "200" : "400",
                                                admitted ? "OK" : "not a member",
                                                "",
                                                ""};
    for (std::size_t i = 0; i < reply.size(); ++i) {
        const int more = i + 1 < reply.size() ? ZMQ_SNDMORE : 0;
        if (zmq_send(socket.handle(), reply[i].data(), reply[i].size(), ZMQ_DONTWAIT | more) < 0) {
            return;  // The asking connection has ended meanwhile.
        }
    }
}

}  // namespace

Result<ZapHandler> ZapHandler::create(const ZmqContext& context) {
    auto socket = ZmqSocket::open(context, ZMQ_ROUTER);
    if (!socket) {
        return socket.error();
    }
    if (zmq_bind(socket->handle(), kZapAddress) != 0) {
        return zmq_error("cannot answer for who may connect");
    }
    return ZapHandler(std::move(socket).value());
}

Status ZapHandler::guard(ZmqSocket& socket) {
    if (!socket.set(ZMQ_ZAP_DOMAIN, std::string(kDomain)) || !socket.set(kZapEnforceDomain, 1)) {
        return zmq_error("cannot make a ZeroMQ socket ask who may connect");
    }
    return Status();
}

void ZapHandler::serve() {
    for (int i = 0; i < kAnswersMax && serve_one(); ++i) {
    }
}

bool ZapHandler::serve_one() {
    Frames frames;
    std::size_t count = 0;
    bool more = true;
    while (more && count < frames.size()) {
        if (!frames[count].receive(socket_)) {
            return false;
        }
        more = frames[count++].has_more();
    }
    const bool whole = !more && count >= kFramesMin;
    if (more) {
        drop_rest(socket_, frames.back());
    }
    const bool admitted = whole && admits(frames);
    ++(admitted ? admitted_count_ : rejected_count_);
    if (count > kRequestAt) {
        answer(socket_, frames, admitted);
    }
    return true;
}

}  // namespace memberd
