#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

Analysis experts(int count, bool slices) {
  ScriptedLoop loop;
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    loop.op("aten::addmm", "gate", 10'000);
    for (int e = 0; e < count; ++e) {
      if (slices) loop.op("aten::slice", "experts", 500);
      loop.op("aten::mm", "experts", 20'000);
      loop.op("aten::gelu", "experts", 5'000);
    }
    loop.endStep();
  }
  return analyzeOnly("HL603", loop);
}

TEST(ExpertProducts, NamesALoopOfProducts) {
  const Analysis analysis = experts(8, true);
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].perStep, 8);
}

TEST(ExpertProducts, LeavesLayersAndFewExpertsAlone) {
  EXPECT_THAT(experts(8, false).findings, IsEmpty());
  EXPECT_THAT(experts(2, true).findings, IsEmpty());
}

} // namespace
} // namespace hotloop
