#include "cli/ctl/console.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <poll.h>
#include <sys/ioctl.h>
#include <system_error>
#include <unistd.h>

#include "cli/ctl/text.hpp"

namespace memberd::ctl {
namespace {

constexpr std::size_t kColumnsMax = 100;
constexpr std::size_t kColumnsMin = 40;  // below it tables say too little: let the terminal wrap

std::optional<winsize> size_of(int descriptor) {
    winsize size{};
    if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
        return std::nullopt;
    }
    return size;
}

std::size_t columns_of(int descriptor) {
    const auto size = size_of(descriptor);
    return size ? std::clamp<std::size_t>(size->ws_col, kColumnsMin, kColumnsMax) : kColumnsMax;
}

}  // namespace

Console::Console(int out, int err, const char* no_color)
    : out_(out),
      err_(err),
      out_is_terminal_(::isatty(out) == 1),
      err_is_terminal_(::isatty(err) == 1) {
    const bool refused = no_color != nullptr && *no_color != '\0';
    look_ = {out_is_terminal_ && !refused, out_is_terminal_ ? columns_of(out) : kColumnsMax};
}

void Console::write(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            // Somebody made the shared descriptor non-blocking: wait for room.
            pollfd room{descriptor, POLLOUT, 0};
            ::poll(&room, 1, -1);
        } else if (errno != EINTR) {
            if (descriptor == out_) {
                closed_ = true;
                write_error_ = errno == EPIPE ? "" : std::generic_category().message(errno);
            }
            return;
        }
    }
}

void Console::print(std::string_view text) {
    progress("");
    if (!closed_) {
        write(out_, text);
    }
}

void Console::complain(std::string_view sentence) {
    progress("");
    write(err_, printable(sentence) + '\n');
}

void Console::progress(std::string_view text) {
    if (!err_is_terminal_ || (text.empty() && !shows_progress_)) {
        return;
    }
    const std::size_t columns = size_of(err_).value_or(winsize{24, 80, 0, 0}).ws_col;
    write(err_, "\r\x1b[K" + shortened(text, columns - 1));
    shows_progress_ = !text.empty();
}

void Console::redraw(std::string_view screen) {
    const auto size = size_of(out_);
    look_.columns = columns_of(out_);
    std::size_t rows = size ? size->ws_row : 24;
    std::string text = "\x1b[H";
    while (!screen.empty() && rows > 1) {
        const std::size_t end = screen.find('\n');
        text += screen.substr(0, end);
        text += "\x1b[K\n";
        screen.remove_prefix(end == std::string_view::npos ? screen.size() : end + 1);
        --rows;
    }
    print(text + "\x1b[J");
}

bool Console::is_closed() {
    if (!closed_) {
        pollfd look{out_, 0, 0};
        closed_ = ::poll(&look, 1, 0) > 0 && (look.revents & (POLLERR | POLLNVAL)) != 0;
    }
    return closed_;
}

}  // namespace memberd::ctl
