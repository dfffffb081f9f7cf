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
  loop.addDevice();
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    loop.kernel("gemm", 50'000);
    body(loop, i);
    loop.endStep();
  }
  return analyzeOnly("HL102", loop);
}

TEST(ExplicitSync, NamesAWaitPerStepAndWhatItCostsTheDevice) {
  const Analysis analysis = steps([](ScriptedLoop &loop, int) {
    loop.synchronize("train");
    loop.wait(20'000);
    loop.kernel("next");
  });
  ASSERT_THAT(analysis.findings, SizeIs(1));
  const Finding &finding = analysis.findings[0];
  EXPECT_EQ(finding.variant, "device");
  EXPECT_EQ(finding.site.function, "train");
  EXPECT_EQ(finding.perStep, 1);
  ASSERT_TRUE(finding.device.has_value());
  EXPECT_NEAR(static_cast<double>(finding.device->waited.count), 53'000, 3'000);
  EXPECT_NEAR(static_cast<double>(finding.device->idle.count), 26'000, 3'000);
}

TEST(ExplicitSync, TellsStreamsAndEventsApart) {
  const Analysis analysis = steps([](ScriptedLoop &loop, int) {
    loop.synchronize("train", "cudaStreamSynchronize");
    loop.kernel("next");
    loop.synchronize("train", "cudaEventSynchronize");
  });
  ASSERT_THAT(analysis.findings, SizeIs(2));
  EXPECT_NE(analysis.findings[0].variant, analysis.findings[1].variant);
}

TEST(ExplicitSync, LeavesAWaitWithAReaderAlone) {
  const Analysis read = steps([](ScriptedLoop &loop, int) {
    loop.copy(1 << 20, "train", {.kind = 2, .source = 3, .destination = 2});
    loop.kernel("other");
    loop.synchronize("train");
  });
  EXPECT_THAT(read.findings, IsEmpty());
  const Analysis upload = steps([](ScriptedLoop &loop, int) {
    loop.copy(1 << 20, "train", {});
    loop.synchronize("train", "cudaStreamSynchronize");
  });
  EXPECT_THAT(upload.findings, IsEmpty());
}

TEST(ExplicitSync, LeavesAWaitAtTheEndOfAnEpochAlone) {
  const Analysis analysis = steps([](ScriptedLoop &loop, int i) {
    if (i == 11) loop.synchronize("train");
  });
  EXPECT_THAT(analysis.findings, IsEmpty());
  EXPECT_THAT(analysis.notWorth, IsEmpty());
  EXPECT_THAT(analysis.seldom, SizeIs(1));
}

} // namespace
} // namespace hotloop
