#include "analyzers/rules/hl207_growing_result/trend.h"

#include <cstdint>
#include <vector>

namespace hotloop {

namespace {

constexpr std::size_t kMostValues = 64;

std::vector<double> thinned(std::span<const double> values) {
  if (values.size() <= kMostValues) return {values.begin(), values.end()};
  std::vector<double> some(kMostValues);
  for (std::size_t i = 0; i < kMostValues; ++i)
    some[i] = values[i * (values.size() - 1) / (kMostValues - 1)];
  return some;
}

} // namespace

double kendallTrend(std::span<const double> values) {
  const std::vector<double> v = thinned(values);
  if (v.size() < 2) return 0;
  std::int64_t rising = 0;
  for (std::size_t i = 0; i < v.size(); ++i)
    for (std::size_t j = i + 1; j < v.size(); ++j) rising += (v[j] > v[i]) - (v[j] < v[i]);
  const double pairs = static_cast<double>(v.size()) * static_cast<double>(v.size() - 1) / 2;
  return static_cast<double>(rising) / pairs;
}

bool rises(std::span<const double> values) {
  return values.size() >= kTrendSteps && values.back() > values.front() &&
         kendallTrend(values) >= kTrendThreshold;
}

} // namespace hotloop
