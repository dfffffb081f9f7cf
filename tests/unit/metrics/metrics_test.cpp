#include <gtest/gtest.h>

#include <set>

#include "core/metrics/metrics.h"

namespace hotloop {
namespace {

TEST(MetricCatalogue, HasUniqueNames) {
  std::set<std::string_view> names;
  for (const Metric &metric : metricCatalogue()) {
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
    EXPECT_EQ(findMetric(metric.name), &metric);
    EXPECT_FALSE(metric.meaning.empty());
  }
  EXPECT_EQ(findMetric("absent"), nullptr);
}

} // namespace
} // namespace hotloop
