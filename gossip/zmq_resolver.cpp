#include "gossip/zmq_resolver.hpp"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <deque>
#include <exception>
#include <mutex>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace memberd {
namespace {

bool is_same(const HostPort& a, const HostPort& b) {
    return a.host == b.host && a.port == b.port;
}

Endpoint endpoint_of(const addrinfo& info, std::uint16_t port) {
    Endpoint endpoint;
    endpoint.port = port;
    if (info.ai_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, info.ai_addr, sizeof v4);
        endpoint.ip[10] = 0xff;
        endpoint.ip[11] = 0xff;
        std::memcpy(endpoint.ip.data() + 12, &v4.sin_addr, sizeof v4.sin_addr);
    } else {
        sockaddr_in6 v6{};
        std::memcpy(&v6, info.ai_addr, sizeof v6);
        std::memcpy(endpoint.ip.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
    }
    return endpoint;
}

std::optional<Endpoint> numeric(const HostPort& name) {
    const bool is_v6 = name.host.find(':') != std::string::npos;
    const std::string host = is_v6 ? "[" + name.host + "]" : name.host;
    return parse_endpoint(host + ":" + std::to_string(name.port));
}

std::string failure_text(int code) {
    return code == EAI_SYSTEM ? std::generic_category().message(errno) : gai_strerror(code);
}

// A resolve function that throws must not end the process.
Addresses resolve_safely(const ResolveFunction& resolve, const HostPort& name) {
    try {
        return resolve(name);
    } catch (const std::exception& failure) {
        return Error{ErrorCode::System, "cannot resolve " + name.host + ": " + failure.what()};
    }
}

}  // namespace

Addresses resolve_by_system(const HostPort& name) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    const int code = getaddrinfo(name.host.c_str(), nullptr, &hints, &list);
    if (code != 0) {
        const bool may_pass = code == EAI_AGAIN || code == EAI_SYSTEM || code == EAI_MEMORY;
        return Error{may_pass ? ErrorCode::Unavailable : ErrorCode::NotFound,
                     "cannot resolve " + name.host + ": " + failure_text(code)};
    }
    std::vector<Endpoint> addresses;
    for (const addrinfo* info = list; info != nullptr; info = info->ai_next) {
        if (info->ai_family != AF_INET && info->ai_family != AF_INET6) {
            continue;
        }
        const Endpoint endpoint = endpoint_of(*info, name.port);
        if (std::find(addresses.begin(), addresses.end(), endpoint) == addresses.end()) {
            addresses.push_back(endpoint);
        }
    }
    freeaddrinfo(list);
    if (addresses.empty()) {
        return Error{ErrorCode::NotFound, "cannot resolve " + name.host + ": no IP address"};
    }
    return addresses;
}

struct Resolver::Shared {
    Shared(ResolveFunction function, int event_fd) : resolve(std::move(function)), fd(event_fd) {}

    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;

    ~Shared() { close(fd); }

    // Requires the lock.
    void put(Answer answer) {
        answers.push_back(std::move(answer));
        const std::uint64_t one = 1;
        static_cast<void>(!write(fd, &one, sizeof one));  // Fails only where it is readable anyway.
    }

    const ResolveFunction resolve;
    const int fd;
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<HostPort> names;  // the first is in work, or will be next
    std::deque<Answer> answers;
    bool ended = false;
};

Result<std::unique_ptr<Resolver>> Resolver::create(ResolveFunction resolve) {
    const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0) {
        return Error{ErrorCode::System,
                     "cannot make an eventfd: " + std::generic_category().message(errno)};
    }
    auto shared = std::make_shared<Shared>(std::move(resolve), fd);
    // Signals belong to the loop: the thread inherits that it takes none.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    Status started;
    try {
        std::thread([shared] { work(shared); }).detach();
    } catch (const std::system_error& failure) {
        started =
            Error{ErrorCode::System,
                  std::string("cannot start the thread that resolves names: ") + failure.what()};
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (!started) {
        return started.error();
    }
    return std::unique_ptr<Resolver>(new Resolver(std::move(shared)));
}

Resolver::Resolver(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

Resolver::~Resolver() {
    const std::lock_guard lock(shared_->mutex);
    shared_->ended = true;
    shared_->changed.notify_one();
}

bool Resolver::request(const HostPort& name) {
    const std::lock_guard lock(shared_->mutex);
    if (std::any_of(shared_->names.begin(), shared_->names.end(),
                    [&](const HostPort& waiting) { return is_same(waiting, name); })) {
        return true;
    }
    if (shared_->names.size() + shared_->answers.size() >= kWaitingMax) {
        return false;
    }
    if (const auto address = numeric(name)) {
        shared_->put({name, std::vector<Endpoint>{*address}});
        return true;
    }
    shared_->names.push_back(name);
    shared_->changed.notify_one();
    return true;
}

std::optional<Resolver::Answer> Resolver::answer() {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->answers.empty()) {
        return std::nullopt;
    }
    Answer first = std::move(shared_->answers.front());
    shared_->answers.pop_front();
    if (shared_->answers.empty()) {
        std::uint64_t count = 0;
        static_cast<void>(!read(shared_->fd, &count, sizeof count));
    }
    return first;
}

int Resolver::fd() const {
    return shared_->fd;
}

void Resolver::work(const std::shared_ptr<Shared>& shared) {
    std::unique_lock lock(shared->mutex);
    while (true) {
        shared->changed.wait(lock, [&] { return shared->ended || !shared->names.empty(); });
        if (shared->ended) {
            return;
        }
        // It stays first in the queue, so that it isn't asked for again meanwhile.
        const HostPort name = shared->names.front();
        lock.unlock();
        Addresses addresses = resolve_safely(shared->resolve, name);
        lock.lock();
        shared->names.pop_front();
        shared->put({name, std::move(addresses)});
    }
}

}  // namespace memberd
