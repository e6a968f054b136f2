#include "tests/net/support/fake_agent.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include <zmq.hpp>

#include "detector/check.hpp"

namespace memberd {
namespace {

constexpr std::chrono::milliseconds kTurn{10};
constexpr std::chrono::milliseconds kHeartbeat{200};

std::string new_directory() {
    std::string name = "/tmp/memberd-fake-XXXXXX";
    MEMBERD_CHECK(::mkdtemp(name.data()) != nullptr, "a directory for the sockets");
    return name;
}

}  // namespace

FakeAgent::FakeAgent() : directory_(new_directory()), thread_([this] { serve(); }) {
    // Tests begin when the sockets are there.
    while (!std::filesystem::exists(local::events_path(directory_))) {
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
}

FakeAgent::~FakeAgent() {
    stop();
    std::filesystem::remove_all(directory_);
}

void FakeAgent::stop() {
    stopping_ = true;
    if (thread_.joinable()) {
        thread_.join();
    }
}

void FakeAgent::answer(const std::string& op, Document document) {
    reply(op, local::ReplyStatus::Ok, std::move(document));
}

void FakeAgent::refuse(const std::string& op, const std::string& code, const std::string& message) {
    reply(op, local::ReplyStatus::Error, local::error_payload(code, message));
}

void FakeAgent::reply(const std::string& op, local::ReplyStatus status, Document payload) {
    const std::lock_guard lock(mutex_);
    script_[op] = Scripted{status, std::move(payload), std::nullopt};
}

void FakeAgent::reply_bytes(const std::string& op, local::MessageBytes bytes) {
    const std::lock_guard lock(mutex_);
    script_[op] = Scripted{local::ReplyStatus::Ok, Document(), std::move(bytes)};
}

std::vector<local::Request> FakeAgent::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

void FakeAgent::publish(Document event) {
    const std::lock_guard lock(mutex_);
    event["seq"] = ++seq_;
    publications_.push_back(local::encode_event(epoch_, seq_, event));
}

void FakeAgent::lose_one() {
    ++seq_;
}

void FakeAgent::restart(std::uint64_t seq) {
    const std::lock_guard lock(mutex_);
    ++epoch_;
    seq_ = seq;
}

std::optional<local::MessageBytes> FakeAgent::answer_to(const local::MessageBytes& bytes) {
    std::uint64_t id = 0;
    const Result<local::Request> request = local::decode_request(bytes, id);
    if (!request) {
        return std::nullopt;
    }
    const std::lock_guard lock(mutex_);
    requests_.push_back(*request);
    const auto found = script_.find(request->op);
    if (found == script_.end()) {
        return std::nullopt;
    }
    const Scripted& scripted = found->second;
    return scripted.bytes ? *scripted.bytes
                          : local::encode(local::Reply{id, scripted.status, scripted.payload});
}

void FakeAgent::serve() {
    zmq::context_t context(1);
    zmq::socket_t control(context, zmq::socket_type::router);
    zmq::socket_t events(context, zmq::socket_type::pub);
    control.set(zmq::sockopt::linger, 0);
    events.set(zmq::sockopt::linger, 0);
    control.bind(local::endpoint_of_path(local::control_path(directory_)));
    events.bind(local::endpoint_of_path(local::events_path(directory_)));
    auto heartbeat_at = std::chrono::steady_clock::now();
    while (!stopping_) {
        zmq::pollitem_t item{control.handle(), 0, ZMQ_POLLIN, 0};
        zmq::poll(&item, 1, kTurn);
        zmq::message_t client;
        while (control.recv(client, zmq::recv_flags::dontwait)) {
            zmq::message_t body;
            MEMBERD_CHECK(control.recv(body).has_value(), "a request has two frames");
            const auto* data = body.data<std::uint8_t>();
            if (const auto reply = answer_to({data, data + body.size()})) {
                control.send(client, zmq::send_flags::sndmore);
                control.send(zmq::buffer(*reply), zmq::send_flags::none);
            }
        }
        std::vector<local::MessageBytes> publications;
        {
            const std::lock_guard lock(mutex_);
            publications.swap(publications_);
            if (std::chrono::steady_clock::now() >= heartbeat_at) {
                heartbeat_at += kHeartbeat;
                publications.push_back(local::encode_heartbeat(epoch_, seq_));
            }
        }
        for (const local::MessageBytes& bytes : publications) {
            events.send(zmq::buffer(bytes), zmq::send_flags::none);
        }
    }
}

}  // namespace memberd
