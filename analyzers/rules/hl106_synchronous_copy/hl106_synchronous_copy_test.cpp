#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

Analysis copies(const ScriptedLoop::Copy &how) {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    loop.kernel("gemm", 50'000);
    loop.copy(1 << 20, "load", how);
    loop.endStep();
  }
  return analyzeOnly("HL106", loop);
}

TEST(SynchronousCopy, NamesTheBlockingForm) {
  const Analysis analysis = copies({.source = 2, .call = "cudaMemcpy", .host = 60'000});
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].variant, "copy");
  EXPECT_EQ(analysis.findings[0].site.function, "load");
  EXPECT_THAT(copies({.source = 2, .call = "cuMemcpyHtoD_v2", .host = 60'000}).findings, SizeIs(1));
}

TEST(SynchronousCopy, LeavesTheAsyncFormAndCopiesOnTheDeviceAlone) {
  EXPECT_THAT(copies({.source = 2}).findings, IsEmpty());
  EXPECT_THAT(copies({.kind = 8, .source = 3, .call = "cudaMemcpy"}).findings, IsEmpty());
}

} // namespace
} // namespace hotloop
