#pragma once

#include <cstdint>

namespace hotloop::test_support {

// splitmix64: the same sequence for a seed on every platform, unlike the distributions of <random>.
class Random {
public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15u;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
  }
  // Below `limit`, which must not be 0.
  std::uint64_t below(std::uint64_t limit) { return next() % limit; }
  // `value` changed by up to a quarter.
  std::int64_t around(std::int64_t value) {
    if (value < 4) return value;
    return value - value / 4 +
           static_cast<std::int64_t>(below(static_cast<std::uint64_t>(value / 2)));
  }

private:
  std::uint64_t state_;
};

} // namespace hotloop::test_support
