#include "cli/ctl/format.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace memberd::ctl {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;

// Takes exactly `digits` decimal digits off the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) {
        return std::nullopt;
    }
    int value = 0;
    for (const char c : text.substr(0, digits)) {
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        value = value * 10 + (c - '0');
    }
    text.remove_prefix(digits);
    return value;
}

bool take(std::string_view& text, std::string_view any_of) {
    if (text.empty() || any_of.find(text.front()) == std::string_view::npos) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

// The fraction after the point, if there is one; digits beyond the sixth are dropped.
std::optional<microseconds> take_fraction(std::string_view& text) {
    if (!take(text, ".")) {
        return microseconds{0};
    }
    std::int64_t value = 0;
    std::size_t digits = 0;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; ++digits) {
        if (digits < 6) {
            value = value * 10 + (text.front() - '0');
        }
        text.remove_prefix(1);
    }
    if (digits == 0) {
        return std::nullopt;
    }
    for (; digits < 6; ++digits) {
        value *= 10;
    }
    return microseconds{value};
}

// "Z" or "+hh:mm": what has to be subtracted to come to UTC.
std::optional<minutes> take_offset(std::string_view& text) {
    if (take(text, "Zz")) {
        return minutes{0};
    }
    const bool west = !text.empty() && text.front() == '-';
    if (!take(text, "+-")) {
        return std::nullopt;
    }
    const auto hour = take_number(text, 2);
    if (!hour || !take(text, ":")) {
        return std::nullopt;
    }
    const auto minute = take_number(text, 2);
    if (!minute || *hour > 23 || *minute > 59) {
        return std::nullopt;
    }
    const minutes offset = hours{*hour} + minutes{*minute};
    return west ? -offset : offset;
}

std::tm local(WallTime time) {
    const std::time_t seconds =
        std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
    std::tm result{};
    if (localtime_r(&seconds, &result) == nullptr) {
        return std::tm{};
    }
    return result;
}

}  // namespace

std::optional<WallTime> parse_time(std::string_view text) {
    const auto year = take_number(text, 4);
    const auto month = year && take(text, "-") ? take_number(text, 2) : std::nullopt;
    const auto day = month && take(text, "-") ? take_number(text, 2) : std::nullopt;
    const auto hour = day && take(text, "Tt ") ? take_number(text, 2) : std::nullopt;
    const auto minute = hour && take(text, ":") ? take_number(text, 2) : std::nullopt;
    const auto second = minute && take(text, ":") ? take_number(text, 2) : std::nullopt;
    const auto fraction = second ? take_fraction(text) : std::nullopt;
    const auto offset = fraction ? take_offset(text) : std::nullopt;
    if (!offset || !text.empty()) {
        return std::nullopt;
    }
    const auto date = std::chrono::year{*year} / *month / *day;
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) {
        return std::nullopt;
    }
    return WallTime{std::chrono::sys_days{date}} + hours{*hour} + minutes{*minute} +
           std::chrono::seconds{*second} + *fraction - *offset;
}

std::string rfc3339(WallTime time) {
    const auto day = std::chrono::floor<days>(time);
    const std::chrono::year_month_day date{day};
    const std::int64_t rest = (time - day).count();
    constexpr std::int64_t kSecond = 1'000'000;
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       rest / kSecond / 3600, rest / kSecond / 60 % 60, rest / kSecond % 60,
                       rest % kSecond);
}

std::string clock_text(WallTime time) {
    const auto second = std::chrono::floor<std::chrono::seconds>(time);
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time - second).count();
    return fmt::format("{:%H:%M:%S}.{:03}", local(time), ms);
}

std::string date_text(WallTime time) {
    return fmt::format("{:%Y-%m-%d %H:%M:%S}", local(time));
}

std::string duration_text(Duration duration) {
    const std::int64_t all =
        std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(duration).count());
    if (all < 60) {
        return fmt::format("{}s", all);
    }
    if (all < 3600) {
        return fmt::format("{}m{:02}s", all / 60, all % 60);
    }
    if (all < 86400) {
        return fmt::format("{}h{:02}m", all / 3600, all / 60 % 60);
    }
    if (all < 8'640'000) {  // 100 days
        return fmt::format("{}d{:02}h", all / 86400, all / 3600 % 24);
    }
    return fmt::format("{}d", all / 86400);
}

std::string round_trip_text(double ms) {
    if (!std::isfinite(ms)) {
        return "-";
    }
    if (ms >= 999.5) {
        return fmt::format("{:.2f} s", std::min(ms / 1000, 1e6));
    }
    const int decimals = ms < 0.9995 ? 3 : ms < 9.995 ? 2 : ms < 99.95 ? 1 : 0;
    return fmt::format("{:.{}f} ms", ms, decimals);
}

std::string phi_text(double phi) {
    if (!std::isfinite(phi)) {
        return "-";
    }
    return fmt::format("{:.{}f}", std::min(phi, 1e6), phi < 99.995 ? 2 : 0);
}

std::string share_text(double share) {
    if (!std::isfinite(share)) {
        return "-";
    }
    const double percent = std::clamp(share * 100, -1e6, 1e6);
    return fmt::format("{:.{}f}%", percent, percent > 0 && percent < 0.0995 ? 2 : 1);
}

std::string weight_text(double weight) {
    if (!std::isfinite(weight)) {
        return "-";
    }
    std::string text = fmt::format("{:.3f}", std::clamp(weight, -1e9, 1e9));
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') {
        text.pop_back();
    }
    return text;
}

std::string count_text(std::uint64_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace memberd::ctl
