#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

Analysis casting(int casts, int others) {
  ScriptedLoop loop;
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    for (int k = 0; k < others; ++k) loop.op("aten::mm", "layer", 20'000);
    for (int k = 0; k < casts; ++k) {
      loop.begin("aten::to", "layer");
      loop.begin("aten::_to_copy", "layer");
      loop.op("aten::copy_", "layer", 1'000);
      loop.end();
      loop.end();
    }
    loop.endStep();
  }
  return analyzeOnly("HL502", loop);
}

TEST(CastChurn, NamesManyCasts) {
  const Analysis analysis = casting(12, 12);
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].perStep, 12);
  EXPECT_EQ(analysis.findings[0].title, "12 casts between number types in every step");
}

TEST(CastChurn, LeavesAFewAlone) {
  EXPECT_THAT(casting(1, 12).findings, IsEmpty());
  EXPECT_THAT(casting(6, 12).findings, IsEmpty());
  EXPECT_THAT(casting(8, 200).findings, IsEmpty());
}

} // namespace
} // namespace hotloop
