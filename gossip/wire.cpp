#include "gossip/wire.hpp"

#include <array>
#include <limits>

#include <msgpack.hpp>

namespace memberd::wire {
namespace {

constexpr std::uint8_t kFixintEnd = 0x80;
constexpr std::uint8_t kFixarray = 0x90;
constexpr std::uint8_t kFixstr = 0xa0;
constexpr std::uint8_t kNil = 0xc0;
constexpr std::uint8_t kNeverUsed = 0xc1;
constexpr std::uint8_t kFalse = 0xc2;
constexpr std::uint8_t kTrue = 0xc3;
constexpr std::uint8_t kBin8 = 0xc4;
constexpr std::uint8_t kExt8 = 0xc7;
constexpr std::uint8_t kFloat32 = 0xca;
constexpr std::uint8_t kUint8 = 0xcc;
constexpr std::uint8_t kInt8 = 0xd0;
constexpr std::uint8_t kFixext1 = 0xd4;
constexpr std::uint8_t kStr8 = 0xd9;
constexpr std::uint8_t kArray16 = 0xdc;
constexpr std::uint8_t kMap16 = 0xde;
constexpr std::uint8_t kNegativeFixint = 0xe0;

bool is_continuation(std::uint8_t byte) {
    return (byte & 0xc0U) == 0x80;
}

// Bytes of the well-formed sequence of two to four bytes at the front, or 0 (Unicode, table 3-7).
std::size_t multibyte_length(std::string_view text) {
    const auto at = [text](std::size_t i) {
        return i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0};
    };
    const std::uint8_t first = at(0);
    const std::uint8_t second = at(1);
    if (!is_continuation(second)) {
        return 0;
    }
    if (first >= 0xc2 && first <= 0xdf) {
        return 2;
    }
    if (!is_continuation(at(2))) {
        return 0;
    }
    if (first >= 0xe0 && first <= 0xef) {
        const bool overlong = first == 0xe0 && second < 0xa0;
        const bool surrogate = first == 0xed && second > 0x9f;
        return overlong || surrogate ? 0 : 3;
    }
    const bool overlong = first == 0xf0 && second < 0x90;
    const bool beyond = first == 0xf4 && second > 0x8f;
    const bool in_range = first >= 0xf0 && first <= 0xf4 && !overlong && !beyond;
    return in_range && is_continuation(at(3)) ? 4 : 0;
}

}  // namespace

bool is_plain_text(std::string_view text) {
    while (!text.empty()) {
        const auto first = static_cast<std::uint8_t>(text.front());
        std::size_t length = 1;
        if (first >= 0x80) {
            length = multibyte_length(text);
        } else if (first < 0x20 || first == 0x7f) {
            length = 0;
        }
        if (length == 0) {
            return false;
        }
        text.remove_prefix(length);
    }
    return true;
}

Bytes Reader::take(std::uint64_t bytes) {
    if (!ok_ || bytes > left()) {
        ok_ = false;
        return {};
    }
    const auto taken = bytes_.subspan(position_, static_cast<std::size_t>(bytes));
    position_ += taken.size();
    return taken;
}

std::uint8_t Reader::byte() {
    const Bytes taken = take(1);
    return taken.empty() ? std::uint8_t{0} : taken[0];
}

std::uint64_t Reader::big_endian(std::size_t bytes) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : take(bytes)) {
        value = value << 8U | byte;
    }
    return value;
}

std::uint64_t Reader::length(std::uint8_t head,
                             std::uint8_t head_of_one_byte,
                             std::uint64_t shorter) {
    const auto step = static_cast<unsigned>(head - head_of_one_byte);
    if (head < head_of_one_byte || step > 2) {
        fail();
        return 0;
    }
    const std::uint64_t value = big_endian(std::size_t{1} << step);
    const std::uint64_t one_size_less = step == 0 ? 0 : step == 1 ? 0xff : 0xffff;
    if (step > 0 ? value <= one_size_less : value < shorter) {
        fail();
    }
    return value;
}

