#include "cli/ctl/reach.hpp"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

#include "membership/local_protocol.hpp"

namespace memberd::ctl {
namespace {

constexpr const char* kSystemDir = "/run/memberd";

Error unavailable(std::string text) {
    return Error{ErrorCode::Unavailable, std::move(text)};
}

// A hint for whoever has simply asked in the wrong place.
std::string elsewhere(const std::string& directory) {
    struct stat found {};

    if (directory != kSystemDir && ::stat(local::control_path(kSystemDir).c_str(), &found) == 0) {
        return fmt::format("; there is one at {}: use --runtime-dir {}", kSystemDir, kSystemDir);
    }
    return ": start memberd, or name its directory with --runtime-dir";
}

// Connects once and hangs up; errno's value, 0 if somebody listens.
int knock(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return ENAMETOOLONG;
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) {
        return errno;
    }
    const int result =
        ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const int error = result == 0 ? 0 : errno;
    ::close(descriptor);
    // A full backlog is an agent that is busy or stopped: the wait will tell.
    return error == EAGAIN ? 0 : error;
}

}  // namespace

Result<std::string> runtime_dir(const std::string& given) {
    if (!given.empty()) {
        return given;
    }
    const std::string directory = local::default_runtime_dir();

    struct stat found {};

    if (directory.starts_with("/tmp/") && ::lstat(directory.c_str(), &found) == 0 &&
        (found.st_uid != ::geteuid() || !S_ISDIR(found.st_mode))) {
        return unavailable(
            fmt::format("{} is not a directory of yours, so the agent behind it is not asked: name "
                        "the right one with --runtime-dir",
                        directory));
    }
    return directory;
}

Status check_reachable(const std::string& directory) {
    const std::string path = local::control_path(directory);
    const int error = knock(path);
    switch (error) {
        case 0:
            return Status();
        case ENOENT:
        case ENOTDIR:
            return unavailable(
                fmt::format("no agent has its sockets in {}{}", directory, elsewhere(directory)));
        case ECONNREFUSED:
            return unavailable(fmt::format(
                "the agent of {} is gone and has left its socket behind: start memberd again",
                directory));
        case EACCES:
        case EPERM:
            return unavailable(fmt::format(
                "no permission to talk to the agent in {}: ask as root, or as its user or group",
                directory));
        case ENAMETOOLONG:
            return unavailable(fmt::format(
                "the path {} is longer than a socket's can be: use a shorter --runtime-dir", path));
        default:
            return unavailable(fmt::format("the agent's socket {} can't be reached ({})", path,
                                           std::generic_category().message(error)));
    }
}

}  // namespace memberd::ctl
