#include "gossip/zmq_knock.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace memberd {
namespace {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

SocketAddress socket_address(const Endpoint& endpoint) {
    SocketAddress address;
    if (endpoint.is_ipv4()) {
        sockaddr_in v4{};
        v4.sin_family = AF_INET;
        v4.sin_port = htons(endpoint.port);
        std::memcpy(&v4.sin_addr, endpoint.ip.data() + 12, sizeof v4.sin_addr);
        std::memcpy(&address.storage, &v4, sizeof v4);
        address.size = sizeof v4;
        return address;
    }
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    std::memcpy(&v6.sin6_addr, endpoint.ip.data(), sizeof v6.sin6_addr);
    std::memcpy(&address.storage, &v6, sizeof v6);
    address.size = sizeof v6;
    return address;
}

// A connect to a port of this machine that nobody listens on may be given that very port as its own
// and then meets itself (simultaneous open, RFC 9293 §3.5): connected, with nobody there.
bool met_itself(int fd) {
    sockaddr_storage here{};
    sockaddr_storage there{};
    socklen_t here_size = sizeof here;
    socklen_t there_size = sizeof there;
    return getsockname(fd, reinterpret_cast<sockaddr*>(&here), &here_size) == 0 &&
           getpeername(fd, reinterpret_cast<sockaddr*>(&there), &there_size) == 0 &&
           here_size == there_size && std::memcmp(&here, &there, here_size) == 0;
}

bool was_refused(int fd) {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
        return false;
    }
    return error == ECONNREFUSED || (error == 0 && met_itself(fd));
}

int open_socket(const SocketAddress& address) {
    const int fd = socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        // Closes with a reset, so that knocks leave nothing in TIME_WAIT.
        const linger at_once{1, 0};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    return fd;
}

}  // namespace

Result<Knocker> Knocker::create() {
    const int fd = epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0) {
        return Error{ErrorCode::System,
                     "cannot make an epoll: " + std::generic_category().message(errno)};
    }
    return Knocker(fd);
}

Knocker::Knocker(Knocker&& other) noexcept
    : epoll_fd_(std::exchange(other.epoll_fd_, -1)),
      pending_(std::exchange(other.pending_, {})),
      refusals_(std::move(other.refusals_)) {}

Knocker::~Knocker() {
    for (const Pending& pending : pending_) {
        close(pending.fd);
    }
    if (epoll_fd_ >= 0) {
        close(epoll_fd_);
    }
}

void Knocker::knock(Instant now, const Endpoint& peer, std::uint64_t tag) {
    if (Refusal* const under_way = find(peer)) {
        under_way->tag = std::max(under_way->tag, tag);
        return;
    }
    if (pending_.size() >= kPendingMax || refusals_.size() >= kPendingMax) {
        return;
    }
    const SocketAddress address = socket_address(peer);
    const int fd = open_socket(address);
    if (fd < 0) {
        return;  // No descriptor to spare: no evidence.
    }
    const int answer =
        connect(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size);
    if (answer == 0 || errno != EINPROGRESS) {
        // On loopback the answer is there at once.
        const bool refused = answer == 0 ? met_itself(fd) : errno == ECONNREFUSED;
        close(fd);
        if (refused) {
            refusals_.push_back({peer, tag});
        }
        return;
    }
    epoll_event event{};
    event.events = EPOLLOUT | EPOLLERR | EPOLLHUP;
    event.data.fd = fd;
    if (epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) != 0) {
        close(fd);
        return;
    }
    pending_.push_back({fd, {peer, tag}, now + kPatience});
}

Knocker::Refusal* Knocker::find(const Endpoint& peer) {
    for (Pending& pending : pending_) {
        if (pending.about.peer == peer) {
            return &pending.about;
        }
    }
    for (Refusal& refusal : refusals_) {
        if (refusal.peer == peer) {
            return &refusal;
        }
    }
    return nullptr;
}

std::optional<Knocker::Refusal> Knocker::refusal(Instant now) {
    collect(now);
    if (refusals_.empty()) {
        return std::nullopt;
    }
    const Refusal first = refusals_.front();
    refusals_.pop_front();
    return first;
}

void Knocker::collect(Instant now) {
    if (pending_.empty()) {
        return;
    }
    std::array<epoll_event, kPendingMax> events{};
    const int count = epoll_wait(epoll_fd_, events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        const auto answered = std::find_if(pending_.begin(), pending_.end(),
                                           [&](const Pending& p) { return p.fd == fd; });
        if (answered == pending_.end()) {
            continue;
        }
        if (was_refused(fd)) {
            refusals_.push_back(answered->about);
        }
        finish(static_cast<std::size_t>(answered - pending_.begin()));
    }
    for (std::size_t i = pending_.size(); i-- > 0;) {
        if (pending_[i].deadline <= now) {
            finish(i);
        }
    }
}

void Knocker::finish(std::size_t index) {
    close(pending_[index].fd);
    pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(index));
}

Instant Knocker::next_deadline() const {
    Instant first = kNever;
    for (const Pending& pending : pending_) {
        first = std::min(first, pending.deadline);
    }
    return first;
}

}  // namespace memberd
