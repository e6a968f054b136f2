#include "membership/log.hpp"

#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/details/log_msg.h>
#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "membership/os_clock.hpp"

namespace memberd {
namespace {

WallTime wall_time(const spdlog::details::log_msg& message) {
    return WallTime{
        std::chrono::duration_cast<std::chrono::nanoseconds>(message.time.time_since_epoch())
            .count()};
}

std::string_view level_text(spdlog::level::level_enum level) {
    const auto view = spdlog::level::to_string_view(level);
    return {view.data(), view.size()};
}

// One line: time, level, text. spdlog has formatters derived from its class; there is no other way.
class TextFormatter final : public spdlog::formatter {
  public:
    void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& line) override {
        fmt::format_to(std::back_inserter(line), "{} {:<7} {}\n", rfc3339(wall_time(message)),
                       level_text(message.level),
                       std::string_view(message.payload.data(), message.payload.size()));
    }

    [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
        return std::make_unique<TextFormatter>();
    }
};

// One JSON document a line.
class JsonFormatter final : public spdlog::formatter {
  public:
    void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& line) override {
        const nlohmann::ordered_json document{
            {"time", rfc3339(wall_time(message))},
            {"level", level_text(message.level)},
            {"message", std::string_view(message.payload.data(), message.payload.size())}};
        // What a library of the system says need not be UTF-8.
        const std::string text =
            document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
        fmt::format_to(std::back_inserter(line), "{}\n", text);
    }

    [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
        return std::make_unique<JsonFormatter>();
    }
};

spdlog::level::level_enum spdlog_level(LogLevel level) {
    switch (level) {
        case LogLevel::Trace:
            return spdlog::level::trace;
        case LogLevel::Debug:
            return spdlog::level::debug;
        case LogLevel::Info:
            return spdlog::level::info;
        case LogLevel::Warning:
            return spdlog::level::warn;
        case LogLevel::Error:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

}  // namespace

std::shared_ptr<spdlog::logger> make_logger(LogLevel level, LogFormat format) {
    auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    if (format == LogFormat::Json) {
        sink->set_formatter(std::make_unique<JsonFormatter>());
    } else {
        sink->set_formatter(std::make_unique<TextFormatter>());
    }
    auto logger = std::make_shared<spdlog::logger>("memberd", std::move(sink));
    set_level(*logger, level);
    return logger;
}

void set_level(spdlog::logger& logger, LogLevel level) {
    logger.set_level(spdlog_level(level));
}

}  // namespace memberd
