#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

Analysis waiting(int waits, int launches) {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    for (int k = 0; k < launches; ++k) {
      loop.kernel("k");
      if (k >= waits) continue;
      loop.call("cudaEventRecord", "fork", 900);
      loop.call("cudaStreamWaitEvent", "fork", 900);
    }
    loop.endStep();
  }
  return analyzeOnly("HL403", loop);
}

TEST(StreamPingPong, NamesAWaitPerLaunch) {
  const Analysis analysis = waiting(16, 16);
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].perStep, 16);
}

TEST(StreamPingPong, LeavesAFewAlone) {
  EXPECT_THAT(waiting(4, 5).findings, IsEmpty());
  EXPECT_THAT(waiting(10, 60).findings, IsEmpty());
}

} // namespace
} // namespace hotloop
