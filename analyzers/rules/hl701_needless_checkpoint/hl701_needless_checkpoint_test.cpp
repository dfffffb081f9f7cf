#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

Analysis training(bool checkpoint, std::int64_t recompute = 50'000) {
  ScriptedLoop loop;
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    loop.begin("aten::linear", "layer", OpScope::kFunction, 10 * i);
    loop.end(100'000);
    loop.begin("CheckpointFunctionBackward", "", OpScope::kBackwardFunction, 10 * i);
    if (checkpoint) {
      loop.begin("aten::linear", "layer", OpScope::kFunction, 10 * i + 1);
      loop.end(recompute);
    }
    loop.op("aten::mm", "", 100'000);
    loop.end();
    loop.endStep();
  }
  return analyzeOnly("HL701", loop);
}

TEST(NeedlessCheckpoint, NamesAForwardPassInsideOfTheBackwardPass) {
  const Analysis analysis = training(true);
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].perStep, 1);
  EXPECT_EQ(analysis.findings[0].site.function, "layer");
}

TEST(NeedlessCheckpoint, LeavesAPlainBackwardPassAlone) {
  EXPECT_THAT(training(false).findings, IsEmpty());
  const Analysis little = training(true, 1'000);
  EXPECT_THAT(little.findings, IsEmpty());
  EXPECT_THAT(little.notWorth, SizeIs(1));
}

} // namespace
} // namespace hotloop
