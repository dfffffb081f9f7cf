#pragma once

#include <utility>

namespace hotloop {

// Owns one foreign handle (descriptor, mapping, statement, library) and closes it once. `Traits`
// has
//   using Type = ...;                 the handle
//   static Type invalid();            the value that means "none"
//   static void close(Type handle);   called once for every valid handle
template <class Traits> class UniqueHandle {
public:
  using Type = typename Traits::Type;

  UniqueHandle() = default;
  explicit UniqueHandle(Type handle) : handle_(handle) {}
  UniqueHandle(UniqueHandle &&other) noexcept
      : handle_(std::exchange(other.handle_, Traits::invalid())) {}
  UniqueHandle &operator=(UniqueHandle &&other) noexcept {
    if (this != &other) reset(std::exchange(other.handle_, Traits::invalid()));
    return *this;
  }
  UniqueHandle(const UniqueHandle &) = delete;
  UniqueHandle &operator=(const UniqueHandle &) = delete;
  ~UniqueHandle() { reset(); }

  Type get() const { return handle_; }
  explicit operator bool() const { return !(handle_ == Traits::invalid()); }
  Type release() { return std::exchange(handle_, Traits::invalid()); }
  void reset(Type handle = Traits::invalid()) {
    if (!(handle_ == Traits::invalid())) Traits::close(handle_);
    handle_ = handle;
  }

private:
  Type handle_ = Traits::invalid();
};

} // namespace hotloop
