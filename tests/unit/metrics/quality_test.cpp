#include <gtest/gtest.h>

#include <set>

#include "core/metrics/quality.h"
#include "core/trace/trace_builder.h"

namespace hotloop {
namespace {

TEST(QualityRows, AddUpAndKeepTheHigherSeverity) {
  TraceBuilder builder;
  reportQuality(builder, "stacks_not_taken", 2);
  reportQuality(builder, "dropped_records", 5, "ring 1");
  reportQuality(builder, "stacks_not_taken", 3);
  reportQuality(builder, "negative_durations", 0); // nothing to report
  const auto built = builder.build();
  ASSERT_TRUE(built);
  const TraceView &view = *built;
  ASSERT_EQ(view->quality.name.size(), 2u);
  EXPECT_EQ(view->quality.count[0], 5);
  EXPECT_TRUE(view.text(view->quality.message[0]).starts_with("5 call stacks"));
  EXPECT_EQ(view->quality.severity[1], Severity::kDataLoss);
  EXPECT_TRUE(view.text(view->quality.message[1]).ends_with("(ring 1)"));
}

TEST(QualityCatalogue, HasUniqueNamesAndWholeSentences) {
  std::set<std::string_view> names;
  for (const QualityKind &kind : qualityCatalogue()) {
    EXPECT_TRUE(names.insert(kind.name).second) << kind.name;
    EXPECT_GT(kind.sentence.size(), 20u) << kind.name;
    EXPECT_EQ(kind.sentence.find("{}"), kind.sentence.rfind("{}")) << kind.name;
  }
}

} // namespace
} // namespace hotloop
