#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

Analysis looping(int turns, const char *first, bool launches = true) {
  ScriptedLoop loop;
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    loop.op("aten::mm", "train", 100'000);
    for (int k = 0; k < turns; ++k) {
      loop.op(first, "heads", 500);
      if (launches) loop.op("aten::mul", "heads", 3'000);
      loop.op("aten::view", "heads", 500);
    }
    loop.op("aten::sum", "train", 5'000);
    loop.endStep();
  }
  return analyzeOnly("HL305", loop);
}

TEST(SliceLoop, IsOneFinding) {
  const Analysis analysis = looping(32, "aten::select");
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].perStep, 32);
  EXPECT_EQ(analysis.findings[0].site.function, "heads");
}

TEST(SliceLoop, LeavesShortLoopsViewsAndOtherLoopsAlone) {
  EXPECT_THAT(looping(4, "aten::select").findings, IsEmpty());
  EXPECT_THAT(looping(32, "aten::select", false).findings, IsEmpty());
  EXPECT_THAT(looping(32, "aten::relu").findings, IsEmpty());
}

} // namespace
} // namespace hotloop
