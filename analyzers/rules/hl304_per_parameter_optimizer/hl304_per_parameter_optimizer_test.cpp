#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int kParameters = 12;

void forwardBackward(ScriptedLoop &loop, int step) {
  for (int i = 0; i < kParameters; ++i) {
    loop.begin("aten::mm", "forward", OpScope::kFunction, 1000 * step + i);
    loop.end(10'000);
  }
  for (int i = 0; i < kParameters; ++i) {
    loop.begin("autograd::engine::evaluate_function: MmBackward0", "", OpScope::kBackwardFunction,
               1000 * step + i);
    loop.op("aten::mm", "", 10'000);
    loop.end();
    // Recorded twice, as the engine and the node do: one gradient.
    loop.begin("autograd::engine::evaluate_function: torch::autograd::AccumulateGrad", "",
               OpScope::kBackwardFunction);
    loop.begin("torch::autograd::AccumulateGrad", "", OpScope::kBackwardFunction);
    loop.end();
    loop.end();
  }
}

void adamwOneByOne(ScriptedLoop &loop) {
  for (int i = 0; i < kParameters; ++i)
    for (const char *op : {"aten::mul_", "aten::lerp_", "aten::mul_", "aten::addcmul_",
                           "aten::sqrt", "aten::div", "aten::add_", "aten::addcdiv_"})
      loop.op(op, "train", 2'000);
}

template <class Optimizer> Analysis analyzeTraining(Optimizer optimizer) {
  ScriptedLoop loop;
  for (int step = 0; step < 20; ++step) {
    loop.beginStep();
    forwardBackward(loop, step);
    optimizer(loop);
    loop.endStep();
  }
  return analyzeOnly("HL304", loop);
}

TEST(PerParameterOptimizer, NamesTheLoopAfterTheBackwardPass) {
  const Analysis analysis = analyzeTraining(adamwOneByOne);
  ASSERT_THAT(analysis.findings, SizeIs(1));
  const Finding &finding = analysis.findings[0];
  EXPECT_EQ(finding.site.function, "train");
  EXPECT_EQ(finding.perStep, 8 * kParameters);
  EXPECT_THAT(finding.title, testing::HasSubstr("96 kernels for 12 parameters"));
  EXPECT_FALSE(finding.gain.estimate.has_value());
}

TEST(PerParameterOptimizer, FindsThePhaseByTheScopeOfTorchOptim) {
  const Analysis analysis = analyzeTraining([](ScriptedLoop &loop) {
    // Work after the backward pass that is not the optimizer's.
    for (int i = 0; i < 40; ++i) loop.op("aten::mul", "log_norms");
    loop.begin("Optimizer.step#AdamW.step", "", OpScope::kUserScope);
    adamwOneByOne(loop);
    loop.end();
  });
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].perStep, 8 * kParameters);
}

TEST(PerParameterOptimizer, FindsThePhaseByAnNvtxRange) {
  const Analysis analysis = analyzeTraining([](ScriptedLoop &loop) {
    loop.pushRange("Optimizer");
    adamwOneByOne(loop);
    loop.popRange();
    for (int i = 0; i < 40; ++i) loop.op("aten::mul", "validate");
  });
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].perStep, 8 * kParameters);
}

TEST(PerParameterOptimizer, LeavesForeachAlone) {
  const Analysis analysis = analyzeTraining([](ScriptedLoop &loop) {
    for (const char *op : {"aten::_foreach_mul_", "aten::_foreach_lerp_", "aten::_foreach_addcmul_",
                           "aten::_foreach_sqrt", "aten::_foreach_addcdiv_"}) {
      loop.begin(op, "train");
      // On the CPU it takes the list apart.
      for (int i = 0; i < kParameters; ++i) loop.op("aten::mul_", "", 2'000);
      loop.end();
    }
  });
  EXPECT_THAT(analysis.findings, IsEmpty());
  EXPECT_THAT(analysis.notWorth, IsEmpty());
}

TEST(PerParameterOptimizer, LeavesFusedAndPlainDescentAlone) {
  const Analysis fused =
      analyzeTraining([](ScriptedLoop &loop) { loop.op("aten::_fused_adamw_", "train", 40'000); });
  EXPECT_THAT(fused.findings, IsEmpty());
  const Analysis descent = analyzeTraining([](ScriptedLoop &loop) {
    for (int i = 0; i < kParameters; ++i) loop.op("aten::add_", "train", 2'000);
  });
  EXPECT_THAT(descent.findings, IsEmpty());
}

TEST(PerParameterOptimizer, LeavesASecondForwardPassAlone) {
  // Validation after the backward pass: many operators, none of them once per parameter.
  const Analysis analysis = analyzeTraining([](ScriptedLoop &loop) {
    for (int i = 0; i < 8; ++i)
      for (const char *op : {"aten::addmm", "aten::gelu", "aten::native_layer_norm",
                             "aten::_softmax", "aten::bmm", "aten::add", "aten::sum", "aten::mean"})
        loop.op(op, "validate", 5'000);
  });
  EXPECT_THAT(analysis.findings, IsEmpty());
}

TEST(PerParameterOptimizer, IsSilentWithoutTraining) {
  ScriptedLoop loop;
  for (int step = 0; step < 20; ++step) {
    loop.beginStep();
    adamwOneByOne(loop);
    loop.endStep();
  }
  EXPECT_THAT(analyzeOnly("HL304", loop).findings, IsEmpty());
}

} // namespace
} // namespace hotloop
