// Strict reading and canonical writing of MessagePack, for bytes from strangers.
//
// The reader accepts only the shortest form of every integer, string and array header, never
// allocates, never throws and never reads behind the end; after the first error every further call
// fails. Canonical bytes make equal values equal byte for byte, which is what digests and interning
// rely on.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "gossip/transport.hpp"

namespace memberd::wire {

// Valid UTF-8 without control characters (below 0x20, 0x7f): what may stand in a name, a zone, a
// tag. The empty text is.
bool is_plain_text(std::string_view text);

// Arrays inside arrays that the reader follows when it skips a value of an unknown kind.
inline constexpr int kDepthMax = 8;

class Reader {
  public:
    explicit Reader(Bytes bytes) : bytes_(bytes) {}

    // Each returns zero or empty after an error; look at ok() once, at the end.
    std::uint64_t unsigned_integer(std::uint64_t max);
    bool boolean();
    // Plain text (see above) of at most max_bytes.
    std::string_view text(std::size_t max_bytes);
    Bytes binary(std::size_t max_bytes);
    std::uint32_t array(std::uint32_t max_count);
    // Consumes a nil and returns true, or leaves another value in place and returns false.
    bool nil();
    // Passes over one value of any kind and in any form, at most kDepthMax deep; returns its bytes.
    // Linear in them, whatever counts they claim.
    Bytes skip();

    void fail() { ok_ = false; }

    [[nodiscard]] bool ok() const { return ok_; }

    [[nodiscard]] bool at_end() const { return position_ == bytes_.size(); }

    [[nodiscard]] std::size_t position() const { return position_; }

    // What was read since `start`, an earlier position.
    [[nodiscard]] Bytes since(std::size_t start) const {
        return bytes_.subspan(start, position_ - start);
    }

  private:
    [[nodiscard]] std::size_t left() const { return bytes_.size() - position_; }

    std::uint8_t byte();
    std::uint64_t big_endian(std::size_t bytes);
    Bytes take(std::uint64_t bytes);
    // The length that follows a head of one, two or four length bytes, in its shortest form only:
    // `shorter` is the greatest length that a shorter head would have held.
    std::uint64_t length(std::uint8_t head, std::uint8_t head_of_one_byte, std::uint64_t shorter);
    // Passes over the head and payload of one value; returns how many values it holds inside.
    std::uint64_t skip_one();

    Bytes bytes_;
    std::size_t position_ = 0;
    bool ok_ = true;
};

// Appends values in the form that the reader accepts. Never allocates while the buffer's capacity
// suffices.
class Writer {
  public:
    explicit Writer(std::vector<std::uint8_t>& buffer) : buffer_(buffer) {}

    void unsigned_integer(std::uint64_t value);
    void boolean(bool value);
    void text(std::string_view value);
    void binary(Bytes value);
    void array(std::size_t count);
    void nil();
    // Values that are encoded already.
    void raw(Bytes bytes);

  private:
    std::vector<std::uint8_t>& buffer_;
};

}  // namespace memberd::wire