std::uint64_t Reader::unsigned_integer(std::uint64_t max) {
    const std::uint8_t head = byte();
    std::uint64_t value = head;
    if (head >= kFixintEnd) {
        if (head < kUint8 || head >= kInt8) {
            fail();
            return 0;
        }
        const auto step = static_cast<unsigned>(head - kUint8);
        value = big_endian(std::size_t{1} << step);
        constexpr std::array<std::uint64_t, 4> kLeast{0x80, 0x100, 0x1'0000, 0x1'0000'0000};
        if (value < kLeast[step]) {
            fail();
        }
    }
    if (value > max) {
        fail();
    }
    return ok_ ? value : 0;
}

bool Reader::boolean() {
    const std::uint8_t head = byte();
    if (head != kTrue && head != kFalse) {
        fail();
    }
    return ok_ && head == kTrue;
}

std::string_view Reader::text(std::size_t max_bytes) {
    const std::uint8_t head = byte();
    const bool fixed = head >= kFixstr && head < kNil;
    const std::uint64_t bytes = fixed ? head - kFixstr : length(head, kStr8, 32);
    if (bytes > max_bytes) {
        fail();
    }
    const Bytes taken = take(bytes);
    const std::string_view text(reinterpret_cast<const char*>(taken.data()), taken.size());
    if (!is_plain_text(text)) {
        fail();
    }
    return ok_ ? text : std::string_view{};
}

Bytes Reader::binary(std::size_t max_bytes) {
    const std::uint64_t bytes = length(byte(), kBin8, 0);
    if (bytes > max_bytes) {
        fail();
    }
    return take(bytes);
}

std::uint32_t Reader::array(std::uint32_t max_count) {
    const std::uint8_t head = byte();
    std::uint64_t count = 0;
    if (head >= kFixarray && head < kFixstr) {
        count = head - kFixarray;
    } else if (head == kArray16) {
        count = big_endian(2);
        if (count < 16) {
            fail();
        }
    } else if (head == kArray16 + 1) {
        count = big_endian(4);
        if (count <= 0xffff) {
            fail();
        }
    } else {
        fail();
    }
    if (count > max_count) {
        fail();
    }
    return ok_ ? static_cast<std::uint32_t>(count) : 0;
}

bool Reader::nil() {
    if (!ok_ || left() == 0 || bytes_[position_] != kNil) {
        return false;
    }
    ++position_;
    return true;
}

std::uint64_t Reader::skip_one() {
    const std::uint8_t head = byte();
    if (head < kFixintEnd || head >= kNegativeFixint || head == kNil || head == kFalse ||
        head == kTrue) {
        return 0;
    }
    if (head < kFixarray) {
        return 2 * std::uint64_t{head & 0x0fU};
    }
    if (head < kFixstr) {
        return head & 0x0fU;
    }
    if (head >= kMap16) {
        return 2 * big_endian(head == kMap16 ? 2 : 4);
    }
    if (head >= kArray16) {
        return big_endian(head == kArray16 ? 2 : 4);
    }
    if (head < kNil) {
        take(head & 0x1fU);
    } else if (head == kNeverUsed) {
        fail();
    } else if (head < kExt8) {
        take(big_endian(std::size_t{1} << (head - kBin8)));
    } else if (head < kFloat32) {
        take(big_endian(std::size_t{1} << (head - kExt8)) + 1);  // A byte of type.
    } else if (head < kUint8) {
        take(head == kFloat32 ? 4 : 8);
    } else if (head < kFixext1) {
        take(std::uint64_t{1} << ((head - kUint8) % 4));  // Unsigned, then signed integers.
    } else if (head < kStr8) {
        take((std::uint64_t{1} << (head - kFixext1)) + 1);
    } else {
        take(big_endian(std::size_t{1} << (head - kStr8)));
    }
    return 0;
}

Bytes Reader::skip() {
    const std::size_t start = position_;
    std::array<std::uint64_t, kDepthMax + 1> values_left{1};
    std::size_t depth = 0;
    while (ok_) {
        if (values_left[depth] == 0) {
            if (depth == 0) {
                break;
            }
            --depth;
            continue;
        }
        --values_left[depth];
        const std::uint64_t inside = skip_one();
        if (inside == 0) {
            continue;
        }
        // Every value takes a byte, so a count above the bytes left can't be met.
        if (depth == kDepthMax || inside > left()) {
            fail();
            break;
        }
        values_left[++depth] = inside;
    }
    return ok_ ? since(start) : Bytes{};
}

namespace {

// What msgpack's packer writes to.
class Sink {
  public:
    explicit Sink(std::vector<std::uint8_t>& buffer) : buffer_(buffer) {}

    void write(const char* data, std::size_t bytes) {
        const auto* first = reinterpret_cast<const std::uint8_t*>(data);
        buffer_.insert(buffer_.end(), first, first + bytes);
    }

  private:
    std::vector<std::uint8_t>& buffer_;
};

using Packer = msgpack::packer<Sink>;

}  // namespace

void Writer::unsigned_integer(std::uint64_t value) {
    Sink sink(buffer_);
    Packer(sink).pack_uint64(value);
}

void Writer::boolean(bool value) {
    Sink sink(buffer_);
    if (value) {
        Packer(sink).pack_true();
    } else {
        Packer(sink).pack_false();
    }
}

void Writer::text(std::string_view value) {
    Sink sink(buffer_);
    const auto bytes = static_cast<std::uint32_t>(value.size());
    Packer(sink).pack_str(bytes).pack_str_body(value.data(), bytes);
}

void Writer::binary(Bytes value) {
    Sink sink(buffer_);
    Packer(sink).pack_bin(static_cast<std::uint32_t>(value.size()));
    raw(value);
}

void Writer::array(std::size_t count) {
    Sink sink(buffer_);
    Packer(sink).pack_array(static_cast<std::uint32_t>(count));
}

void Writer::nil() {
    Sink sink(buffer_);
    Packer(sink).pack_nil();
}

void Writer::raw(Bytes bytes) {
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

}  // namespace memberd::wire
