#include "core/report/number_format.h"

#include <algorithm>
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

namespace {

struct UnitFacts {
  TimeUnit unit;
  std::string_view name;
  double perMillisecond;
  int decimals; // beside those of milliseconds
};
constexpr std::array<UnitFacts, 4> kTimeUnits{{{TimeUnit::kMilliseconds, "ms", 1, 0},
                                               {TimeUnit::kNanoseconds, "ns", 1e6, -6},
                                               {TimeUnit::kMicroseconds, "us", 1e3, -3},
                                               {TimeUnit::kSeconds, "s", 1e-3, 3}}};

const UnitFacts &factsOf(TimeUnit unit) {
  for (const UnitFacts &facts : kTimeUnits)
    if (facts.unit == unit) return facts;
  return kTimeUnits[0];
}

} // namespace

std::string_view timeUnitName(TimeUnit unit) { return factsOf(unit).name; }

TimeUnit timeUnitNamed(std::string_view name) {
  for (const UnitFacts &facts : kTimeUnits)
    if (facts.name == name) return facts.unit;
  return TimeUnit::kMilliseconds;
}

double inUnit(double milliseconds, TimeUnit unit) {
  return milliseconds * factsOf(unit).perMillisecond;
}

std::string formatMilliseconds(double milliseconds, TimeUnit unit) {
  const double size = std::fabs(milliseconds);
  const UnitFacts &facts = factsOf(unit);
  const int decimals = std::max((size >= 100 ? 1 : size >= 1 ? 2 : 3) + facts.decimals, 0);
  return fmt::format("{:.{}f} {}", inUnit(milliseconds, unit), decimals, facts.name);
}

std::string formatFine(double milliseconds, TimeUnit unit, bool sign) {
  const int decimals = std::max(3 + factsOf(unit).decimals, 0);
  const double value = inUnit(milliseconds, unit);
  return sign ? fmt::format("{:+.{}f}", value, decimals) : fmt::format("{:.{}f}", value, decimals);
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
