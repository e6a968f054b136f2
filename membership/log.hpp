// The agent's log: lines on stderr, for people or for machines. Thread rule: as spdlog.
#pragma once

#include <memory>

#include <spdlog/logger.h>

#include "membership/config.hpp"

namespace memberd {

// Shared because spdlog's own interface shares loggers.
std::shared_ptr<spdlog::logger> make_logger(LogLevel level, LogFormat format);

void set_level(spdlog::logger& logger, LogLevel level);

}  // namespace memberd
