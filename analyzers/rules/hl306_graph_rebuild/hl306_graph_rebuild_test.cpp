#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

template <class When> Analysis building(When &&when) {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 30; ++i) {
    loop.beginStep();
    if (when(i)) loop.call("cudaGraphInstantiateWithFlags", "capture", 500'000);
    loop.addKernel("gemm", 9'000, {}, loop.call("cudaGraphLaunch", "replay"), 1);
    loop.endStep();
  }
  return analyzeOnly("HL306", loop);
}

TEST(GraphRebuild, NamesOneInEveryThirdStep) {
  const Analysis analysis = building([](int i) { return i % 3 == 0; });
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_NEAR(analysis.findings[0].perStep, 1.0 / 3, 0.05);
  EXPECT_EQ(analysis.findings[0].site.function, "capture");
}

TEST(GraphRebuild, LeavesWarmUpAlone) {
  EXPECT_THAT(building([](int i) { return i < 8; }).findings, IsEmpty());
  EXPECT_THAT(building([](int i) { return i == 0 || i == 20; }).findings, IsEmpty());
}

} // namespace
} // namespace hotloop
