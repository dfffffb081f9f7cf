#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

Analysis pinning(std::string_view call, bool onlyAtFirst) {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    if (!onlyAtFirst || i < 2) loop.call(call, "stage", 300'000);
    loop.kernel("gemm", 50'000);
    loop.endStep();
  }
  return analyzeOnly("HL204", loop);
}

TEST(PinnedAllocation, NamesEveryWayToPin) {
  for (const char *call :
       {"cudaHostAlloc", "cudaMallocHost", "cudaHostRegister", "cuMemHostAlloc"}) {
    const Analysis analysis = pinning(call, false);
    ASSERT_THAT(analysis.findings, SizeIs(1)) << call;
    EXPECT_EQ(analysis.findings[0].site.function, "stage");
    EXPECT_EQ(analysis.findings[0].hostTime.count, 300'000);
  }
}

TEST(PinnedAllocation, LeavesWarmUpAlone) {
  EXPECT_THAT(pinning("cudaHostAlloc", true).findings, IsEmpty());
}

} // namespace
} // namespace hotloop
