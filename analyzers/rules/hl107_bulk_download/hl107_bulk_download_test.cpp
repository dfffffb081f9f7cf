#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

Analysis downloads(std::uint64_t bytes, std::string_view range, int every = 1) {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 20; ++i) {
    loop.beginStep();
    loop.kernel("gemm", 50'000);
    loop.pushRange(range);
    if (i % every == 0) loop.copy(bytes, "dump", {.kind = 2, .source = 3, .destination = 2});
    loop.popRange();
    loop.endStep();
  }
  return analyzeOnly("HL107", loop);
}

TEST(BulkDownload, NamesMegabytesPerStep) {
  const Analysis analysis = downloads(4 << 20, "metrics");
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].bytesPerStep, 4 << 20);
}

TEST(BulkDownload, LeavesLittleRareAndMeantOnesAlone) {
  const Analysis little = downloads(4096, "metrics");
  EXPECT_THAT(little.findings, IsEmpty());
  EXPECT_THAT(little.notWorth, SizeIs(1));
  EXPECT_THAT(downloads(4 << 20, "offload activations").findings, IsEmpty());
  EXPECT_THAT(downloads(4 << 20, "metrics", 10).findings, IsEmpty());
}

} // namespace
} // namespace hotloop
