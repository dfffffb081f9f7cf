#include <gtest/gtest.h>

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

} // namespace
} // namespace hotloop
