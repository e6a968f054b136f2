// Tells the service manager how we are (systemd's sd_notify protocol: one datagram to the socket
// that $NOTIFY_SOCKET names).
//
// Written by hand because it is ten lines, and a library for it would be the agent's only reason to
// need systemd. Thread rule: one thread.
#pragma once

#include <string>
#include <string_view>

namespace memberd {

class ServiceNotifier {
  public:
    // Reads $NOTIFY_SOCKET; without it every notification does nothing.
    ServiceNotifier();

    // Lines such as "READY=1\nSTATUS=...". Never waits, never fails visibly.
    void notify(std::string_view lines) const;

    // As notify("RELOADING=1") with the time that systemd asks for beside it.
    void notify_reloading() const;

  private:
    std::string path_;
};

}  // namespace memberd
