#include "membership/state_file.hpp"

#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace memberd {
namespace {

using ::testing::HasSubstr;

// A disk in memory whose calls can be made to fail, or to stop for ever as a crash does.
struct FakeDisk {
    std::map<std::string, std::string> files;
    std::map<int, std::string> open_files;
    int next_fd = 3;
    int calls_left = -1;  // then each call fails; -1: never
    int error = EIO;
    bool writes_half = false;  // the failing write leaves half of its bytes behind

    bool fails() {
        if (calls_left == 0) {
            errno = error;
            return true;
        }
        --calls_left;
        return false;
    }
};

FileCalls calls_of(FakeDisk& disk) {
    return FileCalls{[&disk](const char* path, int flags, mode_t) {
                         const bool makes = (flags & 0100) != 0;  // O_CREAT
                         if (disk.fails()) {
                             return -1;
                         }
                         if (!makes && !disk.files.contains(path) && std::string(path) != "/data") {
                             errno = ENOENT;
                             return -1;
                         }
                         if (makes) {
                             disk.files[path].clear();
                         }
                         disk.open_files[disk.next_fd] = path;
                         return disk.next_fd++;
                     },
                     [&disk](int fd, void* data, std::size_t size) -> ssize_t {
                         if (disk.fails()) {
                             return -1;
                         }
                         std::string& content = disk.files[disk.open_files[fd]];
                         const std::size_t count = std::min(size, content.size());
                         std::memcpy(data, content.data(), count);
                         content.erase(0, count);  // Read once: the tests open anew each time.
                         return static_cast<ssize_t>(count);
                     },
                     [&disk](int fd, const void* data, std::size_t size) -> ssize_t {
                         std::string& content = disk.files[disk.open_files[fd]];
                         if (disk.fails()) {
                             if (disk.writes_half) {
                                 content.append(static_cast<const char*>(data), size / 2);
                             }
                             return -1;
                         }
                         const std::size_t count =
                             std::min<std::size_t>(size, 16);  // short writes happen
                         content.append(static_cast<const char*>(data), count);
                         return static_cast<ssize_t>(count);
                     },
                     [&disk](int) { return disk.fails() ? -1 : 0; },
                     [&disk](int) { return disk.fails() ? -1 : 0; },
                     [&disk](const char* from, const char* to) {
                         if (disk.fails()) {
                             return -1;
                         }
                         disk.files[to] = disk.files[from];
                         disk.files.erase(from);
                         return 0;
                     }};
}

SavedState state_with(std::uint64_t generation) {
    return SavedState{generation,
                      {*parse_endpoint("127.0.0.1:7747"), *parse_endpoint("[2001:db8::1]:7747")}};
}

TEST(StateFile, WhatIsSavedIsLoaded) {
    FakeDisk disk;
    StateFile file("/data", calls_of(disk));
    EXPECT_FALSE(file.load()->has_value());

    ASSERT_TRUE(file.save(state_with(42)));

    EXPECT_EQ(**file.load(), state_with(42));
}

// A crash or an error at every single call of a save: the file is the old one or the new one.
TEST(StateFile, AFailureAtAnyCallOfASaveLeavesTheOldFileOrTheNew) {
    for (const int error : {ENOSPC, EIO}) {
        bool reached_the_end = false;
        for (int calls = 0; !reached_the_end; ++calls) {
            SCOPED_TRACE("fails from call " + std::to_string(calls));
            FakeDisk disk;
            disk.writes_half = true;
            StateFile file("/data", calls_of(disk));
            ASSERT_TRUE(file.save(state_with(1)));

            disk.calls_left = calls;
            disk.error = error;
            const Status saved = file.save(state_with(2));
            reached_the_end = static_cast<bool>(saved);
            disk.calls_left = -1;

            const auto found = decode_state(disk.files["/data/state"]);
            ASSERT_TRUE(found);
            EXPECT_TRUE(*found == state_with(2) || (!saved && *found == state_with(1)));
            if (!saved) {
                EXPECT_THAT(saved.error().text, HasSubstr("/data"));
                EXPECT_THAT(saved.error().text, HasSubstr(std::strerror(error)));
                EXPECT_TRUE(file.save(state_with(3)));
                EXPECT_EQ(decode_state(disk.files["/data/state"]), state_with(3));
            }
        }
    }
}

TEST(StateFile, EveryTornOrChangedFileIsRefused) {
    const std::string whole = encode_state(state_with(77));
    ASSERT_EQ(decode_state(whole), state_with(77));

    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(decode_state(whole.substr(0, size))) << size;
    }
    for (std::size_t i = 0; i < whole.size(); ++i) {
        std::string changed = whole;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_FALSE(decode_state(changed)) << i;
    }
    EXPECT_FALSE(decode_state(whole + "x"));
    EXPECT_FALSE(decode_state(std::string(1000, '\0')));
}

TEST(StateFile, ADamagedFileIsBadInputAndAnUnreadableOneIsNot) {
    FakeDisk disk;
    StateFile file("/data", calls_of(disk));
    disk.files["/data/state"] = "garbage";
    EXPECT_EQ(file.load().error().code, ErrorCode::BadInput);

    disk.files["/data/state"] = encode_state(state_with(1));
    disk.calls_left = 1;
    EXPECT_EQ(file.load().error().code, ErrorCode::System);
}

TEST(StateFile, NoMorePeersAreKeptThanTheLimit) {
    SavedState state;
    state.generation = 1;
    for (std::uint16_t port = 1; port <= 300; ++port) {
        state.peers.push_back(*parse_endpoint("127.0.0.1:" + std::to_string(port)));
    }

    const auto kept = decode_state(encode_state(state));

    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->peers.size(), kSavedPeersMax);
}

}  // namespace
}  // namespace memberd
