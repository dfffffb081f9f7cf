#pragma once

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fmt/format.h>
#include <string>
#include <vector>

namespace hotloop::gui_bench {

using Clock = std::chrono::steady_clock;

inline double since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// Milliseconds that the thread, or the whole process, computed: what a shared machine takes away
// meanwhile is not in it.
inline double computed(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

inline void row(const std::string &what, const std::string &figure) {
  fmt::print("{:<44}{}\n", what, figure);
  std::fflush(stdout);
}

inline std::string spread(std::vector<double> all) {
  std::sort(all.begin(), all.end());
  return fmt::format("{:.3g} ({:.3g} to {:.3g}) ms", all[all.size() / 2], all.front(), all.back());
}

// "median (least to greatest) ms" of several rounds.
template <class Work> std::string rounds(int count, Work &&work) {
  std::vector<double> all;
  for (int i = 0; i < count; ++i) {
    const auto start = Clock::now();
    work();
    all.push_back(since(start));
  }
  return spread(std::move(all));
}

inline std::string quantiles(std::vector<double> ms) {
  std::sort(ms.begin(), ms.end());
  const auto at = [&](double q) {
    return ms[static_cast<std::size_t>(q * static_cast<double>(ms.size() - 1))];
  };
  return fmt::format("p50 {:.2f}  p99 {:.2f}  max {:.2f} ms", at(0.5), at(0.99), ms.back());
}

} // namespace hotloop::gui_bench
