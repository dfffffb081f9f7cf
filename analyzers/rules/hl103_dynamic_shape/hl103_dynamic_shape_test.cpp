#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

template <class Body> Analysis loopOf(int steps, Body &&body) {
  ScriptedLoop loop;
  for (int i = 0; i < steps; ++i) {
    loop.beginStep();
    loop.op("aten::mm", "forward", 5'000'000);
    body(loop, i);
    loop.endStep();
  }
  return analyzeOnly("HL103", loop);
}

TEST(DynamicShape, NamesTheOperatorThatTheProgramCalled) {
  const Analysis analysis = loopOf(20, [](ScriptedLoop &loop, int) {
    loop.begin("aten::index", "pick");
    loop.op("aten::nonzero", "pick");
    loop.end();
  });
  ASSERT_THAT(analysis.findings, SizeIs(1));
  const Finding &finding = analysis.findings[0];
  EXPECT_EQ(finding.variant, "boolean_mask");
  EXPECT_EQ(finding.title, "aten::index makes a result whose size depends on values");
  EXPECT_EQ(finding.perStep, 1);
  EXPECT_EQ(finding.site.function, "pick");
  EXPECT_EQ(finding.evidence[0].description, "aten::index at step 1");
}

TEST(DynamicShape, KnowsItsVariants) {
  const std::pair<const char *, const char *> cases[] = {
      {"aten::masked_select", "boolean_mask"},
      {"aten::nonzero", "nonzero"},
      {"aten::_unique2", "unique"},
      {"aten::unique_consecutive", "unique"},
      {"aten::repeat_interleave", "repeat_interleave"},
      {"aten::bincount", "other"}};
  for (const auto &[name, variant] : cases) {
    const Analysis analysis = loopOf(20, [&](ScriptedLoop &loop, int) { loop.op(name, "f"); });
    ASSERT_THAT(analysis.findings, SizeIs(1)) << name;
    EXPECT_EQ(analysis.findings[0].variant, variant) << name;
  }
}

TEST(DynamicShape, StopsAtCustomOperators) {
  const Analysis analysis = loopOf(20, [](ScriptedLoop &loop, int) {
    loop.begin("mine::dispatch", "f");
    loop.op("aten::nonzero", "f");
    loop.end();
  });
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].variant, "nonzero");
}

TEST(DynamicShape, KeepsTwoOperatorsOfOnePlaceApart) {
  const Analysis analysis = loopOf(20, [](ScriptedLoop &loop, int) {
    loop.op("aten::nonzero", "f");
    loop.op("aten::_unique2", "f");
  });
  EXPECT_THAT(analysis.findings, SizeIs(2));
}

TEST(DynamicShape, LeavesFixedShapesAlone) {
  const Analysis analysis = loopOf(20, [](ScriptedLoop &loop, int) {
    loop.op("aten::where", "f"); // of three arguments
    loop.op("aten::topk", "f");  // fixed k
    loop.op("aten::index", "f"); // by integers
    loop.op("aten::index_select", "f");
    loop.op("aten::masked_fill_", "f");
    loop.op("aten::zero_", "f");
  });
  EXPECT_THAT(analysis.findings, IsEmpty());
  EXPECT_THAT(analysis.notWorth, IsEmpty());
}

TEST(DynamicShape, LeavesAMaskOutsideOfTheLoopAndARareOneAlone) {
  ScriptedLoop loop;
  for (int i = 0; i < 50; ++i) {
    loop.beginStep();
    loop.op("aten::mm", "forward", 5'000);
    if (i == 30) loop.op("aten::nonzero", "evaluate");
    loop.endStep();
    loop.op("aten::nonzero", "between");
  }
  const Analysis analysis = analyzeOnly("HL103", loop);
  EXPECT_THAT(analysis.findings, IsEmpty());
  EXPECT_THAT(analysis.notWorth, IsEmpty());
  ASSERT_THAT(analysis.seldom, SizeIs(1));
  EXPECT_EQ(analysis.seldom[0].site.function, "evaluate");
}

} // namespace
} // namespace hotloop
