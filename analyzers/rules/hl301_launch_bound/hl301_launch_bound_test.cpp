#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

Analysis launches(int count, std::int64_t duration, std::int64_t pause) {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    for (int k = 0; k < count; ++k) {
      loop.wait(pause);
      loop.kernel("k", duration, {.grid = 1u + static_cast<std::uint32_t>(k)});
    }
    loop.endStep();
  }
  return analyzeOnly("HL301", loop);
}

TEST(LaunchBound, NamesADeviceThatWaits) {
  const Analysis analysis = launches(30, 2'000, 8'000);
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_NEAR(analysis.findings[0].perStep, 30, 1);
  EXPECT_FALSE(analysis.findings[0].gain.estimate.has_value());
}

TEST(LaunchBound, LeavesABusyDeviceAlone) {
  EXPECT_THAT(launches(30, 30'000, 0).findings, IsEmpty());
  EXPECT_THAT(launches(30, 30'000, 40'000).findings, IsEmpty()); // long kernels: not the launches
}

} // namespace
} // namespace hotloop
