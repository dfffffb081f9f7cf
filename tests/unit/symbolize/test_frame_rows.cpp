#include <gtest/gtest.h>

#include "core/symbolize/symbolizer.h"
#include "core/trace/trace_builder.h"
#include "tests/unit/symbolize/lines_library.h"

namespace hotloop {
namespace {

TEST(FrameRows, ChainsInlinedFramesOutwards) {
  const std::string path = test::linesPath("liblines_dwarf5.so");
  Symbolizer symbolizer;
  const std::uint64_t offset = test::returnAddressIn(path, "targetInlined");
  const NativePlace &place = symbolizer.returnAddress(symbolizer.addModule(path), offset);

  TraceBuilder builder;
  FrameRow leaf;
  leaf.id = FrameId(3);
  leaf.module = builder.intern(path);
  leaf.offset = offset;
  FrameId nextId(10);
  const std::vector<FrameRow> rows = frameRows(place, leaf, nextId, builder);

  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].id, FrameId(3));
  EXPECT_EQ(rows[0].inlinedInto, FrameId(10));
  EXPECT_EQ(rows[1].id, FrameId(10));
  EXPECT_EQ(rows[1].inlinedInto, FrameId(11));
  EXPECT_EQ(rows[2].id, FrameId(11));
  EXPECT_EQ(rows[2].inlinedInto, FrameId());
  EXPECT_EQ(nextId, FrameId(12));
  for (const FrameRow &row : rows) {
    EXPECT_EQ(row.kind, FrameKind::kNative);
    EXPECT_EQ(row.module, leaf.module);
    EXPECT_EQ(row.offset, offset);
    EXPECT_EQ(row.file, builder.intern(test::linesSource()));
    EXPECT_TRUE(row.user);
  }
  EXPECT_EQ(rows[0].line, test::markedLine("innermost"));
  EXPECT_EQ(rows[2].line, test::markedLine("outer"));
  EXPECT_EQ(rows[2].function, builder.intern("targetInlined"));
}

TEST(FrameRows, PlaceWithoutInliningIsOneRow) {
  Symbolizer symbolizer;
  const NativePlace &place =
      symbolizer.returnAddress(symbolizer.addModule("/nowhere/libgone.so"), 16);
  TraceBuilder builder;
  FrameRow leaf;
  leaf.id = FrameId(1);
  FrameId nextId(2);
  const std::vector<FrameRow> rows = frameRows(place, leaf, nextId, builder);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].function, builder.intern("libgone.so+0x10"));
  EXPECT_EQ(rows[0].line, 0u);
  EXPECT_EQ(nextId, FrameId(2));
}

} // namespace
} // namespace hotloop
