#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

Analysis uploads(int count, std::uint64_t bytes) {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    for (int k = 0; k < count; ++k) {
      loop.copy(bytes, "scale", {});
      loop.synchronize("scale", "cudaStreamSynchronize");
      loop.kernel("mul");
    }
    loop.endStep();
  }
  return analyzeOnly("HL108", loop);
}

TEST(TinyUploads, AreOneFindingForALoop) {
  const Analysis analysis = uploads(16, 4);
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].perStep, 16);
  EXPECT_EQ(analysis.findings[0].bytesPerStep, 64);
}

TEST(TinyUploads, LeavesFewAndLargeOnesAlone) {
  const Analysis few = uploads(3, 4);
  EXPECT_THAT(few.findings, IsEmpty());
  EXPECT_THAT(few.notWorth, SizeIs(1));
  EXPECT_THAT(uploads(16, 1 << 20).findings, IsEmpty());
}

} // namespace
} // namespace hotloop
