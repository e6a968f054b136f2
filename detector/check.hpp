// Invariants of ours, checked in every build type.
//
// MEMBERD_CHECK(condition, message) ends the process with one line on stderr when the condition is
// false:
//     detector/phi.cpp:40: check failed: sd > 0: the history has no deviation
// It is for mistakes of this program only; bad input and a failing world are a Result
// (detector/result.hpp). The message is any expression that converts to std::string_view; it is
// evaluated only on failure, so it may build a string that carries the values. Cost of a check that
// holds: the condition and one branch.
#pragma once

#include <string_view>

namespace memberd {

// Writes the line and aborts. Allocates nothing: the heap may be what is broken. Thread-safe.
[[noreturn]] void check_failed(const char* file,
                               int line,
                               std::string_view condition,
                               std::string_view message) noexcept;

}  // namespace memberd

#define MEMBERD_CHECK(condition, message)                                     \
    do {                                                                      \
        if (!(condition)) [[unlikely]] {                                      \
            ::memberd::check_failed(__FILE__, __LINE__, #condition, message); \
        }                                                                     \
    } while (false)
