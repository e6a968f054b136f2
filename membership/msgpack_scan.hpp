// Whether bytes are one MessagePack value that this project's local API allows, before anything is
// built from them.
//
// Unlike the reader of the gossip's wire it accepts every spelling of a number or a length: clients
// in other languages choose their own. Part of the client package.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace memberd::local {

inline constexpr std::size_t kMessageBytesMax = std::size_t{256} * 1024;
inline constexpr int kDepthMax = 16;
inline constexpr std::uint32_t kMapEntriesMax = 256;

using MessageView = std::span<const std::uint8_t>;

// True if the bytes are exactly one value within the limits of LOCAL_API.md section 1: size, depth,
// entries of a map, no bin and no ext, keys of maps and all text valid UTF-8. O(bytes), no
// allocation, no recursion.
[[nodiscard]] bool is_acceptable(MessageView bytes);

}  // namespace memberd::local
