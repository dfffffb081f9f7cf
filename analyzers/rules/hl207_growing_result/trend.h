#pragma once

#include <cstddef>
#include <span>

namespace hotloop {

// How steadily a series rises: Kendall's tau-a, the share of pairs i < j with v[i] < v[j] less the
// share with v[i] > v[j]; equal values count for neither. 1 = every later value is larger, 0 = no
// trend. Unlike a slope it does not care about units, outliers or plateaus, and a sawtooth stays
// near 0. Source: M. G. Kendall, "A new measure of rank correlation", Biometrika 30 (1938). Long
// series are thinned to 64 evenly spaced values. 0 for fewer than two.
double kendallTrend(std::span<const double> values);

inline constexpr std::size_t kTrendSteps = 10; // fewer steady steps say nothing
// By chance, ten values without a trend reach this once in about ten thousand series
// (standard deviation sqrt(2(2n+5)/(9n(n-1))) = 0.25), longer ones never.
inline constexpr double kTrendThreshold = 0.9;

// At least kTrendSteps values, a trend of at least kTrendThreshold, and a last value above the
// first.
bool rises(std::span<const double> values);

} // namespace hotloop
