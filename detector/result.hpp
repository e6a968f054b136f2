// The answer of an operation that bad input or a failing world can refuse: a value or an Error.
//
//     Result<Endpoint> parse(std::string_view text);
//     const auto endpoint = parse(text);
//     if (!endpoint) {
//         return endpoint.error();
//     }
//     use(*endpoint);
//
// Asking for the half that is not there is a broken invariant (MEMBERD_CHECK), not an exception.
// Not for our own mistakes: those are checks. As thread-safe as the value inside.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "detector/check.hpp"

namespace memberd {

// What the caller can do about it differs, hence the kinds; the text says the rest.
enum class ErrorCode : std::uint8_t {
    BadInput,     // what was given can never be accepted as it is
    NotFound,     // what was named does not exist
    Conflict,     // it exists already, or belongs to another
    TooLarge,     // a limit is exceeded, and the limit has a name
    Unavailable,  // not now: try again later, or elsewhere
    Unsupported,  // well formed, but this build or this protocol version cannot do it
    System,       // the operating system refused
};

// `text` says what was being done and what was wrong with it, without a full stop, so that a caller
// can put words before it.
struct Error {
    ErrorCode code = ErrorCode::System;
    std::string text;

    friend bool operator==(const Error&, const Error&) = default;
};

template <typename T>
class [[nodiscard]] Result {
    static_assert(!std::is_reference_v<T>, "hold a pointer instead");
    static_assert(!std::is_same_v<std::remove_cv_t<T>, Error>, "an Error is never the value");

  public:
    // Both conversions are implicit so that a function returns either kind by its plain name.
    Result(T value)  // NOLINT(google-explicit-constructor)
        : state_(std::in_place_index<0>, std::move(value)) {}

    Result(Error error)  // NOLINT(google-explicit-constructor)
        : state_(std::in_place_index<1>, std::move(error)) {}

    [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }

    explicit operator bool() const noexcept { return has_value(); }

    // Requires has_value().
    [[nodiscard]] const T& value() const& {
        MEMBERD_CHECK(has_value(), error().text);
        return *std::get_if<0>(&state_);
    }

    [[nodiscard]] T& value() & {
        MEMBERD_CHECK(has_value(), error().text);
        return *std::get_if<0>(&state_);
    }

    [[nodiscard]] T&& value() && {
        MEMBERD_CHECK(has_value(), error().text);
        return std::move(*std::get_if<0>(&state_));
    }

    [[nodiscard]] const T& operator*() const& { return value(); }

    [[nodiscard]] T& operator*() & { return value(); }

    [[nodiscard]] T&& operator*() && { return std::move(*this).value(); }

    [[nodiscard]] const T* operator->() const { return &value(); }

    [[nodiscard]] T* operator->() { return &value(); }

    // Requires !has_value().
    [[nodiscard]] const Error& error() const {
        MEMBERD_CHECK(!has_value(), "there is a value, no error");
        return *std::get_if<1>(&state_);
    }

  private:
    std::variant<T, Error> state_;
};

// Success without a value.
template <>
class [[nodiscard]] Result<void> {
  public:
    Result() = default;

    Result(Error error)  // NOLINT(google-explicit-constructor)
        : error_(std::move(error)) {}

    [[nodiscard]] bool has_value() const noexcept { return !error_.has_value(); }

    explicit operator bool() const noexcept { return has_value(); }

    // Requires !has_value().
    [[nodiscard]] const Error& error() const {
        MEMBERD_CHECK(!has_value(), "it succeeded, there is no error");
        return *error_;
    }

  private:
    std::optional<Error> error_;
};

// Success is `return Status();`.
using Status = Result<void>;

}  // namespace memberd
