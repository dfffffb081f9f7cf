#include "core/report/number_format.h"

#include <array>
#include <cmath>

#include <fmt/format.h>

namespace hotloop {

std::string formatCount(double count) {
  if (!std::isfinite(count)) return "?";
  std::string text = fmt::format("{:.2f}", count);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string formatMilliseconds(double milliseconds) {
  const double size = std::fabs(milliseconds);
  if (size >= 100) return fmt::format("{:.1f} ms", milliseconds);
  if (size >= 1) return fmt::format("{:.2f} ms", milliseconds);
  return fmt::format("{:.3f} ms", milliseconds);
}

std::string formatDuration(Nanoseconds duration) {
  const double ns = static_cast<double>(duration.count);
  const double size = std::fabs(ns);
  if (size < 1e3) return fmt::format("{} ns", duration.count);
  if (size < 1e6) return fmt::format("{:.3g} us", ns * 1e-3);
  if (size < 1e9) return fmt::format("{:.2f} ms", ns * 1e-6);
  if (size < 60e9) return fmt::format("{:.1f} s", ns * 1e-9);
  const std::int64_t seconds = duration.count / 1'000'000'000;
  return fmt::format("{} min {} s", seconds / 60, seconds % 60);
}

std::string formatBytes(double bytes) {
  constexpr std::array<const char *, 5> kUnits{"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  double value = bytes;
  while (std::fabs(value) >= 1000 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", formatCount(value))
                   : fmt::format("{:.3g} {}", value, kUnits[unit]);
}

std::string formatSigned(double difference) {
  const std::string text = formatCount(difference);
  return difference > 0 && text != "0" ? "+" + text : text;
}

std::string formatChange(double before, double after) {
  if (before == 0) return after == 0 ? "+0.0 %" : "new";
  return fmt::format("{:+.1f} %", (after - before) / std::fabs(before) * 100);
}

} // namespace hotloop
