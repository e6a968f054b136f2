#include "membership/state_file.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <xxhash.h>

namespace memberd {
namespace {

constexpr std::string_view kFirstLine = "memberd-state 1";
constexpr std::size_t kStateBytesMax = std::size_t{64} * 1024;

std::string checksum(std::string_view text) {
    const std::uint64_t hash = XXH3_64bits(text.data(), text.size());
    std::string digits(16, '0');
    for (std::size_t i = 16; i-- > 0;) {
        digits[i] = "0123456789abcdef"[hash >> (60 - 4 * i) & 15];
    }
    return digits;
}

// Cuts the first line off, without its end; nothing if there is no whole line.
std::optional<std::string_view> next_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

// The rest of a line that begins with the word and a blank.
std::optional<std::string_view> after_word(std::string_view line, std::string_view word) {
    if (line.size() <= word.size() || line.substr(0, word.size()) != word ||
        line[word.size()] != ' ') {
        return std::nullopt;
    }
    return line.substr(word.size() + 1);
}

}  // namespace

FileCalls system_file_calls() {
    return FileCalls{
        [](const char* path, int flags, mode_t mode) { return ::open(path, flags, mode); },
        [](int fd, void* data, std::size_t size) { return ::read(fd, data, size); },
        [](int fd, const void* data, std::size_t size) { return ::write(fd, data, size); },
        [](int fd) { return ::fsync(fd); },
        [](int fd) { return ::close(fd); },
        [](const char* from, const char* to) { return ::rename(from, to); }};
}

// Lines: the kind and version, "generation N", "peer HOST:PORT" any number of times, and "checksum"
// of all lines before it.
std::string encode_state(const SavedState& state) {
    std::string text(kFirstLine);
    text += "\ngeneration " + std::to_string(state.generation) + "\n";
    const std::size_t count = std::min(state.peers.size(), kSavedPeersMax);
    for (std::size_t i = 0; i < count; ++i) {
        text += "peer " + to_string(state.peers[i]) + "\n";
    }
    return text + "checksum " + checksum(text) + "\n";
}

std::optional<SavedState> decode_state(std::string_view text) {
    const std::string_view whole = text;
    if (next_line(text) != kFirstLine) {
        return std::nullopt;
    }
    SavedState state;
    bool has_generation = false;
    while (true) {
        const auto before = static_cast<std::size_t>(text.data() - whole.data());
        const auto line = next_line(text);
        if (!line) {
            return std::nullopt;
        }
        if (const auto digits = after_word(*line, "generation")) {
            const char* end = digits->data() + digits->size();
            const auto [stop, error] = std::from_chars(digits->data(), end, state.generation);
            has_generation = error == std::errc{} && stop == end;
        } else if (const auto address = after_word(*line, "peer")) {
            const auto peer = parse_endpoint(*address);
            if (!peer || state.peers.size() == kSavedPeersMax) {
                return std::nullopt;
            }
            state.peers.push_back(*peer);
        } else {
            const auto sum = after_word(*line, "checksum");
            const bool is_whole = sum && text.empty() && *sum == checksum(whole.substr(0, before));
            return is_whole && has_generation ? std::optional(std::move(state)) : std::nullopt;
        }
    }
}

StateFile::StateFile(std::string data_dir, FileCalls calls)
    : data_dir_(std::move(data_dir)),
      path_(data_dir_ + "/state"),
      calls_(std::move(calls)) {}

Error StateFile::failed(const std::string& doing) const {
    return Error{ErrorCode::System, doing + ": " + std::generic_category().message(errno)};
}

Result<std::optional<SavedState>> StateFile::load() {
    const int fd = calls_.open(path_.c_str(), O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) {
        if (errno == ENOENT) {
            return std::optional<SavedState>();
        }
        return failed("reading " + path_);
    }
    std::string text(kStateBytesMax, '\0');
    std::size_t size = 0;
    ssize_t got = 1;
    while (got > 0 && size < text.size()) {
        got = calls_.read(fd, text.data() + size, text.size() - size);
        size += got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    if (got < 0) {
        const Error error = failed("reading " + path_);
        calls_.close(fd);
        return error;
    }
    calls_.close(fd);
    text.resize(size);
    std::optional<SavedState> state = decode_state(text);
    if (!state) {
        return Error{ErrorCode::BadInput, path_ + " is damaged or not a state file of memberd"};
    }
    return state;
}

Status StateFile::save(const SavedState& state) {
    const std::string beside = path_ + ".new";
    if (Status written = write_all(beside, encode_state(state)); !written) {
        return written;
    }
    if (calls_.rename(beside.c_str(), path_.c_str()) != 0) {
        return failed("renaming " + beside);
    }
    return sync_directory();
}

Status StateFile::write_all(const std::string& path, std::string_view text) {
    const int fd = calls_.open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd < 0) {
        return failed("writing " + path);
    }
    while (!text.empty()) {
        const ssize_t put = calls_.write(fd, text.data(), text.size());
        if (put <= 0) {
            if (put == 0) {
                errno = ENOSPC;
            }
            const Error error = failed("writing " + path);
            calls_.close(fd);
            return error;
        }
        text.remove_prefix(static_cast<std::size_t>(put));
    }
    if (calls_.fsync(fd) != 0) {
        const Error error = failed("writing " + path);
        calls_.close(fd);
        return error;
    }
    if (calls_.close(fd) != 0) {
        return failed("writing " + path);
    }
    return Status();
}

// The new name itself is data of the directory.
Status StateFile::sync_directory() {
    const int fd = calls_.open(data_dir_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd < 0) {
        return failed("opening " + data_dir_);
    }
    const bool synced = calls_.fsync(fd) == 0;
    const Error error = failed("syncing " + data_dir_);
    calls_.close(fd);
    if (!synced) {
        return error;
    }
    return Status();
}

}  // namespace memberd
