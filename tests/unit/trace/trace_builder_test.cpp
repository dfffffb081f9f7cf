#include <gtest/gtest.h>

#include <set>

#include "core/metrics/metrics.h"
#include "core/metrics/quality.h"
#include "core/trace/meta_keys.h"
#include "core/trace/trace_builder.h"

namespace hotloop {
namespace {

TraceView build(TraceBuilder &builder) {
  auto view = builder.build();
  EXPECT_TRUE(view) << view.error().message;
  return std::move(view).value();
}

TEST(TraceBuilder, GivesWhatWasAdded) {
  TraceBuilder builder;
  builder.setMeta(meta_key::kHost, "old");
  builder.setMeta(meta_key::kHost, "new");
  OpEvent op;
  op.name = builder.intern("aten::mm");
  op.start = Nanoseconds(3);
  builder.add(op);
  ASSERT_TRUE(builder.commit());
  const TraceView view = build(builder);
  EXPECT_EQ(view.meta(meta_key::kHost), "new");
  EXPECT_EQ(view.meta("absent"), "");
  ASSERT_EQ(view->ops.start.size(), 1u);
  EXPECT_EQ(view.text(view->ops.name[0]), "aten::mm");
  EXPECT_FALSE(view.hasDeviceRecords());
  EXPECT_TRUE(build(builder)->ops.start.empty()); // it was handed over
}

TEST(TraceBuilder, RowsOfColumnsAndBack) {
  ColumnsOf<OpTable> columns;
  OpEvent op;
  op.start = Nanoseconds(1);
  op.sequence = -1;
  op.location = FrameId(4);
  appendRow<OpTable>(columns, op);
  op.start = Nanoseconds(2);
  appendRow<OpTable>(columns, op);
  EXPECT_EQ(rowCount<OpTable>(columns), 2u);
  const OpEvent back = rowAt<OpTable>(columns, 1);
  EXPECT_EQ(back.start, Nanoseconds(2));
  EXPECT_EQ(back.sequence, -1);
  EXPECT_EQ(back.location, FrameId(4));
}

TEST(TraceBuilder, KnowsDeviceRecords) {
  TraceBuilder builder;
  builder.add(MemsetEvent());
  EXPECT_TRUE(build(builder).hasDeviceRecords());
}

TEST(QualityRows, AddUpAndKeepTheHigherSeverity) {
  TraceBuilder builder;
  reportQuality(builder, "stacks_not_taken", 2);
  reportQuality(builder, "dropped_records", 5, "ring 1");
  reportQuality(builder, "stacks_not_taken", 3);
  reportQuality(builder, "negative_durations", 0); // nothing to report
  const TraceView view = build(builder);
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
