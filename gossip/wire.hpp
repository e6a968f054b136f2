// Strict reading and canonical writing of MessagePack, for bytes from strangers.
//
// The reader accepts only the shortest form of every integer, string and array header, never
// allocates, never throws and never reads behind the end; after the first error every further call
// fails. Canonical bytes make equal values equal byte for byte, which is what digests and interning
// rely on.
#pragma once

#include <cstdint>
#include <string_view>

#include "gossip/transport.hpp"

namespace memberd::wire {

// Arrays inside arrays that the reader follows when it skips a value of an unknown kind.
inline constexpr int kDepthMax = 8;

class Reader {
  public:
    explicit Reader(Bytes bytes) : bytes_(bytes) {}

    // Each returns zero or empty after an error; look at ok() once, at the end.
    std::uint64_t unsigned_integer(std::uint64_t max);
    bool boolean();
    // Valid UTF-8 without control characters (below 0x20, 0x7f), at most max_bytes.
    std::string_view text(std::size_t max_bytes);
    Bytes binary(std::size_t max_bytes);
    std::uint32_t array(std::uint32_t max_count);
    // Consumes a nil and returns true, or leaves another value in place and returns false.
    bool nil();
    // Passes over one value of any kind, at most kDepthMax deep; returns its bytes.
    Bytes skip();

    void fail() { ok_ = false; }

    [[nodiscard]] bool ok() const { return ok_; }

    [[nodiscard]] bool at_end() const { return position_ == bytes_.size(); }

    [[nodiscard]] std::size_t position() const { return position_; }

  private:
    std::uint8_t byte();
    std::uint64_t big_endian(int bytes);
    Bytes take(std::size_t bytes);

    Bytes bytes_;
    std::size_t position_ = 0;
    bool ok_ = true;
};

}  // namespace memberd::wire
