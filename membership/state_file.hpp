// What must survive a restart of the agent: its generation, and where others were last seen.
//
// One small file in the data directory, replaced as a whole: written beside, synced, renamed, and
// the directory synced. At every moment the file is the old one or the new one. A checksum tells a
// file that is neither (a broken disk); it is ignored with an error, because seeds find the cluster
// again. Thread rule: one thread; save() waits for the disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "detector/result.hpp"
#include "gossip/endpoint.hpp"

namespace memberd {

// The system calls that the state file is made with, so that tests can make each of them fail. As
// the calls of their names: -1 and errno.
struct FileCalls {
    std::function<int(const char* path, int flags, mode_t mode)> open;
    std::function<ssize_t(int fd, void* data, std::size_t size)> read;
    std::function<ssize_t(int fd, const void* data, std::size_t size)> write;
    std::function<int(int fd)> fsync;
    std::function<int(int fd)> close;
    std::function<int(const char* from, const char* to)> rename;
};

FileCalls system_file_calls();

struct SavedState {
    std::uint64_t generation = 0;
    std::vector<Endpoint> peers;

    bool operator==(const SavedState&) const = default;
};

// Peers beyond this are not saved: enough to find any cluster again.
inline constexpr std::size_t kSavedPeersMax = 256;

std::string encode_state(const SavedState& state);
// Nothing if the text isn't exactly what encode_state() writes.
std::optional<SavedState> decode_state(std::string_view text);

class StateFile {
  public:
    // Nothing is read or written yet.
    StateFile(std::string data_dir, FileCalls calls);

    // What is on disk; nothing where there is no file. Error: BadInput if it is corrupt (to be
    // ignored, the next save replaces it), System if it can't be read.
    Result<std::optional<SavedState>> load();

    // On an error the file is as it was, or the new one if only the last sync failed.
    Status save(const SavedState& state);

    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    Status write_all(const std::string& path, std::string_view text);
    Status sync_directory();
    [[nodiscard]] Error failed(const std::string& doing) const;

    std::string data_dir_;
    std::string path_;
    FileCalls calls_;
};

}  // namespace memberd
