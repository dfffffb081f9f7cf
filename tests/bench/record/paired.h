#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <vector>

namespace hotloop::bench {

// CPU time of the calling thread, s: what others do on the machine hardly shows in it.
inline double threadSeconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Spread {
  double low, median, high;
};
inline Spread spreadOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {values.front(), values[values.size() / 2], values.back()};
}

inline void print(const char *what, const char *unit, const std::vector<double> &values) {
  const Spread spread = spreadOf(values);
  std::printf("%-44s %10.3f %-12s (%.3f .. %.3f, n=%zu)\n", what, spread.median, unit, spread.low,
              spread.high, values.size());
}

} // namespace hotloop::bench
