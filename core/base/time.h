#pragma once

#include <compare>
#include <cstdint>

namespace hotloop {

// A point on, or a distance along, the run's clock: int64 nanoseconds of CLOCK_MONOTONIC on the
// machine that recorded. Negative distances are legal values (and a data-quality matter).
struct Nanoseconds {
  std::int64_t count = 0;

  constexpr Nanoseconds() = default;
  constexpr explicit Nanoseconds(std::int64_t ns) : count(ns) {}
  constexpr auto operator<=>(const Nanoseconds &) const = default;

  constexpr Nanoseconds &operator+=(Nanoseconds other) {
    count += other.count;
    return *this;
  }
  constexpr Nanoseconds &operator-=(Nanoseconds other) {
    count -= other.count;
    return *this;
  }
  friend constexpr Nanoseconds operator+(Nanoseconds a, Nanoseconds b) {
    return Nanoseconds(a.count + b.count);
  }
  friend constexpr Nanoseconds operator-(Nanoseconds a, Nanoseconds b) {
    return Nanoseconds(a.count - b.count);
  }
  constexpr double milliseconds() const { return static_cast<double>(count) * 1e-6; }
  constexpr double seconds() const { return static_cast<double>(count) * 1e-9; }
};

// CLOCK_MONOTONIC now.
Nanoseconds monotonicNow();

} // namespace hotloop
