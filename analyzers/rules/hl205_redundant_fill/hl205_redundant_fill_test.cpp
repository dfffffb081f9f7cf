#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

TEST(RedundantFill, NamesGradientsClearedOneByOne) {
  ScriptedLoop loop;
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    loop.begin("Optimizer.zero_grad#AdamW.zero_grad", "train", OpScope::kUserScope);
    for (int k = 0; k < 20; ++k) loop.op("aten::zero_", "train", 2'000);
    loop.end();
    loop.op("aten::mm", "train", 400'000);
    loop.endStep();
  }
  const Analysis analysis = analyzeOnly("HL205", loop);
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].variant, "gradients");
  EXPECT_EQ(analysis.findings[0].perStep, 20);
}

Analysis overwriting(bool view) {
  ScriptedLoop loop;
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    loop.begin("aten::zeros", "fill");
    const std::uint64_t block = loop.allocate(4 << 20);
    loop.end(50'000);
    if (view) loop.op("aten::slice", "fill", 500);
    loop.op("aten::copy_", "fill", 50'000);
    loop.free(block);
    loop.op("aten::mm", "train", 400'000);
    loop.endStep();
  }
  return analyzeOnly("HL205", loop);
}

TEST(RedundantFill, NamesAFillThatIsOverwritten) {
  const Analysis analysis = overwriting(false);
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].variant, "overwritten");
  EXPECT_THAT(overwriting(true).findings, IsEmpty());
}

} // namespace
} // namespace hotloop
