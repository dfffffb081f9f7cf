#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

Analysis copying(bool copies, std::int64_t duration) {
  ScriptedLoop loop;
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    loop.op("aten::mm", "layer", 400'000);
    loop.op("aten::transpose", "layer", 500);
    loop.begin("aten::contiguous", "layer");
    if (copies) loop.op("aten::clone", "layer", duration);
    loop.end();
    loop.endStep();
  }
  return analyzeOnly("HL503", loop);
}

TEST(LayoutChurn, NamesACopyPerStep) {
  const Analysis analysis = copying(true, 100'000);
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].site.function, "layer");
}

TEST(LayoutChurn, LeavesViewsAndSmallCopiesAlone) {
  EXPECT_THAT(copying(false, 0).findings, IsEmpty());
  EXPECT_THAT(copying(true, 2'000).findings, IsEmpty());
}

} // namespace
} // namespace hotloop
