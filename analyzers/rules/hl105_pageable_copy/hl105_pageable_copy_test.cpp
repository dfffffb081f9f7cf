#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

Analysis copies(std::uint64_t bytes, const ScriptedLoop::Copy &how, bool wait = true) {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    loop.kernel("gemm", 50'000);
    loop.copy(bytes, "load", how);
    if (wait) loop.synchronize("load", "cudaStreamSynchronize");
    loop.endStep();
  }
  return analyzeOnly("HL105", loop);
}

TEST(PageableCopy, NamesUploadsAndTheWaitBehindThem) {
  const Analysis analysis = copies(1 << 20, {});
  ASSERT_THAT(analysis.findings, SizeIs(1));
  const Finding &finding = analysis.findings[0];
  EXPECT_EQ(finding.variant, "to_device");
  EXPECT_EQ(finding.perStep, 1);
  EXPECT_EQ(finding.bytesPerStep, 1 << 20);
  EXPECT_GT(finding.device->waited.count, 40'000);
}

TEST(PageableCopy, NamesDownloads) {
  const Analysis analysis = copies(1 << 20, {.kind = 2, .source = 3, .destination = 1});
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].variant, "to_host");
}

TEST(PageableCopy, LeavesPinnedAndSmallCopiesAlone) {
  EXPECT_THAT(copies(1 << 20, {.source = 2}, false).findings, IsEmpty());
  EXPECT_THAT(copies(256, {}, false).findings, IsEmpty());
}

TEST(PageableCopy, SaysWhenCopiesDoNotTellTheirMemory) {
  const Analysis analysis = copies(1 << 20, {.source = 0, .destination = 0});
  EXPECT_THAT(analysis.findings, IsEmpty());
  EXPECT_THAT(analysis.notChecked, testing::Contains(testing::Field(
                                       &NotChecked::reason, testing::HasSubstr("pageable"))));
}

} // namespace
} // namespace hotloop
