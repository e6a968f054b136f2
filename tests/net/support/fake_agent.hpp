// An agent's local sockets with nothing behind them: answers what a test tells it to, right or
// wrong.
//
// It owns a runtime directory of its own and a thread that owns the sockets; all calls are
// thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "membership/local_protocol.hpp"

namespace memberd {

class FakeAgent {
  public:
    FakeAgent();
    ~FakeAgent();
    FakeAgent(const FakeAgent&) = delete;
    FakeAgent& operator=(const FakeAgent&) = delete;

    [[nodiscard]] const std::string& directory() const { return directory_; }

    // From now on the op is answered so. Ops without an answer are never answered.
    void answer(const std::string& op, Document document);
    void refuse(const std::string& op, const std::string& code, const std::string& message);
    // Any status and payload, also such as no agent sends.
    void reply(const std::string& op, local::ReplyStatus status, Document payload);
    // Instead of a reply these bytes are sent, and then nothing.
    void reply_bytes(const std::string& op, local::MessageBytes bytes);

    // What was asked so far.
    [[nodiscard]] std::vector<local::Request> requests() const;

    // Publishes the event under the next number, which it puts into the document. The snapshot is
    // the test's: see answer("snapshot", ...).
    void publish(Document event);
    // The next number is skipped, as if a subscriber had lost it.
    void lose_one();
    // A new run: another epoch, numbers from `seq` on.
    void restart(std::uint64_t seq);

    [[nodiscard]] std::uint64_t epoch() const { return epoch_; }

    [[nodiscard]] std::uint64_t seq() const { return seq_; }

    // The sockets close and the thread ends, as if the agent had been killed: the files stay.
    void stop();

  private:
    // Moving a document throws nothing; the check does not know it.
    struct Scripted {  // NOLINT(bugprone-exception-escape)
        local::ReplyStatus status = local::ReplyStatus::Ok;
        Document payload;
        std::optional<local::MessageBytes> bytes;
    };

    void serve();
    std::optional<local::MessageBytes> answer_to(const local::MessageBytes& bytes);

    std::string directory_;
    mutable std::mutex mutex_;
    std::map<std::string, Scripted> script_;
    std::vector<local::Request> requests_;
    std::vector<local::MessageBytes> publications_;
    std::atomic<std::uint64_t> epoch_{4711};
    std::atomic<std::uint64_t> seq_{0};
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace memberd
