#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

template <class Layer> Analysis layers(int count, Layer &&layer) {
  ScriptedLoop loop;
  for (int step = 0; step < 12; ++step) {
    loop.beginStep();
    for (int i = 0; i < count; ++i) {
      loop.op("aten::linear", "gate", 100'000);
      layer(loop);
      loop.op("aten::bmm", "experts", 400'000);
    }
    loop.endStep();
  }
  return analyzeOnly("HL605", loop);
}

void softmax(ScriptedLoop &loop, std::int64_t bytes = 4096) {
  loop.begin("aten::softmax", "route");
  loop.begin("aten::_softmax", "route");
  loop.allocate(bytes);
  loop.end();
  loop.end();
}

void router(ScriptedLoop &loop, std::int64_t bytes = 4096) {
  softmax(loop, bytes);
  loop.op("aten::topk", "route");
  loop.op("aten::sum", "route");
  loop.op("aten::unsqueeze", "route");
  loop.op("aten::div", "route");
}

TEST(UnfusedRouter, NamesTheChainOncePerLayer) {
  const Analysis analysis = layers(3, [](ScriptedLoop &loop) { router(loop); });
  ASSERT_THAT(analysis.findings, SizeIs(1));
  const Finding &finding = analysis.findings[0];
  EXPECT_EQ(finding.rule, "HL605");
  EXPECT_EQ(finding.perStep, 3);
  EXPECT_EQ(finding.title, "Router of 5 small launches instead of one");
  EXPECT_EQ(finding.site.function, "route");
  EXPECT_EQ(finding.evidence[0].description, "aten::softmax at step 1");
}

TEST(UnfusedRouter, TakesSoftmaxAfterTopkAndTheCounting) {
  const Analysis analysis = layers(2, [](ScriptedLoop &loop) {
    loop.op("aten::topk", "route");
    softmax(loop);
    loop.op("aten::one_hot", "route");
    loop.op("aten::sum", "route");
    loop.op("aten::cumsum", "route");
  });
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_THAT(analysis.findings[0].title, HasSubstr("Router of 7 small launches"));
}

TEST(UnfusedRouter, LeavesAFusedRouterAlone) {
  const Analysis fused =
      layers(2, [](ScriptedLoop &loop) { loop.op("hotloop_moe::fused_gating", "route"); });
  EXPECT_THAT(fused.findings, IsEmpty());
  const Analysis compiled = layers(2, [](ScriptedLoop &loop) {
    loop.op("aten::topk", "route");
    softmax(loop);
  });
  EXPECT_THAT(compiled.findings, IsEmpty()); // three launches
}

TEST(UnfusedRouter, LeavesAttentionAndSamplingAlone) {
  EXPECT_THAT(layers(2, [](ScriptedLoop &loop) { softmax(loop); }).findings, IsEmpty());
  EXPECT_THAT(layers(2,
                     [](ScriptedLoop &loop) {
                       softmax(loop);
                       loop.op("aten::bmm", "values", 10'000);
                       loop.op("aten::topk", "route");
                       loop.op("aten::sum", "route");
                       loop.op("aten::div", "route");
                     })
                  .findings,
              IsEmpty());
  EXPECT_THAT(layers(2, [](ScriptedLoop &loop) { router(loop, 64 << 20); }).findings, IsEmpty());
}

TEST(UnfusedRouter, EndsWithItsRange) {
  const Analysis analysis = layers(2, [](ScriptedLoop &loop) {
    loop.pushRange("router");
    router(loop);
    loop.popRange();
    loop.op("aten::mul", "scale");
    loop.op("aten::add", "scale");
  });
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_THAT(analysis.findings[0].title, HasSubstr("Router of 5 "));
  EXPECT_EQ(analysis.findings[0].site.rangePath, "router");
}

} // namespace
} // namespace hotloop
