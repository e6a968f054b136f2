#include "gossip/zmq_fd_guard.hpp"

#include <algorithm>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace memberd {

FdUse measure_fds(int any_fd, std::uint64_t own) {
    rlimit limit{};
    FdUse use;
    use.own = own;
    use.limit = getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
    const int free_fd = fcntl(any_fd, F_DUPFD_CLOEXEC, 0);
    if (free_fd < 0) {
        use.lowest_free = use.limit;
    } else {
        use.lowest_free = static_cast<std::uint64_t>(free_fd);
        close(free_fd);
    }
    return use;
}

FdVerdict FdGuard::look(Instant now, const FdUse& use, bool listening) {
    if (now < next_look_) {
        return FdVerdict::Keep;
    }
    next_look_ = now + kInterval;
    const std::uint64_t own = std::min(use.own, use.limit);
    const std::uint64_t strangers = use.lowest_free > own ? use.lowest_free - own : 0;
    const std::uint64_t room = use.limit - own;
    if (listening && (strangers > room / 2 || room == 0)) {
        closed_until_ = now + kClosedFor;
        return FdVerdict::Unbind;
    }
    if (!listening && now >= closed_until_ && room > 0 && strangers <= room / 4) {
        return FdVerdict::Bind;
    }
    return FdVerdict::Keep;
}

}  // namespace memberd
