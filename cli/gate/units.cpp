#include <charconv>
#include <cmath>

#include "cli/gate/gate_config.h"

namespace hotloop::cli {

namespace {

// A number and what follows it, blanks between them left out.
std::optional<std::pair<double, std::string>> split(const std::string &text) {
  double number = 0;
  const char *begin = text.data();
  if (*begin == '+') ++begin;
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), number);
  if (error != std::errc() || !std::isfinite(number)) return std::nullopt;
  std::string unit(end, text.data() + text.size());
  while (!unit.empty() && unit.front() == ' ') unit.erase(0, 1);
  while (!unit.empty() && unit.back() == ' ') unit.pop_back();
  return std::pair{number, unit};
}

} // namespace

std::optional<double> parseRatio(const std::string &text) {
  const auto parts = split(text);
  if (!parts || parts->first < 0) return std::nullopt;
  if (parts->second == "%") return parts->first / 100;
  if (parts->second.empty() && parts->first == 0) return 0.0;
  return std::nullopt;
}

std::optional<double> parseBytes(const std::string &text) {
  const auto parts = split(text);
  if (!parts || parts->first < 0) return std::nullopt;
  constexpr std::pair<const char *, double> kUnits[] = {
      {"B", 1},    {"kB", 1e3},   {"KB", 1e3},           {"MB", 1e6},
      {"GB", 1e9}, {"KiB", 1024}, {"MiB", 1024 * 1024.}, {"GiB", 1024 * 1024 * 1024.}};
  for (const auto &[unit, factor] : kUnits)
    if (parts->second == unit) return parts->first * factor;
  return parts->second.empty() && parts->first == 0 ? std::optional(0.0) : std::nullopt;
}

std::optional<double> parseMilliseconds(const std::string &text) {
  const auto parts = split(text);
  if (!parts || parts->first < 0) return std::nullopt;
  constexpr std::pair<const char *, double> kUnits[] = {
      {"ns", 1e-6}, {"us", 1e-3}, {"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"min", 60e3}, {"h", 3600e3}};
  for (const auto &[unit, factor] : kUnits)
    if (parts->second == unit) return parts->first * factor;
  return parts->second.empty() && parts->first == 0 ? std::optional(0.0) : std::nullopt;
}

} // namespace hotloop::cli
