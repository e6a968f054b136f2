// The C++ client of an agent: asks it questions, and keeps an application's view equal to the
// agent's.
//
//     auto client = memberd::Client::open(memberd::local::default_runtime_dir());
//     client->follow();
//     while (true) {
//         const memberd::Batch batch = client->poll(1s);
//         if (batch.resynced) { start over from client->view(); }
//         for (const memberd::Event& event : batch.events) { ... }
//     }
//
// Losses, restarts of the agent and a client that slept are all recovered inside; the application
// sees a batch that says `resynced`. There are no callbacks and no thread (reader.hpp has one for
// who wants it). CMake: find_package(memberd), target memberd::client. Thread rule: one thread at
// a time. Destroying a client waits for nothing.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "detector/result.hpp"
#include "membership/follow.hpp"
#include "membership/local_protocol.hpp"
#include "membership/view.hpp"

namespace memberd {

// What the agent answered.
struct Answer {
    bool ok = false;
    Document document;    // the op's document, pages put together; nil if not ok
    std::string code;     // of the refusal: LOCAL_API.md section 2
    std::string message;  // one sentence
};

class Client {
  public:
    using Milliseconds = std::chrono::milliseconds;

    // Error: the path is too long, or ZeroMQ has no resources. An agent need not be there yet.
    static Result<Client> open(const std::string& runtime_dir);

    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;
    ~Client();

    // Asks and waits. Error (Unavailable): no whole answer came in time; the text says which agent.
    // Publications that arrive meanwhile are kept for poll().
    Result<Answer> request(std::string_view op, const Document& arguments, Milliseconds timeout);

    // Begins to follow the membership. The view is there when poll() has returned a batch that says
    // `resynced`. Calling it again does nothing.
    Status follow();

    // What changed since the last call; waits for at most `timeout` for something to change. Events
    // of type Link change nothing in the view: they tell that a member does not answer the agent
    // though others reach it (LOCAL_API.md section 3), or does again.
    // Requires follow().
    Batch poll(Milliseconds timeout);

    // As of the last poll(). Empty before the first snapshot.
    [[nodiscard]] const View& view() const;

    // True while the view is known to be the agent's: a snapshot is there, no gap, and the agent
    // was heard of within the last 5 s. As of the last poll().
    [[nodiscard]] bool is_current() const;

    // Readable when poll() has something to do, for an application's own loop; valid after
    // follow(). Call poll(0ms) whenever it is readable and at least once a second, and before
    // waiting on it for the first time and after every request().
    [[nodiscard]] int fd() const;

  private:
    struct Impl;
    explicit Client(std::unique_ptr<Impl> impl);

    std::unique_ptr<Impl> impl_;
};

}  // namespace memberd
