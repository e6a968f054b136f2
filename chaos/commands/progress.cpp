#include "chaos/commands/progress.hpp"

#include <cstdio>
#include <unistd.h>

#include <fmt/core.h>

namespace memberd::sim {
namespace {

constexpr std::chrono::milliseconds kBetween{250};
constexpr const char* kEraseLine = "\r\x1b[K";

}  // namespace

Progress::Progress() : is_terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
    if (is_shown_) {
        fmt::print(stderr, "{}", kEraseLine);
        std::fflush(stderr);
    }
}

void Progress::show(const std::string& text) {
    const auto now = std::chrono::steady_clock::now();
    if (!is_terminal_ || now < next_) {
        return;
    }
    next_ = now + kBetween;
    is_shown_ = true;
    fmt::print(stderr, "{}{}", kEraseLine, text);
    std::fflush(stderr);
}

}  // namespace memberd::sim
