// The way to one agent, led through the test: it can be cut for one of those that use it, and for
// that one only.
//
// The agent advertises the relay's port, so all others connect to that. Who speaks is in the first
// message of each connection. What a cut member sends is swallowed, as a network does that loses
// everything: its connections stay, no refusal comes back.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace memberd::test {

class LinkRelay {
  public:
    // To this port of 127.0.0.1; nobody need listen there yet.
    explicit LinkRelay(std::uint16_t target);
    LinkRelay(const LinkRelay&) = delete;
    LinkRelay& operator=(const LinkRelay&) = delete;
    ~LinkRelay();

    [[nodiscard]] std::string address() const;

    // From now on nothing from this member arrives, nor what it is answered on its connections.
    void cut(const std::string& speaker);
    // Connections that lost something end; new ones are sound.
    void heal();

    [[nodiscard]] std::size_t relayed_bytes() const { return relayed_bytes_; }

    [[nodiscard]] std::size_t swallowed_bytes() const { return swallowed_bytes_; }

  private:
    struct Relayed {
        int client = -1;
        int server = -1;
        std::vector<std::uint8_t> beginning;  // until the speaker is known
        std::string speaker;
        bool has_lost = false;
        bool is_over = false;
    };

    void serve();
    void accept_one();
    void forward(Relayed& relayed, int from, int to);

    std::uint16_t target_;
    std::uint16_t port_ = 0;
    int listener_ = -1;
    std::mutex mutex_;
    std::string cut_;  // nobody where it is empty
    std::atomic<std::size_t> relayed_bytes_{0};
    std::atomic<std::size_t> swallowed_bytes_{0};
    std::atomic<bool> is_over_{false};
    std::list<Relayed> connections_;  // of the thread
    std::thread thread_;
};

}  // namespace memberd::test
