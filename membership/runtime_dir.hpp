// The directory that an agent alone owns while it runs, and the lock that says so.
//
// libzmq would let a second agent take over the sockets of the first without a word, hence the
// lock. It is an flock: it ends with the process, however that ends. Thread rule: one thread.
#pragma once

#include <string>

#include "detector/result.hpp"

namespace memberd {

// An exclusive flock on a file in a directory, which holds the process id of its holder.
class LockFile {
  public:
    // `what` begins the sentence of a refusal: "runtime directory" gives "runtime directory /x is
    // in use by process 17". Conflict if another process holds it.
    static Result<LockFile> acquire(const std::string& directory, const std::string& what);

    LockFile(LockFile&& other) noexcept;
    LockFile& operator=(LockFile&& other) = delete;
    ~LockFile();

  private:
    explicit LockFile(int fd) : fd_(fd) {}

    int fd_;
};

// Makes the directory (and the missing ones above it) with mode 0750, or 0700 for the shared
// /tmp, checks that a directory in /tmp is ours alone, takes the lock, and removes sockets that a
// predecessor left. At its end the sockets are removed.
class RuntimeDir {
  public:
    static Result<RuntimeDir> acquire(const std::string& path);

    RuntimeDir(RuntimeDir&& other) noexcept;
    RuntimeDir& operator=(RuntimeDir&& other) = delete;
    ~RuntimeDir();

    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    RuntimeDir(std::string path, LockFile lock);

    std::string path_;
    LockFile lock_;
};

// As mkdir -p; those made get `mode`.
Status make_directories(const std::string& path, unsigned mode);

}  // namespace memberd
