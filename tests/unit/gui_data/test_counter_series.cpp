#include "gui/data/trace/counter_series.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace hotloop::gui {
namespace {

TEST(CounterSeries, ColumnsAgreeWithLookingAtEveryPoint) {
  std::mt19937_64 random(1);
  std::vector<std::int64_t> times;
  std::vector<std::int64_t> values;
  std::int64_t now = 100;
  for (int i = 0; i < 20'000; ++i) {
    // Bursts and pauses: how many points a column holds changes all the time.
    now += i % 3'000 == 2'999 ? 40'000 : static_cast<std::int64_t>(random() % 50);
    times.push_back(now);
    values.push_back(static_cast<std::int64_t>(random() % 100'000));
  }
  const CounterSeries series("memory", times, values);
  EXPECT_EQ(series.greatest(), *std::max_element(values.begin(), values.end()));
  std::vector<CounterSeries::Column> columns;
  for (const double step : {1.0, 13.0, 400.0, 2'500.0, 9'000.0, 30'000.0}) {
    const std::int64_t t0 = 5'000;
    series.columns(t0, step, 60, columns);
    for (int i = 0; i < 60; ++i) {
      const auto from = t0 + static_cast<std::int64_t>(step * i);
      const auto to = t0 + static_cast<std::int64_t>(step * (i + 1));
      const auto begin = std::lower_bound(times.begin(), times.end(), from) - times.begin();
      const auto end = std::lower_bound(times.begin(), times.end(), to) - times.begin();
      const CounterSeries::Column &column = columns[static_cast<std::size_t>(i)];
      std::vector<std::int64_t> seen;
      if (begin > 0) seen.push_back(values[static_cast<std::size_t>(begin - 1)]);
      for (auto at = begin; at < end; ++at) seen.push_back(values[static_cast<std::size_t>(at)]);
      ASSERT_EQ(column.known, !seen.empty());
      if (seen.empty()) continue;
      EXPECT_EQ(column.first, seen.front());
      EXPECT_EQ(column.last, seen.back());
      EXPECT_EQ(column.least, *std::min_element(seen.begin(), seen.end()));
      EXPECT_EQ(column.greatest, *std::max_element(seen.begin(), seen.end()));
    }
  }
}

TEST(CounterSeries, HasNoValueBeforeItsFirst) {
  const CounterSeries series("memory", {100, 200}, {5, 7});
  std::int64_t value = 0;
  EXPECT_FALSE(series.valueAt(99, value));
  EXPECT_TRUE(series.valueAt(150, value));
  EXPECT_EQ(value, 5);
  std::vector<CounterSeries::Column> columns;
  series.columns(0, 10, 5, columns);
  EXPECT_FALSE(columns[0].known);
}

} // namespace
} // namespace hotloop::gui
