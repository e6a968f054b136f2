#include "membership/msgpack_scan.hpp"

#include <array>

namespace memberd::local {
namespace {

// Strict UTF-8 (RFC 3629): shortest forms, no surrogates, nothing above U+10FFFF. Anything else
// would make the JSON writer of a later reader fail.
bool is_utf8(MessageView text) {
    std::size_t i = 0;
    while (i < text.size()) {
        const std::uint8_t lead = text[i];
        if (lead < 0x80) {
            ++i;
            continue;
        }
        const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
        if (lead < 0xc2 || lead > 0xf4 || text.size() - i < length) {
            return false;
        }
        const std::uint8_t second = text[i + 1];
        const std::uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
        const std::uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
        if (second < low || second > high) {
            return false;
        }
        for (std::size_t k = 2; k < length; ++k) {
            if ((text[i + k] & 0xc0) != 0x80) {
                return false;
            }
        }
        i += length;
    }
    return true;
}

// One pass without recursion: `open` counts, for every container we are inside of, the values that
// are still to come.
class Scanner {
  public:
    explicit Scanner(MessageView bytes) : bytes_(bytes) {}

    bool scan() {
        do {
            if (!value()) {
                return false;
            }
            while (depth_ > 0 && open_[depth_ - 1].left == 0) {
                --depth_;
            }
        } while (depth_ > 0);
        return position_ == bytes_.size();
    }

  private:
    struct Container {
        std::uint64_t left = 0;  // values still to come; a map has two an entry
        bool is_map = false;
    };

    bool value() {
        bool must_be_key = false;
        if (depth_ > 0) {
            Container& container = open_[depth_ - 1];
            must_be_key = container.is_map && container.left % 2 == 0;
            --container.left;
        }
        if (position_ == bytes_.size()) {
            return false;
        }
        const std::uint8_t head = bytes_[position_++];
        if ((head & 0xe0) == 0xa0) {
            return text(head & 0x1f);
        }
        if (head >= 0xd9 && head <= 0xdb) {
            std::uint64_t size = 0;
            return big_endian(std::size_t{1} << (head - 0xd9), size) && text(size);
        }
        return !must_be_key && value_that_is_no_text(head);
    }

    bool value_that_is_no_text(std::uint8_t head) {
        if (head < 0x80 || head >= 0xe0 || head == 0xc0 || head == 0xc2 || head == 0xc3) {
            return true;  // small integers, nil, booleans
        }
        if ((head & 0xf0) == 0x80) {
            return enter(head & 0x0f, true);
        }
        if ((head & 0xf0) == 0x90) {
            return enter(head & 0x0f, false);
        }
        std::uint64_t number = 0;
        switch (head) {
            case 0xca:
                return big_endian(4, number);
            case 0xcb:
                return big_endian(8, number);
            case 0xcc:
            case 0xcd:
            case 0xce:
            case 0xcf:
                return big_endian(std::size_t{1} << (head - 0xcc), number);
            case 0xd0:
            case 0xd1:
            case 0xd2:
            case 0xd3:
                return big_endian(std::size_t{1} << (head - 0xd0), number);
            case 0xdc:
            case 0xdd:
                return big_endian(head == 0xdc ? 2 : 4, number) && enter(number, false);
            case 0xde:
            case 0xdf:
                return big_endian(head == 0xde ? 2 : 4, number) && enter(number, true);
            default:
                return false;  // bin, ext and the byte that is never used
        }
    }

    bool enter(std::uint64_t count, bool is_map) {
        // Every value takes a byte at least: a count that can't be true is refused before anybody
        // reserves memory for it.
        if (count > bytes_.size() - position_ || (is_map && count > kMapEntriesMax)) {
            return false;
        }
        if (depth_ == open_.size()) {
            return false;
        }
        open_[depth_++] = {is_map ? 2 * count : count, is_map};
        return true;
    }

    bool text(std::uint64_t size) {
        if (size > bytes_.size() - position_) {
            return false;
        }
        const bool valid = is_utf8(bytes_.subspan(position_, size));
        position_ += size;
        return valid;
    }

    bool big_endian(std::size_t size, std::uint64_t& number) {
        if (size > bytes_.size() - position_) {
            return false;
        }
        number = 0;
        for (std::size_t i = 0; i < size; ++i) {
            number = number << 8 | bytes_[position_++];
        }
        return true;
    }

    MessageView bytes_;
    std::size_t position_ = 0;
    std::array<Container, kDepthMax> open_{};
    std::size_t depth_ = 0;
};

}  // namespace

bool is_acceptable(MessageView bytes) {
    return bytes.size() <= kMessageBytesMax && Scanner(bytes).scan();
}

}  // namespace memberd::local
