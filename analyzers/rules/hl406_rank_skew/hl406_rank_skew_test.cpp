#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

Analysis ranks(std::int64_t skew) {
  ScriptedLoop loop;
  loop.addDevice();
  TraceBuilder &builder = loop.builder();
  builder.add(ProcessRow{.id = ProcessId(2), .osPid = 200});
  builder.add(StreamRow{.id = StreamId(9), .process = ProcessId(2), .device = DeviceId(1)});
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    loop.kernel("gemm", 100'000);
    loop.kernel("ncclDevKernel_AllReduce", 100'000);
    builder.add(KernelEvent{.start = Nanoseconds(loop.now() + 100'000 + skew),
                            .duration = Nanoseconds(50'000),
                            .lane = StreamId(9),
                            .name = builder.intern("ncclDevKernel_AllReduce")});
    loop.synchronize();
    loop.endStep();
  }
  return analyzeOnly("HL406", loop);
}

TEST(RankSkew, NamesTheLateRank) {
  const Analysis analysis = ranks(60'000);
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].variant, "static");
  EXPECT_THAT(ranks(1'000).findings, IsEmpty());
}

} // namespace
} // namespace hotloop
