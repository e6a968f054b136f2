#include "cli/ctl/text.hpp"

#include <array>
#include <cstdint>

namespace memberd::ctl {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";     // U+2026

struct Range {
    std::uint32_t first;
    std::uint32_t last;
};

// The blocks that matter to names; a character outside them counts as one column.
constexpr std::array kWide{
    Range{0x1100, 0x115F},    // Hangul Jamo
    Range{0x2E80, 0x303E},    // CJK radicals and punctuation
    Range{0x3041, 0xA4CF},    // Kana to Yi
    Range{0xAC00, 0xD7A3},    // Hangul syllables
    Range{0xF900, 0xFAFF},    // CJK compatibility ideographs
    Range{0xFE30, 0xFE6F},    // CJK compatibility forms
    Range{0xFF00, 0xFF60},    // Fullwidth forms
    Range{0xFFE0, 0xFFE6},    // Fullwidth signs
    Range{0x1F300, 0x1FAFF},  // Pictographs
    Range{0x20000, 0x3FFFD},  // CJK extensions
};
constexpr std::array kCombining{
    Range{0x0300, 0x036F},
    Range{0x200B, 0x200D},
    Range{0x20D0, 0x20FF},
    Range{0xFE00, 0xFE0F},
};
// C0, delete, C1, line and paragraph separators, and marks that override the direction of writing.
constexpr std::array kObeyed{
    Range{0x0000, 0x001F}, Range{0x007F, 0x009F}, Range{0x200E, 0x200F},
    Range{0x2028, 0x202E}, Range{0x2060, 0x206F}, Range{0xFEFF, 0xFEFF},
};

template <std::size_t size>
bool is_in(const std::array<Range, size>& ranges, std::uint32_t code_point) {
    for (const Range& range : ranges) {
        if (code_point >= range.first && code_point <= range.last) {
            return true;
        }
    }
    return false;
}

struct Character {
    std::uint32_t code_point = 0;
    std::size_t size = 1;  // bytes
    bool valid = false;
};

// The character at the beginning of text, which is not empty. Overlong forms, surrogates and what
// lies beyond U+10FFFF are invalid, and then one byte is consumed.
Character first_of(std::string_view text) {
    const auto byte = [&text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const std::uint32_t lead = byte(0);
    if (lead < 0x80) {
        return {lead, 1, true};
    }
    const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < size) {
        return {};
    }
    std::uint32_t code_point = lead & (0xFFU >> (size + 1));
    for (std::size_t at = 1; at < size; ++at) {
        if ((byte(at) & 0xC0U) != 0x80) {
            return {};
        }
        code_point = (code_point << 6U) | (byte(at) & 0x3FU);
    }
    constexpr std::array<std::uint32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
    if (code_point < kLeast.at(size) || code_point > 0x10FFFF || surrogate) {
        return {};
    }
    return {code_point, size, true};
}

std::size_t columns_of(const Character& character) {
    if (is_in(kCombining, character.code_point)) {
        return 0;
    }
    return is_in(kWide, character.code_point) ? 2 : 1;
}

}  // namespace

std::string printable(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const Character character = first_of(text);
        if (character.valid && !is_in(kObeyed, character.code_point)) {
            result += text.substr(0, character.size);
        } else {
            result += kReplacement;
        }
        text.remove_prefix(character.size);
    }
    return result;
}

std::size_t width(std::string_view text) {
    std::size_t columns = 0;
    while (!text.empty()) {
        const Character character = first_of(text);
        columns += columns_of(character);
        text.remove_prefix(character.size);
    }
    return columns;
}

std::string shortened(std::string_view text, std::size_t columns) {
    if (width(text) <= columns) {
        return std::string(text);
    }
    if (columns == 0) {
        return {};
    }
    std::string result;
    std::size_t used = 0;
    for (std::string_view rest = text; !rest.empty();) {
        const Character character = first_of(rest);
        if (used + columns_of(character) > columns - 1) {
            break;
        }
        used += columns_of(character);
        result += rest.substr(0, character.size);
        rest.remove_prefix(character.size);
    }
    result += kEllipsis;
    return result;
}

std::string wrapped(std::string_view text, std::size_t begin, std::size_t end) {
    const std::size_t room = end > begin ? end - begin : 1;
    std::string result;
    std::size_t used = 0;
    while (!text.empty()) {
        const std::size_t length = text.find(' ');
        const std::string word = shortened(text.substr(0, length), room);
        text.remove_prefix(length == std::string_view::npos ? text.size() : length + 1);
        if (used > 0 && used + 1 + width(word) > room) {
            result += '\n' + std::string(begin, ' ');
            used = 0;
        } else if (!result.empty()) {
            result += ' ';
            ++used;
        }
        result += word;
        used += width(word);
    }
    return result;
}

}  // namespace memberd::ctl
