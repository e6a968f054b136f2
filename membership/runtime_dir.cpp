#include "membership/runtime_dir.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "membership/local_protocol.hpp"

namespace memberd {
namespace {

Error system_error(const std::string& doing, int number) {
    return Error{ErrorCode::System, doing + ": " + std::generic_category().message(number)};
}

// The process id in a lock file; "another process" where it can't be read.
std::string holder_of(int fd) {
    char text[32] = {};
    const ssize_t size = pread(fd, text, sizeof text - 1, 0);
    const std::string digits(text, std::strspn(text, "0123456789"));
    return size > 0 && !digits.empty() ? "process " + digits : "another process";
}

// In a directory that all may write to somebody else may have made ours beforehand.
Status check_owner(const std::string& path) {
    struct stat status {};

    if (lstat(path.c_str(), &status) != 0) {
        return system_error("looking at " + path, errno);
    }
    if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 022) != 0) {
        return Error{ErrorCode::BadInput,
                     "runtime directory " + path +
                         " is not a directory that only this user can write to; remove it or "
                         "choose another --runtime-dir"};
    }
    return Status();
}

void remove_sockets(const std::string& path) {
    unlink(local::control_path(path).c_str());
    unlink(local::events_path(path).c_str());
}

}  // namespace

Status make_directories(const std::string& path, unsigned mode) {
    for (std::size_t slash = path.find('/', 1); true; slash = path.find('/', slash + 1)) {
        const std::string part = path.substr(0, slash);
        // A mode bit that umask clears is one that the operator wants cleared.
        if (mkdir(part.c_str(), mode) != 0 && errno != EEXIST) {
            return system_error("making directory " + part, errno);
        }
        if (slash == std::string::npos) {
            break;
        }
    }

    struct stat status {};

    if (stat(path.c_str(), &status) != 0) {
        return system_error("looking at " + path, errno);
    }
    if (!S_ISDIR(status.st_mode)) {
        return system_error("making directory " + path, ENOTDIR);
    }
    return Status();
}

Result<LockFile> LockFile::acquire(const std::string& directory, const std::string& what) {
    const std::string path = directory + "/lock";
    const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0) {
        return system_error("opening " + path, errno);
    }
    LockFile lock(fd);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) {
            return Error{ErrorCode::Conflict,
                         what + " " + directory + " is in use by " + holder_of(fd)};
        }
        return system_error("locking " + path, errno);
    }
    const std::string id = std::to_string(getpid()) + "\n";
    // A lock that can't say who holds it is still a lock: a full disk keeps nobody from starting.
    if (ftruncate(fd, 0) != 0 || pwrite(fd, id.data(), id.size(), 0) < 0) {
        return lock;
    }
    return lock;
}

LockFile::LockFile(LockFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

LockFile::~LockFile() {
    if (fd_ >= 0) {
        close(fd_);  // The file stays: removing it would let two hold locks of two files.
    }
}

Result<RuntimeDir> RuntimeDir::acquire(const std::string& path) {
    if (Status fits = local::check_runtime_dir_length(path); !fits) {
        return fits.error();
    }
    const bool in_tmp = path == "/tmp/memberd-" + std::to_string(geteuid());
    if (Status made = make_directories(path, in_tmp ? 0700 : 0750); !made) {
        return made.error();
    }
    if (in_tmp) {
        if (Status owned = check_owner(path); !owned) {
            return owned.error();
        }
    }
    Result<LockFile> lock = LockFile::acquire(path, "runtime directory");
    if (!lock) {
        return lock.error();
    }
    remove_sockets(path);
    return RuntimeDir(path, *std::move(lock));
}

RuntimeDir::RuntimeDir(std::string path, LockFile lock)
    : path_(std::move(path)),
      lock_(std::move(lock)) {}

RuntimeDir::RuntimeDir(RuntimeDir&& other) noexcept
    : path_(std::exchange(other.path_, {})),
      lock_(std::move(other.lock_)) {}

RuntimeDir::~RuntimeDir() {
    if (!path_.empty()) {
        remove_sockets(path_);
    }
}

}  // namespace memberd
