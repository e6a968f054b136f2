#include "detector/check.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

namespace memberd {
namespace {

// Enough for a path, a condition and a sentence; what is longer is cut.
constexpr std::size_t kLineBytesMax = 1024;

class Line {
  public:
    void add(std::string_view text) {
        const std::size_t count = std::min(text.size(), kLineBytesMax - 2 - size_);
        std::copy_n(text.data(), count, bytes_.data() + size_);
        size_ += count;
    }

    // Ends the line; the last two bytes were kept free for this.
    const char* finish() {
        bytes_[size_] = '\n';
        bytes_[size_ + 1] = '\0';
        return bytes_.data();
    }

  private:
    std::array<char, kLineBytesMax> bytes_{};
    std::size_t size_ = 0;
};

}  // namespace

void check_failed(const char* file,
                  int line,
                  std::string_view condition,
                  std::string_view message) noexcept {
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), line).ptr;
    Line text;
    text.add(file);
    text.add(":");
    text.add({digits.data(), static_cast<std::size_t>(end - digits.data())});
    text.add(": check failed: ");
    text.add(condition);
    text.add(": ");
    text.add(message);
    // stderr is unbuffered, so one call is one write: lines of two processes do not mix.
    static_cast<void>(std::fputs(text.finish(), stderr));
    std::abort();
}

}  // namespace memberd
