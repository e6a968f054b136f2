#include "membership/client.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <sys/epoll.h>
#include <unistd.h>
#include <utility>

#include <zmq.h>

namespace memberd {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kSnapshotPatience{3000};
// Between two attempts to send to an agent that is not connected (yet).
constexpr std::chrono::milliseconds kConnectPause{20};
constexpr auto kSilenceMax = std::chrono::seconds(5);
constexpr int kReceiveQueueMax = 10'000;
// Publications handled in one poll() before the batch is handed over.
constexpr std::size_t kBatchMax = 10'000;

Error system_error(const std::string& doing) {
    return Error{ErrorCode::System, doing + ": " + zmq_strerror(zmq_errno())};
}

// A libzmq socket; closes at once, whatever is unsent.
class Socket {
  public:
    Socket() = default;
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    ~Socket() {
        if (handle_ != nullptr) {
            zmq_close(handle_);
        }
    }

    Status connect(void* context, int type, const std::string& path) {
        handle_ = zmq_socket(context, type);
        if (handle_ == nullptr) {
            return system_error("opening a socket");
        }
        const auto limit = static_cast<std::int64_t>(local::kMessageBytesMax);
        set(ZMQ_LINGER, 0);
        set(ZMQ_RCVHWM, kReceiveQueueMax);
        set(ZMQ_RECONNECT_IVL, 50);
        set(ZMQ_RECONNECT_IVL_MAX, 1000);
        // Nothing queues for an agent that is not there: it would be asked everything at once when
        // it comes.
        set(ZMQ_IMMEDIATE, 1);
        zmq_setsockopt(handle_, ZMQ_MAXMSGSIZE, &limit, sizeof limit);
        if (type == ZMQ_SUB) {
            zmq_setsockopt(handle_, ZMQ_SUBSCRIBE, "", 0);
        }
        if (zmq_connect(handle_, local::endpoint_of_path(path).c_str()) != 0) {
            return system_error("connecting to " + path);
        }
        return Status();
    }

    bool send(const local::MessageBytes& bytes) {
        return zmq_send(handle_, bytes.data(), bytes.size(), ZMQ_DONTWAIT) >= 0;
    }

    // One message of one frame; others are dropped. Nothing if none waits.
    std::optional<local::MessageBytes> receive() {
        while (true) {
            zmq_msg_t message;
            zmq_msg_init(&message);
            if (zmq_msg_recv(&message, handle_, ZMQ_DONTWAIT) < 0) {
                zmq_msg_close(&message);
                if (zmq_errno() == EINTR) {
                    continue;
                }
                return std::nullopt;
            }
            const auto* data = static_cast<const std::uint8_t*>(zmq_msg_data(&message));
            local::MessageBytes bytes(data, data + zmq_msg_size(&message));
            const bool single = zmq_msg_more(&message) == 0;
            zmq_msg_close(&message);
            if (single && !in_long_message_) {
                return bytes;
            }
            in_long_message_ = !single;
        }
    }

    [[nodiscard]] void* handle() const { return handle_; }

    [[nodiscard]] int fd() const {
        int fd = -1;
        std::size_t size = sizeof fd;
        zmq_getsockopt(handle_, ZMQ_FD, &fd, &size);
        return fd;
    }

  private:
    void set(int option, int value) { zmq_setsockopt(handle_, option, &value, sizeof value); }

    void* handle_ = nullptr;
    bool in_long_message_ = false;
};

long milliseconds_until(Clock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    return std::max<long>(0, static_cast<long>(left.count()));
}

}  // namespace

struct Client::Impl {
    std::string runtime_dir;
    void* context = nullptr;
    std::optional<Socket> control;
    std::optional<Socket> events;
    int epoll_fd = -1;
    std::uint64_t next_request_id = 1;

    Follow follow;
    Batch batch;
    bool is_current = false;
    Clock::time_point heard_at{};

    // The snapshot that is awaited.
    std::uint64_t snapshot_id = 0;
    Clock::time_point snapshot_deadline{};
    Document snapshot_pages;

    // The answer that request() awaits.
    std::uint64_t awaited_id = 0;
    Document pages;
    std::optional<Answer> answer;

    ~Impl();
    bool send(std::uint64_t id, std::string_view op, const Document& arguments);
    void receive_replies();
    void take_reply(local::Reply reply);
    void take_snapshot_page(local::Reply reply);
    void receive_publications();
    void ask_for_snapshot();
    void turn();
    void wait(long timeout_ms);
    [[nodiscard]] long look_again_ms() const;
};

Client::Impl::~Impl() {
    control.reset();
    events.reset();
    if (context != nullptr) {
        zmq_ctx_term(context);
    }
    if (epoll_fd >= 0) {
        close(epoll_fd);
    }
}

bool Client::Impl::send(std::uint64_t id, std::string_view op, const Document& arguments) {
    return control->send(local::encode(local::Request{id, std::string(op), arguments}));
}

void Client::Impl::receive_replies() {
    while (auto bytes = control->receive()) {
        if (Result<local::Reply> reply = local::decode_reply(*bytes)) {
            take_reply(*std::move(reply));
        }
    }
}

void Client::Impl::take_reply(local::Reply reply) {
    if (snapshot_id != 0 && reply.id == snapshot_id) {
        take_snapshot_page(std::move(reply));
        return;
    }
    if (awaited_id == 0 || reply.id != awaited_id) {
        return;  // too late: nobody waits for it any more
    }
    if (reply.status == local::ReplyStatus::Error) {
        answer = Answer{};
        answer->code = reply.payload.value("code", "");
        answer->message = reply.payload.value("message", "");
        return;
    }
    local::append_page(pages, std::move(reply.payload));
    if (reply.status == local::ReplyStatus::Ok) {
        answer = Answer{};
        answer->ok = true;
        answer->document = std::move(pages);
    }
}

