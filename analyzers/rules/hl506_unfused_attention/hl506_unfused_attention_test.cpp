#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

template <class Body> Analysis steps(Body &&body) {
  ScriptedLoop loop;
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    loop.op("aten::linear", "project", 30'000);
    body(loop);
    loop.endStep();
  }
  return analyzeOnly("HL506", loop);
}

TEST(UnfusedAttention, NamesProductSoftmaxProduct) {
  const Analysis analysis = steps([](ScriptedLoop &loop) {
    loop.op("aten::matmul", "attend", 20'000);
    loop.op("aten::div", "attend", 4'000);
    loop.op("aten::softmax", "attend", 4'000);
    loop.op("aten::matmul", "attend", 20'000);
  });
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].variant, "attention");
  EXPECT_EQ(analysis.findings[0].perStep, 1);
}

TEST(UnfusedAttention, NamesANormWrittenOut) {
  const Analysis analysis = steps([](ScriptedLoop &loop) {
    for (const char *op : {"aten::pow", "aten::mean", "aten::add", "aten::rsqrt", "aten::mul"})
      loop.op(op, "norm", 5'000);
  });
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].variant, "norm");
}

TEST(UnfusedAttention, LeavesClassifiersAndFusedFormsAlone) {
  EXPECT_THAT(steps([](ScriptedLoop &loop) {
                loop.op("aten::softmax", "classify", 20'000);
                loop.op("aten::sum", "classify", 20'000);
                loop.op("aten::scaled_dot_product_attention", "attend", 50'000);
              }).findings,
              IsEmpty());
}

} // namespace
} // namespace hotloop
