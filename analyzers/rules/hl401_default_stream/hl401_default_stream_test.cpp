#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

Analysis streams(std::int64_t host, bool useDefault) {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    for (int k = 0; k < 4; ++k) {
      // The side kernel is launched at once and starts when the one before it ends.
      loop.kernel("main", 40'000, {.stream = useDefault ? 1u : 2u});
      loop.wait(host);
      loop.kernelAfter("side", 20'000, {.function = "side", .stream = 3}, useDefault ? 1 : 2);
      loop.wait(70'000);
    }
    loop.endStep();
  }
  return analyzeOnly("HL401", loop);
}

TEST(DefaultStream, NamesWorkThatWaitsForIt) {
  const Analysis analysis = streams(0, true);
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].site.function, "side");
}

TEST(DefaultStream, LeavesLateLaunchesAndOtherStreamsAlone) {
  EXPECT_THAT(streams(60'000, true).findings, IsEmpty());
  EXPECT_THAT(streams(0, false).findings, IsEmpty());
}

} // namespace
} // namespace hotloop
