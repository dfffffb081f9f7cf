#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>

// Giving up long work that nobody waits for any more.
namespace hotloop {

// What stopPoint() throws; never leaves runUntilStopped().
struct Stopped {};

namespace stop_detail {
inline constinit thread_local const std::stop_token *current = nullptr;

struct Scope {
  explicit Scope(const std::stop_token &token) : before(current) { current = &token; }
  ~Scope() { current = before; }
  Scope(const Scope &) = delete;
  Scope &operator=(const Scope &) = delete;
  const std::stop_token *before;
};
} // namespace stop_detail

// Where loops over a whole run may be left: some nanoseconds, so every row or every few will do.
// Nothing happens outside of runUntilStopped().
inline void stopPoint() {
  if (stop_detail::current != nullptr && stop_detail::current->stop_requested()) throw Stopped();
}

// The same in a loop over very many rows, for less.
inline void stopPoint(std::size_t row) {
  if ((row & 0xFFF) == 0) stopPoint();
}

// `compare` with a stop point every so many calls, for sorting very many things.
template <class Compare> auto stoppable(Compare compare) {
  return [compare, calls = std::uint32_t{0}](const auto &a, const auto &b) mutable {
    if ((++calls & 0xFFFF) == 0) stopPoint();
    return compare(a, b);
  };
}

// Does `work()`; false where one of its stop points, on this thread, gave up because `token` asked.
// What was made until then is unwound. A module's functions call it at their edge, so the exception
// stays inside.
template <class Work> bool runUntilStopped(const std::stop_token &token, Work &&work) {
  if (token.stop_requested()) return false;
  const stop_detail::Scope scope(token);
  try {
    work();
  } catch (const Stopped &) {
    return false;
  }
  return true;
}

} // namespace hotloop