void Client::Impl::take_snapshot_page(local::Reply reply) {
    if (reply.status != local::ReplyStatus::Error) {
        local::append_page(snapshot_pages, std::move(reply.payload));
    }
    if (reply.status == local::ReplyStatus::More) {
        snapshot_deadline = Clock::now() + kSnapshotPatience;
        return;
    }
    snapshot_id = 0;
    Result<View> snapshot = view_from_snapshot(snapshot_pages);
    snapshot_pages = Document();
    if (reply.status == local::ReplyStatus::Ok && snapshot) {
        heard_at = Clock::now();
        follow.snapshot(*std::move(snapshot), batch);
    }
}

void Client::Impl::receive_publications() {
    for (std::size_t i = 0; i < kBatchMax; ++i) {
        const auto bytes = events->receive();
        if (!bytes) {
            return;
        }
        if (Result<local::Publication> publication = local::decode_publication(*bytes)) {
            heard_at = Clock::now();
            follow.publication(*publication, batch);
        }
    }
}

void Client::Impl::ask_for_snapshot() {
    const auto now = Clock::now();
    if (now - heard_at > kSilenceMax) {
        follow.doubt();
    }
    if (!follow.needs_snapshot() || (snapshot_id != 0 && now < snapshot_deadline)) {
        return;
    }
    snapshot_pages = Document();
    snapshot_id = next_request_id++;
    const bool sent = send(snapshot_id, "snapshot", Document::object());
    snapshot_deadline = now + (sent ? kSnapshotPatience : kConnectPause);
}

// What waits is taken: publications first, so that the snapshot finds them kept.
void Client::Impl::turn() {
    if (events) {
        receive_publications();
    }
    receive_replies();
    if (events) {
        ask_for_snapshot();
        is_current = !follow.needs_snapshot() && Clock::now() - heard_at <= kSilenceMax;
    }
}

void Client::Impl::wait(long timeout_ms) {
    std::array<zmq_pollitem_t, 2> items{};
    items[0] = {control->handle(), 0, ZMQ_POLLIN, 0};
    int count = 1;
    if (events) {
        items[1] = {events->handle(), 0, ZMQ_POLLIN, 0};
        count = 2;
    }
    zmq_poll(items.data(), count, timeout_ms);
}

// A silent agent and a lost answer are noticed by looking now and then.
long Client::Impl::look_again_ms() const {
    constexpr long kLookMs = 500;
    return snapshot_id == 0 ? kLookMs
                            : std::min(kLookMs, milliseconds_until(snapshot_deadline) + 1);
}

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<Client> Client::open(const std::string& runtime_dir) {
    if (const Status fits = local::check_runtime_dir_length(runtime_dir); !fits) {
        return fits.error();
    }
    auto impl = std::make_unique<Impl>();
    impl->runtime_dir = runtime_dir;
    impl->context = zmq_ctx_new();
    if (impl->context == nullptr) {
        return system_error("starting ZeroMQ");
    }
    impl->control.emplace();
    const std::string path = local::control_path(runtime_dir);
    if (const Status status = impl->control->connect(impl->context, ZMQ_DEALER, path); !status) {
        return status.error();
    }
    return Client(std::move(impl));
}

Result<Answer> Client::request(std::string_view op,
                               const Document& arguments,
                               Milliseconds timeout) {
    const auto deadline = Clock::now() + timeout;
    impl_->awaited_id = impl_->next_request_id++;
    impl_->pages = Document();
    impl_->answer.reset();
    bool sent = false;
    while (!impl_->answer && Clock::now() < deadline) {
        sent = sent || impl_->send(impl_->awaited_id, op, arguments);
        impl_->wait(milliseconds_until(sent ? deadline : Clock::now() + kConnectPause));
        impl_->turn();
    }
    impl_->awaited_id = 0;
    if (!impl_->answer) {
        return Error{ErrorCode::Unavailable,
                     "no answer from an agent at " + local::control_path(impl_->runtime_dir)};
    }
    return *std::move(impl_->answer);
}

Status Client::follow() {
    if (impl_->events) {
        return Status();
    }
    impl_->events.emplace();
    const std::string path = local::events_path(impl_->runtime_dir);
    if (Status status = impl_->events->connect(impl_->context, ZMQ_SUB, path); !status) {
        impl_->events.reset();
        return status;
    }
    impl_->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    for (const Socket* socket : {&*impl_->control, &*impl_->events}) {
        epoll_event interest{};
        interest.events = EPOLLIN;
        if (epoll_ctl(impl_->epoll_fd, EPOLL_CTL_ADD, socket->fd(), &interest) != 0) {
            return system_error("watching the agent's sockets");
        }
    }
    impl_->heard_at = Clock::now();
    return Status();
}

Batch Client::poll(Milliseconds timeout) {
    MEMBERD_CHECK(impl_->events.has_value(), "follow() comes before poll()");
    const auto deadline = Clock::now() + timeout;
    impl_->turn();
    while (impl_->batch.empty() && Clock::now() < deadline) {
        impl_->wait(std::min(milliseconds_until(deadline), impl_->look_again_ms()));
        impl_->turn();
    }
    return std::exchange(impl_->batch, Batch{});
}

const View& Client::view() const {
    return impl_->follow.view();
}

bool Client::is_current() const {
    return impl_->is_current;
}

int Client::fd() const {
    return impl_->epoll_fd;
}

}  // namespace memberd
