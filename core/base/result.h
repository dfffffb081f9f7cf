#pragma once

#include <cassert>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/base/error.h"

namespace hotloop {

// The unexpected alternative of a Result: `return Unexpected(notFound("..."));`
// (The API is that of std::expected, which C++20 lacks.)
class Unexpected {
public:
  explicit Unexpected(Error error) : error_(std::move(error)) {}
  Error &error() { return error_; }

private:
  Error error_;
};

// A value or an Error. value(), operator* and operator-> are for results known to hold a value
// (asserted in debug builds); error() for results known to hold an error.
template <class T> class [[nodiscard]] Result {
public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Unexpected unexpected) : state_(std::in_place_index<1>, std::move(unexpected.error())) {}

  [[nodiscard]] bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T &value() & { return get(); }
  const T &value() const & { return get(); }
  T &&value() && { return std::move(get()); }
  T &operator*() & { return get(); }
  const T &operator*() const & { return get(); }
  T &&operator*() && { return std::move(get()); }
  T *operator->() { return &get(); }
  const T *operator->() const { return &get(); }

  template <class U> T value_or(U &&fallback) const & {
    return has_value() ? get() : static_cast<T>(std::forward<U>(fallback));
  }

  const Error &error() const {
    assert(!has_value());
    return *std::get_if<1>(&state_);
  }

private:
  T &get() {
    assert(has_value());
    return *std::get_if<0>(&state_);
  }
  const T &get() const {
    assert(has_value());
    return *std::get_if<0>(&state_);
  }

  std::variant<T, Error> state_;
};

// Success costs one null pointer.
template <> class [[nodiscard]] Result<void> {
public:
  Result() = default;
  Result(Unexpected unexpected) : error_(std::make_unique<Error>(std::move(unexpected.error()))) {}

  [[nodiscard]] bool has_value() const { return error_ == nullptr; }
  explicit operator bool() const { return has_value(); }
  const Error &error() const {
    assert(error_);
    return *error_;
  }

private:
  std::unique_ptr<Error> error_;
};

} // namespace hotloop

#define HOTLOOP_CONCAT_INNER(a, b) a##b
#define HOTLOOP_CONCAT(a, b) HOTLOOP_CONCAT_INNER(a, b)

// Returns the error of `expression` (a Result) from the calling function, if it holds one.
#define HOTLOOP_TRY(expression)                                                                    \
  do {                                                                                             \
    auto hotloopTryResult = (expression);                                                          \
    if (!hotloopTryResult.has_value()) return ::hotloop::Unexpected(hotloopTryResult.error());     \
  } while (false)

// Same, else moves the value into `declaration`: HOTLOOP_ASSIGN(auto file, open(path));
#define HOTLOOP_ASSIGN(declaration, expression)                                                    \
  auto HOTLOOP_CONCAT(hotloopResult, __LINE__) = (expression);                                     \
  if (!HOTLOOP_CONCAT(hotloopResult, __LINE__).has_value())                                        \
    return ::hotloop::Unexpected(HOTLOOP_CONCAT(hotloopResult, __LINE__).error());                 \
  declaration = std::move(HOTLOOP_CONCAT(hotloopResult, __LINE__)).value()
