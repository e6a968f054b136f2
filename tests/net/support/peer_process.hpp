// echo_peer as a child process. Killed at the latest when the object ends.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>

namespace memberd::test {

class PeerProcess {
  public:
    // Waits until it listens. `fds_max` 0: as many as the parent.
    explicit PeerProcess(std::uint16_t port, unsigned fds_max = 0);
    PeerProcess(const PeerProcess&) = delete;
    PeerProcess& operator=(const PeerProcess&) = delete;
    ~PeerProcess();

    void kill();  // and waits for its end
    void stop();  // and waits until it stands
    void resume();

    // 'R', 'S', 'T' as /proc says; 'X' when it is gone.
    [[nodiscard]] char state() const;
    [[nodiscard]] bool is_running() const;

  private:
    pid_t pid_ = -1;
};

}  // namespace memberd::test
